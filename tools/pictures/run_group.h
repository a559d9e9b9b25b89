#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/metrics_file.h"

namespace apical {

// A run as pictures compare it.
struct RecordedRun {
  std::filesystem::path folder;  // absolute
  MetricsFile metrics;
  // Of its experiment.textproto, by the paths that `--set` takes; empty without one.
  std::map<std::string, std::string> fields;
  bool unfinished = false;  // it goes on, or was stopped
};

// Reads a metrics.csv and the experiment.textproto beside it. Throws FileError, ModelFileError.
RecordedRun read_run(const std::filesystem::path& metrics);

struct RecordedRuns {
  std::vector<RecordedRun> runs;
  std::size_t left_out = 0;  // others, which have not been tested
};

// Reads one or several, as read_run. Of a batch that goes on, some have not been tested yet: these
// are left out if others have. There is at least one run, or it throws FileError.
RecordedRuns read_runs(std::span<const std::filesystem::path> metrics);

// "without 2 runs that have not finished"; `what` is what they have not.
std::string left_out_text(std::size_t runs, std::string_view what);

// The value of a field at a path, as text; "unset" if it has none.
std::string value_of(const RecordedRun& run, const std::string& field);

// Runs of one experiment that differ in their seed only.
struct RunGroup {
  std::string name;
  std::vector<const RecordedRun*> runs;
};

// Whether a field of that path changes what a run computes, other than by its random numbers: the
// seed, names and what is recorded do not.
bool decides_results(std::string_view field);

// Groups `runs`, which outlive the groups, in the order of each group's first run. A group has the
// name of its runs' folders, or as much of their paths as tells it from the other groups. A run
// without an experiment.textproto is a group of its own. Fields that do not decide results do not
// part runs, nor does the field at the path `apart_from`, if it is not empty. A run with the seed
// of another one of its group is no further seed of it, and begins a group of its own.
std::vector<RunGroup> group_by_seed(std::span<const RecordedRun> runs,
                                    std::string_view apart_from = {});

// A name with # for each of its numbers, and these.
struct NameParts {
  std::string text;
  std::vector<double> numbers;
};

NameParts name_parts(std::string_view name);

// Orders what has names that differ in numbers only by these; anything else stays as it came.
template <typename Named>
void sort_by_numbers_in_names(std::vector<Named>& all) {
  const auto text = [](const Named& each) { return name_parts(each.name).text; };
  const auto differs = [&](const Named& each) { return text(each) != text(all.front()); };
  if (std::ranges::any_of(all, differs)) return;
  std::ranges::stable_sort(all, {},
                           [](const Named& each) { return name_parts(each.name).numbers; });
}

// Mean, lowest and highest over the seeds.
struct Spread {
  double mean = 0;
  double low = 0;
  double high = 0;
};

// Values are not empty.
Spread spread_of(std::span<const double> values);

}  // namespace apical
