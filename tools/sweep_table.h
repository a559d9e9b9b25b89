#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sweep_file.h"

namespace apical {

// What has become of a sweep's runs so far.
enum class RunStatus { kNotDone, kDone, kFailed };

// As the table has it.
std::string_view word_of(RunStatus status);

struct SweepResult {
  SweepRun run;
  std::filesystem::path folder;  // relative to the batch's
  RunStatus status = RunStatus::kNotDone;
  nlohmann::ordered_json summary;  // summary.json of a run that is done, else null
};

// A table with a row per run, as comma-separated values: variant, seed, status, folder, and every
// number of the summaries of runs that are done.
inline constexpr std::string_view kSweepCsvStart = "variant,seed,status,folder";
std::string sweep_csv(std::span<const SweepResult> results);

// A row per variant, in Markdown: the runs that are done, mean and standard deviation over their
// seeds of the test error and of the training error (of the test loss where nothing is classified),
// how the test differs from that of the first variant, seed by seed, with the standard error of the
// difference, and the mean CPU time.
inline constexpr std::string_view kSweepMarkdownStart = "| variant | runs | ";
inline constexpr std::string_view kSweepMarkdownEnd =
    "±: of a test or training the standard deviation over seeds, of a difference (taken seed by "
    "seed) its standard error.";
std::string sweep_markdown(const Sweep& sweep, std::span<const SweepResult> results);

}  // namespace apical
