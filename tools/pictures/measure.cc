#include "tools/pictures/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include "tools/command_error.h"

namespace apical {
namespace {

Measure error() {
  return {"test_error_percent", "train_error_percent", "Error (%)", "error", " %"};
}

Measure loss() { return {"test_loss", "train_loss", "Loss per image", "loss", ""}; }

bool has_values(const RecordedRun& run, const Measure& measure) {
  return run.metrics.has_values(measure.column) ||
         (measure.is_of_tests() && run.metrics.has_values(measure.train));
}

// The error or the loss, which all runs must have.
Measure of_tests(std::span<const RecordedRun> runs, const std::optional<std::string>& name) {
  const bool some_errors =
      std::ranges::any_of(runs, [](const RecordedRun& run) { return has_values(run, error()); });
  const bool is_error = name ? *name == error().word : some_errors;
  Measure measure = is_error ? error() : loss();
  const Measure other = is_error ? loss() : error();
  for (const RecordedRun& run : runs) {
    if (has_values(run, measure)) continue;
    if (!has_values(run, other)) {
      run.metrics.fail("holds no errors yet; they are there after the run's first evaluation");
    }
    if (name) {
      run.metrics.fail(
          fmt::format("holds no {}; --measure {} draws what it holds", measure.word, other.word));
    }
    run.metrics.fail(
        "has a loss and no classification errors, unlike other runs here; plot them apart, or all "
        "of them with --measure loss");
  }
  return measure;
}

// What the name of a column ends with or has in its middle, and how it is written behind a number
// and on an axis.
struct Unit {
  std::string_view in_name;
  std::string_view behind_number;
  std::string_view on_axis;
};

constexpr std::array kUnits = {Unit{"_degrees", " degrees", "degrees"}, Unit{"_hz", " Hz", "Hz"},
                               Unit{"_percent", " %", "%"}, Unit{"_ms", " ms", "ms"},
                               Unit{"_seconds", " s", "s"}};

std::string without_underscores(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', ' ');
  return text;
}

// mean_rate_hz_hidden: "mean rate, hidden", in Hz.
Measure of_column(const std::string& column) {
  Measure measure{column, "", "", without_underscores(column), ""};
  std::string_view on_axis;
  for (const Unit& unit : kUnits) {
    const std::size_t at = column.find(unit.in_name);
    if (at == std::string::npos) continue;
    const std::string_view rest = std::string_view(column).substr(at + unit.in_name.size());
    if (!rest.empty() && !rest.starts_with('_')) continue;
    measure.word = without_underscores(column.substr(0, at)) + (rest.empty() ? "" : ",") +
                   without_underscores(rest);
    measure.unit = unit.behind_number;
    on_axis = unit.on_axis;
    break;
  }
  measure.axis = measure.word + (on_axis.empty() ? "" : fmt::format(" ({})", on_axis));
  measure.axis.front() =
      static_cast<char>(std::toupper(static_cast<unsigned char>(measure.axis.front())));
  return measure;
}

}  // namespace

Measure measure_of(std::span<const RecordedRun> runs, const std::optional<std::string>& name) {
  if (!name || *name == error().word || *name == loss().word) return of_tests(runs, name);
  const auto lacks = [&](const RecordedRun& run) { return !run.metrics.has_values(*name); };
  if (std::ranges::all_of(runs, lacks)) {
    throw UsageError(
        fmt::format("--measure {}: no column with numbers in {}, which has {}; `error` or `loss` "
                    "would be right too",
                    *name, runs.front().metrics.path().string(),
                    fmt::join(runs.front().metrics.names(), ", ")));
  }
  if (const auto run = std::ranges::find_if(runs, lacks); run != runs.end()) {
    run->metrics.fail(fmt::format("has no {}, unlike other runs here; leave it out", *name));
  }
  return of_column(*name);
}

std::string number_text(double value, const Measure& measure) {
  return measure.unit.empty() ? fmt::format("{:.4g}", value)
                              : fmt::format("{:.2f}{}", value, measure.unit);
}

double axis_top(double highest, double margin, const Measure& measure) {
  const double top = highest + margin;
  return measure.unit == " %" ? std::min(top, std::max(highest, 100.0)) : top;
}

}  // namespace apical
