#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tools/sweep_file.h"

namespace apical {

// What has become of a sweep's runs so far.
enum class RunStatus { kNotDone, kDone, kFailed };

struct SweepResult {
  SweepRun run;
  std::filesystem::path folder;  // relative to the batch's
  RunStatus status = RunStatus::kNotDone;
  nlohmann::ordered_json summary;  // summary.json of a run that is done, else null
};

// A table with a row per run, as comma-separated values: variant, seed, status, folder, and every
// number of the summaries of runs that are done.
std::string sweep_csv(std::span<const SweepResult> results);

// A row per variant, in Markdown: the runs that are done, mean and standard deviation over their
// seeds of the test error and of the training error (of the test loss where nothing is classified),
// how the test differs from that of the first variant, seed by seed, with the standard error of the
// difference, and the mean CPU time.
std::string sweep_markdown(const Sweep& sweep, std::span<const SweepResult> results);

}  // namespace apical
