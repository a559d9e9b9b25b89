#include "tools/pictures/run_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <numeric>
#include <set>
#include <system_error>

#include "models/experiment_defaults.h"
#include "models/experiment_fields.h"
#include "models/experiment_file.h"
#include "tools/counted.h"
#include "tools/run_summary.h"

namespace apical {
namespace {

constexpr std::array<std::string_view, 4> kWithoutEffect = {"seed", "name", "description",
                                                            "training.checkpoint_minutes"};

// What decides a run's result, besides its seed.
std::map<std::string, std::string> deciding_fields(const RecordedRun& run,
                                                   std::string_view apart_from) {
  std::map<std::string, std::string> fields = run.fields;
  std::erase_if(fields, [&](const auto& field) {
    return field.first == apart_from || !decides_results(field.first);
  });
  return fields;
}

using Parts = std::vector<std::string>;  // of a path

Parts parts_of(const std::filesystem::path& path) {
  Parts parts;
  for (const auto& part : path) parts.push_back(part.string());
  return parts;
}

bool is_of_a_seed(const std::string& folder) { return folder.starts_with("seed"); }

// How many parts at the start are the same in all paths; at least `kept` of each differ.
std::size_t common_start(const std::vector<Parts>& paths, std::size_t kept) {
  std::size_t count = 0;
  const auto same = [&](const Parts& path) {
    return path.size() > count + kept && path[count] == paths.front()[count];
  };
  while (std::ranges::all_of(paths, same)) ++count;
  return count;
}

// Likewise at the end, where all have more than one part.
std::size_t common_end(const std::vector<Parts>& paths) {
  std::size_t count = 0;
  const auto same = [&](const Parts& path) {
    return path.size() > count + 1 &&
           path[path.size() - 1 - count] == paths.front()[paths.front().size() - 1 - count];
  };
  while (std::ranges::all_of(paths, same)) ++count;
  return count;
}

// What folders of one experiment's seeds have in common, without a dangling "_seed_"; nothing if
// their names do not tell.
Parts common_path(const std::vector<const RecordedRun*>& runs) {
  std::vector<Parts> paths;
  paths.reserve(runs.size());
  for (const RecordedRun* run : runs) paths.push_back(parts_of(run->folder));
  const Parts& first = paths.front();
  if (runs.size() == 1) return first;
  const std::size_t start = common_start(paths, 1);
  const std::size_t shortest = std::ranges::min(paths, {}, &Parts::size).size();
  const std::size_t end = std::min(common_end(paths), shortest - 1 - start);
  std::string name = first[start];
  for (const Parts& path : paths) {
    name.erase(std::ranges::mismatch(name, path[start]).in1, name.end());
  }
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0; };
  if (std::ranges::any_of(paths, [&](const Parts& path) {  // the start of a word says nothing
        return path[start].size() > name.size() && is_letter(path[start][name.size()]);
      })) {
    while (!name.empty() && is_letter(name.back())) name.pop_back();
  }
  const bool seeds = is_of_a_seed(name);
  const std::size_t seed = name.rfind("seed");
  if (seed != std::string::npos &&
      name.find_first_not_of("0123456789_-=", seed + 4) == std::string::npos) {
    name.erase(seed);
  }
  while (!name.empty() && std::ispunct(static_cast<unsigned char>(name.back())) != 0) {
    name.pop_back();
  }
  if (name.empty() && !seeds) return {};
  Parts common(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(start));
  if (!name.empty()) common.push_back(name);
  common.insert(common.end(), first.end() - static_cast<std::ptrdiff_t>(end), first.end());
  return common;
}

// The parts by which the paths differ, or of a single one its end. A path without parts has no
// name.
std::vector<std::string> names_of(const std::vector<Parts>& paths) {
  std::vector<Parts> named = paths;
  std::erase_if(named, [](const Parts& path) { return path.empty(); });
  std::vector<std::string> names(paths.size());
  if (named.empty()) return names;
  const bool one = named.size() == 1;
  const std::size_t end = one ? 0 : common_end(named);
  for (Parts& path : named) path.resize(path.size() - end);
  // The number of a seed alone says little.
  const std::size_t start = common_start(named, one && is_of_a_seed(named[0].back()) ? 2 : 1);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].empty()) continue;
    const auto from = paths[i].begin() + static_cast<std::ptrdiff_t>(start);
    const auto to = paths[i].end() - static_cast<std::ptrdiff_t>(end);
    names[i] = fmt::format("{}", fmt::join(from, to, "/"));
  }
  return names;
}

