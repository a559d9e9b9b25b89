#include "tools/pictures/run_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <system_error>

#include "models/experiment_fields.h"
#include "models/experiment_file.h"
#include "tools/command_error.h"

namespace apical {
namespace {

constexpr Measure kError = {"test_error_percent", "train_error_percent", "Error (%)", "error",
                            " %"};
constexpr Measure kLoss = {"test_loss", "train_loss", "Loss per image", "loss", ""};

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

// What the names of the runs have in common at their start, without a dangling "_seed_".
std::string common_name(const std::vector<const RecordedRun*>& runs) {
  std::string name = runs.front()->name;
  if (runs.size() == 1) return name;
  for (const RecordedRun* run : runs) {
    const auto differ = std::ranges::mismatch(name, run->name);
    name.erase(differ.in1, name.end());
  }
  const auto strip = [&] {
    while (!name.empty() && std::ispunct(static_cast<unsigned char>(name.back())) != 0) {
      name.pop_back();
    }
  };
  strip();
  if (name.ends_with("seed")) name.erase(name.size() - 4);
  strip();
  if (!name.empty()) return name;
  const auto field = runs.front()->fields.find("name");
  return field == runs.front()->fields.end() ? runs.front()->name : field->second;
}

bool all_have(std::span<const RecordedRun> runs, const Measure& measure) {
  return std::ranges::all_of(runs, [&](const RecordedRun& run) {
    return run.metrics.has_values(measure.test) || run.metrics.has_values(measure.train);
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
  RecordedRun run{folder.filename().string(), MetricsFile::read(metrics), {}};
  const auto experiment = metrics.parent_path() / "experiment.textproto";
  if (std::filesystem::exists(experiment, ignored)) {
    run.fields = fields_of(ExperimentFile::read(experiment).experiment());
  }
  return run;
}

std::vector<RunGroup> group_by_seed(std::span<const RecordedRun> runs,
                                    std::string_view apart_from) {
  std::vector<RunGroup> groups;
  std::vector<std::map<std::string, std::string>> fields;
  for (const RecordedRun& run : runs) {
    auto deciding = deciding_fields(run, apart_from);
    const auto found = run.fields.empty() ? fields.end() : std::ranges::find(fields, deciding);
    if (found == fields.end()) {
      fields.push_back(std::move(deciding));
      groups.push_back({"", {&run}});
    } else {
      groups[static_cast<std::size_t>(found - fields.begin())].runs.push_back(&run);
    }
  }
  for (RunGroup& group : groups) group.name = common_name(group.runs);
  return groups;
}

const Measure& measure_of(std::span<const RecordedRun> runs,
                          const std::optional<std::string>& name) {
  if (name && *name != kError.word && *name != kLoss.word) {
    throw UsageError(fmt::format("--measure {}: `error` or `loss` would be right", *name));
  }
  const bool error = name ? *name == kError.word : all_have(runs, kError);
  const bool any_error =
      std::ranges::any_of(runs, [](const RecordedRun& run) { return all_have({&run, 1}, kError); });
  const Measure& measure = error ? kError : kLoss;
  for (const RecordedRun& run : runs) {
    if (all_have({&run, 1}, measure)) continue;
    if (!name && any_error && all_have({&run, 1}, kLoss)) {
      run.metrics.fail(
          "has a loss and no classification errors, unlike other runs here; plot them "
          "apart, or all of them with --measure loss");
    }
    const bool other = all_have({&run, 1}, error ? kLoss : kError);
    run.metrics.fail(other
                         ? fmt::format("holds no {0}; --measure {1} draws the {1}", measure.word,
                                       error ? kLoss.word : kError.word)
                         : "holds no errors yet; they are there after the run's first evaluation");
  }
  return measure;
}

std::string number_text(double value, const Measure& measure) {
  return measure.unit.empty() ? fmt::format("{:.4g}", value)
                              : fmt::format("{:.2f}{}", value, measure.unit);
}

Spread spread_of(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {sum / static_cast<double>(values.size()), low, high};
}

}  // namespace apical
