#include "models/mistake.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <tuple>
#include <utility>

namespace apical {
namespace {

std::string lines(const std::vector<Mistake>& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes) {
    if (!text.empty()) {
      text += '\n';
    }
    text += to_string(mistake);
  }
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// Letters to insert, remove, replace or swap with their neighbour to get from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string to_string(const Mistake& mistake) {
  return mistake.fix.empty() ? fmt::format("{}: {}", mistake.where, mistake.what)
                             : fmt::format("{}: {}; {}", mistake.where, mistake.what, mistake.fix);
}

ModelFileError::ModelFileError(std::vector<Mistake> mistakes)
    : std::runtime_error(lines(mistakes)), mistakes_(std::move(mistakes)) {}

void sort_mistakes(std::vector<Mistake>& mistakes) {
  std::ranges::stable_sort(mistakes, {}, &Mistake::order);
  const auto same = [](const Mistake& a, const Mistake& b) {
    return std::tie(a.where, a.what) == std::tie(b.where, b.what);
  };
  const auto repeated = std::ranges::unique(mistakes, same);
  mistakes.erase(repeated.begin(), repeated.end());
}

std::optional<std::string> nearest_name(std::string_view given,
                                        const std::vector<std::string>& known) {
  if (known.empty()) {
    return std::nullopt;
  }
  const std::string wanted = lower_case(given);
  const auto distance = [&wanted](const std::string& name) {
    return edit_distance(wanted, lower_case(name));
  };
  const std::string& nearest = *std::ranges::min_element(known, {}, distance);
  // A third of the letters wrong is still a typing mistake; `a` for `b` is not.
  const bool is_near = distance(nearest) <= (given.size() + 1) / 3;
  return is_near ? std::optional(nearest) : std::nullopt;
}

std::string suggestion(std::string_view given, const std::vector<std::string>& known) {
  if (const std::optional<std::string> nearest = nearest_name(given, known)) {
    return fmt::format("did you mean `{}`?", *nearest);
  }
  return known.empty() ? "" : fmt::format("known: `{}`", fmt::join(known, "`, `"));
}

}  // namespace apical