// By the parts of the runs' paths that tell the groups apart.
void name_groups(std::vector<RunGroup>& groups) {
  std::vector<Parts> paths;
  paths.reserve(groups.size());
  for (const RunGroup& group : groups) paths.push_back(common_path(group.runs));
  std::vector<std::string> names = names_of(paths);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const RecordedRun& run = *groups[i].runs.front();
    const auto field = run.fields.find("name");
    if (names[i].empty() && field != run.fields.end()) names[i] = field->second;
  }
  if (std::set(names.begin(), names.end()).size() < names.size() ||
      std::ranges::find(names, "") != names.end()) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      paths[i] = parts_of(groups[i].runs.front()->folder);
    }
    names = names_of(paths);
  }
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].name = names[i];
}

// A run says at its end whether it is complete; before that it has a checkpoint at most.
bool is_unfinished(const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto summary = read_run_summary(folder);
  if (summary.is_null()) return std::filesystem::exists(folder / "checkpoint.h5", ignored);
  return says_incomplete(summary);
}

// It has what it was asked for, and nothing measured.
bool has_just_begun(const std::filesystem::path& metrics) {
  std::error_code ignored;
  return !std::filesystem::exists(metrics, ignored) &&
         std::filesystem::exists(metrics.parent_path() / "experiment.textproto", ignored);
}

// The value of a field of the group's runs that also tells them apart, for seeds.
bool has_run_of_seed(const RunGroup& group, const RecordedRun& run, std::string_view apart_from) {
  const std::string apart(apart_from);
  return std::ranges::any_of(group.runs, [&](const RecordedRun* other) {
    return value_of(*other, "seed") == value_of(run, "seed") &&
           value_of(*other, apart) == value_of(run, apart);
  });
}

}  // namespace

bool decides_results(std::string_view field) {
  return !field.starts_with("recording") &&
         std::ranges::find(kWithoutEffect, field) == kWithoutEffect.end();
}

RecordedRun read_run(const std::filesystem::path& metrics) {
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(metrics, ignored).lexically_normal().parent_path();
  RecordedRun run{folder, MetricsFile::read(metrics), {}, is_unfinished(metrics.parent_path())};
  const auto experiment = metrics.parent_path() / "experiment.textproto";
  if (std::filesystem::exists(experiment, ignored)) {
    const ExperimentFile file = ExperimentFile::read(experiment);
    run.fields = fields_of(file.experiment());
    // A run of an older version lacks the fields that have been added since. (What with_defaults
    // leaves out is there too.)
    run.fields.merge(fields_of(with_defaults(file.experiment())));
  }
  return run;
}

RecordedRuns read_runs(std::span<const std::filesystem::path> metrics) {
  RecordedRuns read;
  std::vector<RecordedRun> untested;
  for (const auto& file : metrics) {
    if (has_just_begun(file)) {
      ++read.left_out;
      continue;
    }
    RecordedRun run = read_run(file);
    const bool is_tested = run.metrics.rows() > 0;
    (is_tested || !run.unfinished ? read.runs : untested).push_back(std::move(run));
  }
  if (read.runs.empty() && untested.empty()) {
    throw FileError(metrics.front(), FileAccess::kRead,
                    "is not there yet; it is after the run's first evaluation");
  }
  // Where none has been tested, whoever draws them says what they lack.
  if (read.runs.empty()) return {std::move(untested), 0};
  read.left_out += untested.size();
  return read;
}

std::string left_out_text(std::size_t runs, std::string_view what) {
  return fmt::format("without {} that {} not {}", counted(runs, "run"), runs == 1 ? "has" : "have",
                     what);
}

std::string value_of(const RecordedRun& run, const std::string& field) {
  const auto found = run.fields.find(field);
  return found == run.fields.end() ? "unset" : found->second;
}

std::vector<RunGroup> group_by_seed(std::span<const RecordedRun> runs,
                                    std::string_view apart_from) {
  std::vector<RunGroup> groups;
  std::vector<std::map<std::string, std::string>> fields;  // of each group
  for (const RecordedRun& run : runs) {
    auto deciding = deciding_fields(run, apart_from);
    std::size_t g = run.fields.empty() ? groups.size() : 0;
    while (g < groups.size() &&
           (fields[g] != deciding || has_run_of_seed(groups[g], run, apart_from))) {
      ++g;
    }
    if (g == groups.size()) {
      fields.push_back(std::move(deciding));
      groups.push_back({"", {&run}});
    } else {
      groups[g].runs.push_back(&run);
    }
  }
  name_groups(groups);
  return groups;
}

NameParts name_parts(std::string_view name) {
  NameParts parts;
  while (!name.empty()) {
    double number = 0;
    const bool digit = std::isdigit(static_cast<unsigned char>(name.front())) != 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (digit && error == std::errc()) {
      parts.text += '#';
      parts.numbers.push_back(number);
      name.remove_prefix(static_cast<std::size_t>(end - name.data()));
    } else {
      parts.text += name.front();
      name.remove_prefix(1);
    }
  }
  return parts;
}

Spread spread_of(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {sum / static_cast<double>(values.size()), low, high};
}

}  // namespace apical
