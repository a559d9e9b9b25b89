#include "tools/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace apical {
namespace {

constexpr std::string_view kTestError = "test_error_percent";

std::string_view word_of(RunStatus status) {
  switch (status) {
    case RunStatus::kDone:
      return "done";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kNotDone:
      return "not_done";
  }
  return "";
}

struct Moments {
  std::size_t count = 0;
  double mean = 0;
  std::optional<double> sd;  // of two and more
};

Moments moments_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  Moments moments{values.size(), 0, {}};
  const auto n = static_cast<double>(values.size());
  for (const double value : values) moments.mean += value / n;
  if (values.size() < 2) return moments;
  double sum = 0;
  for (const double value : values) sum += std::pow(value - moments.mean, 2);
  moments.sd = std::sqrt(sum / (n - 1));
  return moments;
}

std::string text_of(const Moments& moments, std::string_view unit) {
  if (moments.count == 0) return "";
  const std::string spread = moments.sd ? fmt::format(" ± {:.2f}", *moments.sd) : "";
  return fmt::format("{:.2f}{}{}", moments.mean, spread, unit);
}

// With its standard error, from the spreads of both (Welch).
std::string difference(const Moments& a, const Moments& b, std::string_view unit) {
  if (a.count == 0 || b.count == 0) return "";
  std::string error;
  if (a.sd && b.sd) {
    error = fmt::format(" ± {:.2f}", std::sqrt(*a.sd * *a.sd / static_cast<double>(a.count) +
                                               *b.sd * *b.sd / static_cast<double>(b.count)));
  }
  return fmt::format("{:+.2f}{}{}", a.mean - b.mean, error, unit);
}

}  // namespace

std::string sweep_csv(std::span<const SweepResult> results) {
  std::vector<std::string> columns;
  for (const SweepResult& result : results) {
    for (const auto& [key, value] : result.summary.items()) {
      if (!value.is_number() || key == "seed" || std::ranges::count(columns, key) != 0) continue;
      columns.push_back(key);
    }
  }
  std::string text = "variant,seed,status,folder";
  for (const std::string& column : columns) text += "," + column;
  text += "\n";
  for (const SweepResult& result : results) {
    text += fmt::format("{},{},{},{}", result.run.variant, result.run.seed, word_of(result.status),
                        result.folder.string());
    for (const std::string& column : columns) {
      text += ",";
      if (result.summary.contains(column)) text += result.summary[column].dump();
    }
    text += "\n";
  }
  return text;
}

std::string sweep_markdown(const Sweep& sweep, std::span<const SweepResult> results) {
  std::map<std::string, std::map<std::string, std::vector<double>>> values;  // by variant, column
  bool classifies = false;
  for (const SweepResult& result : results) {
    for (const auto& [key, value] : result.summary.items()) {
      if (value.is_number()) values[result.run.variant][key].push_back(value.get<double>());
      classifies |= key == kTestError;
    }
  }
  const std::string test = classifies ? std::string(kTestError) : "test_loss";
  const std::string train = classifies ? "train_error_percent" : "train_loss";
  const std::string_view unit = classifies ? " %" : "";
  const auto moments = [&](const std::string& variant, const std::string& column) {
    return moments_of(values[variant][column]);
  };
  std::string text = fmt::format(
      "| variant | runs | test {0} | training {0} | test {0}, difference from `{1}` | CPU minutes "
      "|\n|---|---|---|---|---|---|\n",
      classifies ? "error" : "loss", sweep.variants.front());
  const Moments first = moments(sweep.variants.front(), test);
  for (const std::string& variant : sweep.variants) {
    const Moments tested = moments(variant, test);
    const Moments seconds = moments(variant, "cpu_seconds");
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", variant, tested.count,
                        text_of(tested, unit), text_of(moments(variant, train), unit),
                        variant == sweep.variants.front() ? "" : difference(tested, first, unit),
                        seconds.count == 0 ? "" : fmt::format("{:.1f}", seconds.mean / 60));
  }
  return text;
}

}  // namespace apical
