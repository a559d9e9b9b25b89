#include "tools/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace apical {
namespace {

// What a run is judged by: the loss where nothing is classified, or where that is all there is.
struct SweepMeasure {
  std::string word;
  std::string test;  // columns of summary.json
  std::string train;
  std::string_view unit;
};
const SweepMeasure kError = {"error", "test_error_percent", "train_error_percent", " %"};
const SweepMeasure kLoss = {"loss", "test_loss", "train_loss", ""};

// Two digits behind the point, of what is not too large for them.
std::string number_text(double value) {
  return std::abs(value) < 1e6 ? fmt::format("{:.2f}", value) : fmt::format("{:.3g}", value);
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
  const std::string spread = moments.sd ? " ± " + number_text(*moments.sd) : "";
  return fmt::format("{}{}{}", number_text(moments.mean), spread, unit);
}

using Values = std::map<std::uint64_t, double>;  // by seed

Moments moments_of(const Values& values) {
  std::vector<double> all;
  for (const auto& [seed, value] : values) all.push_back(value);
  return moments_of(all);
}

// Over the seeds that both have, with its standard error: what a seed does to both cancels.
std::string difference(const Values& a, const Values& b, std::string_view unit) {
  std::vector<double> differences;
  for (const auto& [seed, value] : a) {
    if (const auto other = b.find(seed); other != b.end()) {
      differences.push_back(value - other->second);
    }
  }
  const Moments moments = moments_of(differences);
  if (moments.count == 0) return "";
  const std::string error =
      moments.sd ? " ± " + number_text(*moments.sd / std::sqrt(moments.count)) : "";
  return fmt::format("{}{}{}{}", moments.mean < 0 ? "" : "+", number_text(moments.mean), error,
                     unit);
}

}  // namespace

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

std::string sweep_csv(std::span<const SweepResult> results) {
  std::vector<std::string> columns;
  for (const SweepResult& result : results) {
    for (const auto& [key, value] : result.summary.items()) {
      if (!value.is_number() || key == "seed" || std::ranges::count(columns, key) != 0) continue;
      columns.push_back(key);
    }
  }
  std::string text(kSweepCsvStart);
  for (const std::string& column : columns) text += "," + column;
  text += "\n";
  for (const SweepResult& result : results) {
    text += fmt::format("{},{},{},{}", result.run.variant, result.run.seed, word_of(result.status),
                        result.folder.string());
    for (const std::string& column : columns) {
      text += ",";
      // What is no number, such as the loss of a network that diverged, is null there.
      const auto value = result.summary.find(column);
      if (value != result.summary.end() && value->is_number()) text += value->dump();
    }
    text += "\n";
  }
  return text;
}

std::string sweep_markdown(const Sweep& sweep, std::span<const SweepResult> results) {
  std::map<std::string, std::map<std::string, Values>> values;  // by variant, column
  std::map<std::string, std::size_t> runs;
  for (const SweepResult& result : results) {
    if (!result.summary.is_object()) continue;
    ++runs[result.run.variant];
    for (const auto& [key, value] : result.summary.items()) {
      if (value.is_number()) values[result.run.variant][key][result.run.seed] = value.get<double>();
    }
  }
  const auto measure_of = [&](const std::string& variant) -> const SweepMeasure& {
    return values[variant].contains(kError.test) || !values[variant].contains(kLoss.test) ? kError
                                                                                          : kLoss;
  };
  const std::string& first = sweep.variants.front();
  std::set<std::string_view> words;
  for (const std::string& variant : sweep.variants) {
    if (runs[variant] > 0) words.insert(measure_of(variant).word);
  }
  if (words.empty()) words.insert(kError.word);
  const std::string word = fmt::format("{}", fmt::join(words, " or "));
  std::string text = fmt::format(
      "{0}test {1} | training {1} | test {1}, difference from `{2}` | CPU minutes |\n"
      "|---|---|---|---|---|---|\n",
      kSweepMarkdownStart, word, first);
  for (const std::string& variant : sweep.variants) {
    auto& columns = values[variant];
    const SweepMeasure& measure = measure_of(variant);
    const bool compares = variant != first && &measure == &measure_of(first);
    const Moments seconds = moments_of(columns["cpu_seconds"]);
    text += fmt::format(
        "| `{}` | {} | {} | {} | {} | {} |\n", variant, runs[variant],
        text_of(moments_of(columns[measure.test]), measure.unit),
        text_of(moments_of(columns[measure.train]), measure.unit),
        compares ? difference(columns[measure.test], values[first][measure.test], measure.unit)
                 : "",
        seconds.count == 0 ? "" : fmt::format("{:.1f}", seconds.mean / 60));
  }
  return fmt::format("{}\n{}\n", text, kSweepMarkdownEnd);
}

}  // namespace apical
