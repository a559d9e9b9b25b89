#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace apical {

// Statistical tests with fixed seeds. Each bound below is exceeded by one in a million random
// seeds (the "false-alarm rate" of a check) if the law that is tested holds.

// Standard normal variables: |z| below this.
inline constexpr double kNormalBound = 4.892;
// The same, one-sided.
inline constexpr double kUpperBound = 4.753;
// Kolmogorov's statistic: 2 exp(-2 x^2) = 1e-6.
inline constexpr double kKolmogorovBound = 2.694;

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Kolmogorov and Smirnov's sqrt(n) D of values that should be uniform in [0, 1], with Stephens'
// correction for finite n.
inline double kolmogorov_statistic(std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto below = static_cast<double>(k);
    distance = std::max({distance, values[k] - below / n, (below + 1) / n - values[k]});
  }
  return (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
}

// Pearson's chi-square as a standard normal variable (Wilson & Hilferty). All expectations are
// above 5; as many degrees of freedom as counts, less one.
inline double chi_square_z(const std::vector<double>& counts, const std::vector<double>& expected) {
  double statistic = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    statistic += std::pow(counts[k] - expected[k], 2) / expected[k];
  }
  const double freedom = static_cast<double>(counts.size()) - 1;
  const double spread = 2 / (9 * freedom);
  return (std::cbrt(statistic / freedom) - (1 - spread)) / std::sqrt(spread);
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

inline Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  for (const double value : values) moments.mean += value;
  moments.mean /= static_cast<double>(values.size());
  for (const double value : values) moments.variance += std::pow(value - moments.mean, 2);
  moments.variance /= static_cast<double>(values.size() - 1);
  return moments;
}

}  // namespace apical
