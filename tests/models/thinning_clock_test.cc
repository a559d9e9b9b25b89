#include "models/thinning_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/statistics.h"

namespace apical {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2, 3, 4};
constexpr std::size_t kCandidates = 100000;

struct Candidates {
  std::vector<Time> times;
  std::vector<std::uint32_t> neurons;
  std::vector<float> thresholds;
};

// In unequal portions.
Candidates candidates_of(ThinningClock& clock, std::size_t count) {
  Candidates all;
  std::size_t portion = 1;
  while (all.times.size() < count) {
    portion = std::min({portion % 50 + 1, clock.times().size(), count - all.times.size()});
    EXPECT_EQ(clock.time(), clock.times().front());
    for (std::size_t n = 0; n < portion; ++n) {
      all.times.push_back(clock.times()[n]);
      all.neurons.push_back(clock.neurons()[n]);
      all.thresholds.push_back(clock.thresholds()[n]);
    }
    clock.pass(portion);
  }
  return all;
}

// Each check of the tests below has a false-alarm rate of 1e-6 over random seeds.
TEST(ThinningClockTest, IntervalsAreExponential) {
  constexpr double kRate = 0.2;
  constexpr std::uint32_t kNeurons = 70;
  for (const std::uint64_t seed : kSeeds) {
    ThinningClock clock({.seed = seed}, kNeurons, kRate);
    const auto all = candidates_of(clock, kCandidates);
    std::vector<double> uniform;
    Time last = 0;
    for (const Time time : all.times) {
      uniform.push_back(-std::expm1(-(time - last) * kRate * kNeurons));
      ASSERT_GE(time, last);
      last = time;
    }
    EXPECT_LT(kolmogorov_statistic(uniform), kKolmogorovBound);
    const double z = last * kRate * kNeurons / kCandidates - 1;
    EXPECT_LT(std::fabs(z) * std::sqrt(static_cast<double>(kCandidates)), kNormalBound);
  }
}

TEST(ThinningClockTest, NeuronsAreUniformAndIndependentOfTheThreshold) {
  constexpr std::uint32_t kNeurons = 70;
  for (const std::uint64_t seed : kSeeds) {
    ThinningClock clock({.seed = seed}, kNeurons, 0.2);
    const auto all = candidates_of(clock, kCandidates);
    // Counts by neuron and sign of the threshold.
    std::vector<double> counts(2 * std::size_t{kNeurons}, 0.0);
    for (std::size_t n = 0; n < kCandidates; ++n) {
      ASSERT_LT(all.neurons[n], kNeurons);
      counts[2 * all.neurons[n] + (all.thresholds[n] < 0 ? 1 : 0)] += 1;
    }
    const std::vector<double> expected(counts.size(),
                                       static_cast<double>(kCandidates) / (2 * kNeurons));
    EXPECT_LT(chi_square_z(counts, expected), kUpperBound);
  }
}

TEST(ThinningClockTest, ThresholdsAreLogistic) {
  for (const std::uint64_t seed : kSeeds) {
    ThinningClock clock({.seed = seed}, 10, 0.2);
    const auto all = candidates_of(clock, kCandidates);
    std::vector<double> uniform;
    uniform.reserve(kCandidates);
    for (const float threshold : all.thresholds) {
      uniform.push_back(1 / (1 + std::exp(-static_cast<double>(threshold))));
    }
    EXPECT_LT(kolmogorov_statistic(uniform), kKolmogorovBound);
  }
}

// The shortest and the longest intervals and thresholds that the bits allow.
TEST(ThinningClockTest, TransformsAreExactAtTheirEnds) {
  const std::vector<std::uint32_t> words = {0, 1, 0x80000000, 0xfffffffe, 0xffffffff};
  std::vector<float> interval(words.size());
  std::vector<float> threshold(words.size());
  exponential_of(words, interval);
  logit_of(words, threshold);
  for (std::size_t n = 0; n < words.size(); ++n) {
    const double u = (words[n] + 0.5) * 0x1p-32;
    const double rest = (0xffffffff - words[n] + 0.5) * 0x1p-32;
    const double exponential = u < 0.5 ? -std::log(u) : -std::log1p(-rest);
    EXPECT_NEAR(interval[n] / exponential, 1, 5e-7) << words[n];
    EXPECT_NEAR(threshold[n], std::log(u / rest), 3e-6) << words[n];
  }
}

// A look ahead changes nothing but how much is pending.
TEST(ThinningClockTest, LooksAheadWithoutPassing) {
  constexpr std::size_t kMost = 300;
  ThinningClock clock({.seed = 1}, 70, 0.2, kMost);
  ThinningClock plain({.seed = 1}, 70, 0.2);
  const auto expected = candidates_of(plain, 5000);
  std::size_t passed = 0;
  for (const Time ahead : {0.0, 1.0, 5.0, 20.0, 1000.0, 0.5, 1000.0, 3.0}) {
    const Time end = clock.time() + ahead;
    clock.look_ahead(end);
    const auto times = clock.times();
    EXPECT_TRUE(times.back() > end || times.size() > kMost);
    for (std::size_t n = 0; n < times.size(); ++n) {
      ASSERT_EQ(times[n], expected.times[passed + n]);
      ASSERT_EQ(clock.neurons()[n], expected.neurons[passed + n]);
      ASSERT_EQ(clock.thresholds()[n], expected.thresholds[passed + n]);
    }
    const std::size_t count = times.size() / 2 + 1;
    clock.pass(count);
    passed += count;
  }
  EXPECT_GT(passed, kMost);
}

TEST(ThinningClockTest, RestartReproduces) {
  ThinningClock clock({.seed = 1}, 10, 0.2);
  const auto first = candidates_of(clock, 1000);
  clock.restart({.seed = 1, .context = 1});
  const auto other = candidates_of(clock, 1000);
  clock.restart({.seed = 1});
  const auto again = candidates_of(clock, 1000);
  EXPECT_EQ(first.times, again.times);
  EXPECT_EQ(first.neurons, again.neurons);
  EXPECT_EQ(first.thresholds, again.thresholds);
  EXPECT_NE(first.times, other.times);
}

}  // namespace
}  // namespace apical
