#include "tools/export_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "simulator/sonata_spikes.h"
#include "tools/atomic_file.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/spike_text.h"
#include "tools/write_error.h"

namespace apical {
namespace {

namespace options = boost::program_options;

using Path = std::filesystem::path;

options::options_description visible_options() {
  options::options_description visible("Options");
  visible.add_options()  //
      ("format", options::value<std::string>(),
       "gdf (as NEST writes it) or csv [by the ending of -o]")                            //
      ("output,o", options::value<std::string>(), "the file to write [standard output]")  //
      ("population", options::value<std::vector<std::string>>(),
       "only these populations, with commas or repeated [all]")  //
      ("force", "replace the file if there is one");
  return visible;
}

std::string format_of(const options::variables_map& given) {
  std::string format;
  if (given.count("format") != 0) {
    format = given["format"].as<std::string>();
  } else if (given.count("output") != 0) {
    const std::string ending = Path(given["output"].as<std::string>()).extension().string();
    format = ending.empty() ? "" : ending.substr(1);
  }
  if (format == "gdf" || format == "csv") return format;
  throw UsageError(format.empty()
                       ? "no format named; --format gdf or --format csv would be right"
                       : fmt::format("no format `{}`; gdf or csv would be right", format));
}

// The populations that are wanted, if any are named; the others keep their numbers of neurons, so
// that ids are the same in every export.
void keep_populations(std::vector<SpikeTrain>& populations, const std::vector<std::string>& wanted,
                      const Path& file) {
  if (wanted.empty()) return;
  std::vector<std::string> names;
  for (SpikeTrain& train : populations) {
    names.push_back(train.population);
    if (std::ranges::find(wanted, train.population) != wanted.end()) continue;
    train.times_ms.clear();
    train.node_ids.clear();
  }
  for (const std::string& name : wanted) {
    if (std::ranges::find(names, name) != names.end()) continue;
    throw FileError(file, FileAccess::kRead,
                    fmt::format("holds no spikes of a population {}; it holds {}", name,
                                fmt::join(names, ", ")));
  }
}

void print_ids(std::span<const NestIds> populations) {
  for (const NestIds& ids : populations) {
    if (ids.neurons == 0) continue;
    std::cout << fmt::format("{}: ids {} to {}\n", ids.population, ids.first,
                             ids.first + ids.neurons - 1);
  }
}

void export_spikes(const options::variables_map& given) {
  const std::vector<std::string> files = all_given(given, "file");
  if (files.size() != 1) {
    throw UsageError("one file of spikes is exported; apical export SPIKES.h5 --format gdf");
  }
  const std::string format = format_of(given);
  const Path file = files.front();
  std::error_code ignored;
  const bool to_file = given.count("output") != 0;
  const Path output = to_file ? given["output"].as<std::string>() : "";
  if (to_file && given.count("force") == 0 && std::filesystem::exists(output, ignored)) {
    throw WriteError(output, "is there already; --force replaces it");
  }
  const SonataSpikeFile recorded(std::filesystem::is_directory(file, ignored) ? file / "spikes.h5"
                                                                              : file);
  const std::vector<std::string> names = names_given(given, "population");
  const auto wanted = [&](TimeWindow window) {
    std::vector<SpikeTrain> populations = recorded.read(window);
    keep_populations(populations, names, file);
    return populations;
  };
  wanted({0, 0});  // is there, before anything is written
  std::optional<AtomicFile> exported;
  if (to_file) exported.emplace(output);
  const auto write = [&](std::string_view text) {
    if (exported) return exported->append(text);
    std::cout << text;
    flush_standard_output();
  };
  if (format == "csv") write(kCsvHeader);
  std::vector<NestIds> ids;
  for (const TimeWindow window : recorded.windows()) {
    const std::vector<SpikeTrain> populations = wanted(window);
    ids = nest_ids(populations);
    write(format == "gdf" ? gdf_text(populations) : csv_text(populations));
  }
  if (exported) exported->commit();
  if (to_file && format == "gdf") print_ids(ids);
}

ExitCode parse_and_export(std::span<const std::string> arguments) {
  options::options_description visible = visible_options();
  const auto given = parse_arguments(arguments, visible, "file", "export");
  if (given.count("help") != 0) {
    std::cout << "Usage: apical export SPIKES.h5 --format gdf|csv [-o FILE]\n\n"
                 "Writes spikes as text: gdf has a neuron's id and the time in ms in a line, ids\n"
                 "counted from 1 over all populations as NEST does, which -o lists; csv has a\n"
                 "header.\n\n"
              << visible;
  } else {
    export_spikes(given);
  }
  return ExitCode::kDone;
}

}  // namespace

int export_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return parse_and_export(arguments); });
}

}  // namespace apical
