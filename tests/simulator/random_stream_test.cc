#include "simulator/random_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "tests/statistics.h"

namespace apical {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2, 3, 0xfeedfacecafebeef};

StreamKey some_key(std::uint64_t seed) {
  return {.seed = seed, .process = 3, .purpose = Purpose::kSpikes, .context = 5};
}

std::vector<double> sample(std::uint64_t seed, std::size_t count,
                           const std::function<double(RandomStream&)>& draw) {
  RandomStream stream(some_key(seed));
  std::vector<double> values(count);
  for (double& value : values) value = draw(stream);
  return values;
}

// Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, result. Our counter
// is the position and the names of the stream, our key the seed.
TEST(RandomStreamTest, IsPhilox) {
  struct KnownAnswer {
    StreamKey key;
    std::uint64_t position;
    std::array<std::uint32_t, 4> words;
  };
  const KnownAnswer answers[] = {
      {{0, 0, static_cast<Purpose>(0), 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffffffffffff, 0xffffff, static_cast<Purpose>(0xff), 0xffffffff},
       0xffffffffffffffff,
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x299f31d0a4093822, 0x13198a, static_cast<Purpose>(0x2e), 0x03707344},
       0x85a308d3243f6a88,
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const KnownAnswer& answer : answers) {
    for (const std::size_t draws : {1U, 15U, 16U, 33U}) {  // alone, and first of a vector
      RandomStream stream(answer.key, answer.position);
      std::vector<std::uint32_t> words(4 * draws);
      stream.words(words);
      for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(words[k * draws], answer.words[k]);
    }
  }
}

TEST(RandomStreamTest, WordsAreTheSameHoweverManyAreDrawnAtOnce) {
  // Across the carry from the lower to the upper half of the counter, too.
  for (const std::uint64_t start : {0ULL, 5ULL, 0xfffffff0ULL, 0xffffffffULL, 0x7fffffffcULL}) {
    std::vector<std::array<std::uint32_t, 4>> alone(300);
    RandomStream single(some_key(9), start);
    for (auto& words : alone) single.words(words);
    RandomStream stream(some_key(9), start);
    std::size_t at = 0;
    for (const std::size_t draws : {1U, 16U, 3U, 17U, 128U, 31U, 64U, 40U}) {
      std::vector<std::uint32_t> words(4 * draws);
      stream.words(words);
      for (std::size_t n = 0; n < draws; ++n) {
        for (std::size_t k = 0; k < 4; ++k) ASSERT_EQ(words[k * draws + n], alone[at + n][k]);
      }
      at += draws;
    }
    EXPECT_EQ(at, alone.size());
    EXPECT_EQ(stream.position(), start + at);
  }
}

TEST(RandomStreamTest, PositionRestores) {
  RandomStream stream(some_key(4));
  for (int n = 0; n < 100; ++n) {
    stream.uniform();
    stream.normal();
    stream.wald(2, 1);
    stream.below(10);
    RandomStream restored(some_key(4), stream.position());
    RandomStream copy = stream;
    EXPECT_EQ(restored.uniform(), copy.uniform());
    EXPECT_EQ(restored.wald(2, 1), copy.wald(2, 1));
    EXPECT_EQ(restored.position(), copy.position());
  }
}

// Streams whose names differ in one field are uncorrelated, at equal positions and next to each
// other. False-alarm rate of each check 1e-6.
TEST(RandomStreamTest, StreamsAreIndependent) {
  constexpr std::size_t kDraws = 20000;
  const StreamKey base{.seed = 1, .process = 1, .purpose = Purpose::kSpikes, .context = 1};
  std::vector<StreamKey> keys(6, base);
  keys[1].seed = 2;
  keys[2].seed = 1 + (1ULL << 32);
  keys[3].process = 2;
  keys[4].purpose = Purpose::kShuffling;
  keys[5].context = 2;
  std::vector<std::vector<double>> values;
  for (const StreamKey& key : keys) {
    RandomStream stream(key);
    auto& of_stream = values.emplace_back(kDraws);
    for (double& value : of_stream) value = stream.uniform() - 0.5;
  }
  for (std::size_t a = 0; a < keys.size(); ++a) {
    for (std::size_t b = 0; b < keys.size(); ++b) {
      for (const std::size_t lag : {0U, 1U}) {
        if (a == b && lag == 0) continue;
        double sum = 0;
        for (std::size_t n = lag; n < kDraws; ++n) sum += values[a][n] * values[b][n - lag];
        const double sd = std::sqrt(static_cast<double>(kDraws - lag)) / 12;
        EXPECT_LT(std::fabs(sum / sd), kNormalBound) << a << ' ' << b << ' ' << lag;
      }
    }
  }
}

// Here and below each check has a false-alarm rate of 1e-6 over random seeds.
TEST(RandomStreamTest, UniformIsUniform) {
  constexpr std::size_t kDraws = 100000;
  for (const std::uint64_t seed : kSeeds) {
    const auto values = sample(seed, kDraws, [](RandomStream& s) { return s.uniform(); });
    for (const double value : values) {
      ASSERT_GT(value, 0.0);
      ASSERT_LT(value, 1.0);
    }
    const Moments moments = moments_of(values);
    const double n = std::sqrt(static_cast<double>(kDraws));
    EXPECT_LT(std::fabs(moments.mean - 0.5) * n / std::sqrt(1.0 / 12), kNormalBound);
    // The fourth central moment is 1/80.
    EXPECT_LT(std::fabs(moments.variance - 1.0 / 12) * n / std::sqrt(1.0 / 180), kNormalBound);
    EXPECT_LT(kolmogorov_statistic(values), kKolmogorovBound);
  }
}

TEST(RandomStreamTest, UniformNeverReachesItsEnds) {
  EXPECT_EQ(uniform_of(0, 0), 0x1p-53);
  EXPECT_EQ(1 - uniform_of(0xffffffff, 0xffffffff), 0x1p-53);
}

TEST(RandomStreamTest, NormalIsNormal) {
  constexpr std::size_t kDraws = 100000;
  for (const std::uint64_t seed : kSeeds) {
    auto values = sample(seed, kDraws, [](RandomStream& s) { return s.normal(); });
    const Moments moments = moments_of(values);
    const double n = std::sqrt(static_cast<double>(kDraws));
    EXPECT_LT(std::fabs(moments.mean) * n, kNormalBound);
    EXPECT_LT(std::fabs(moments.variance - 1) * n / std::sqrt(2.0), kNormalBound);
    for (double& value : values) value = normal_cdf(value);
    EXPECT_LT(kolmogorov_statistic(values), kKolmogorovBound);
  }
}

TEST(RandomStreamTest, NormalsInBulkAreNormalAndUncorrelated) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    RandomStream stream({seed, 5, Purpose::kInverseNoise, 0});
    std::vector<float> values(100000);
    stream.normals(2, values);
    std::vector<double> ranks;
    double neighbours = 0;
    double pairs = 0;  // of one draw
    for (std::size_t n = 0; n < values.size(); ++n) {
      ranks.push_back(normal_cdf(values[n] / 2.0));
      if (n > 0) neighbours += values[n] * values[n - 1] / 4.0;
      if (n >= 64) pairs += values[n] * values[n - 64] / 4.0;
    }
    const double root = std::sqrt(static_cast<double>(values.size()));
    EXPECT_LT(kolmogorov_statistic(ranks), kKolmogorovBound);
    EXPECT_LT(std::abs(neighbours) / root, kNormalBound);
    EXPECT_LT(std::abs(pairs) / root, kNormalBound);
  }
}

TEST(RandomStreamTest, UniformsInBulkAreUniform) {
  RandomStream stream({1, 5, Purpose::kInverseWeights, 0});
  std::vector<float> values(100000);
  stream.uniforms(-0.5F, 1.5F, values);
  std::vector<double> ranks;
  for (const float value : values) {
    ASSERT_GE(value, -0.5F);
    ASSERT_LE(value, 1.5F);
    ranks.push_back((value + 0.5) / 2);
  }
  EXPECT_LT(kolmogorov_statistic(ranks), kKolmogorovBound);
}

TEST(RandomStreamTest, WaldIsInverseGaussian) {
  constexpr std::size_t kDraws = 200000;
  struct Case {
    double mean;
    double shape;
  };
  for (const Case c : {Case{2, 1}, Case{1, 10}, Case{50, 100}}) {
    for (const std::uint64_t seed : kSeeds) {
      auto values = sample(seed, kDraws, [&](RandomStream& s) { return s.wald(c.mean, c.shape); });
      for (const double value : values) ASSERT_GT(value, 0.0);
      const Moments moments = moments_of(values);
      const double n = std::sqrt(static_cast<double>(kDraws));
      const double variance = std::pow(c.mean, 3) / c.shape;
      const double kurtosis = 3 + 15 * c.mean / c.shape;
      EXPECT_LT(std::fabs(moments.mean - c.mean) * n / std::sqrt(variance), kNormalBound);
      EXPECT_LT(std::fabs(moments.variance / variance - 1) * n / std::sqrt(kurtosis - 1),
                kNormalBound);
      for (double& x : values) {
        const double root = std::sqrt(c.shape / x);
        x = normal_cdf(root * (x / c.mean - 1)) +
            std::exp(2 * c.shape / c.mean) * normal_cdf(-root * (x / c.mean + 1));
      }
      EXPECT_LT(kolmogorov_statistic(values), kKolmogorovBound);
    }
  }
}

TEST(RandomStreamTest, BelowIsUnbiased) {
  for (const std::uint32_t bound : {2U, 3U, 10U, 1000U}) {
    for (const std::uint64_t seed : kSeeds) {
      constexpr std::size_t kDraws = 100000;
      RandomStream stream(some_key(seed));
      std::vector<double> counts(bound, 0.0);
      for (std::size_t n = 0; n < kDraws; ++n) {
        const std::uint32_t value = stream.below(bound);
        ASSERT_LT(value, bound);
        counts[value] += 1;
      }
      const std::vector<double> expected(bound, static_cast<double>(kDraws) / bound);
      EXPECT_LT(chi_square_z(counts, expected), kUpperBound) << bound;
    }
  }
  RandomStream stream(some_key(1));
  for (int n = 0; n < 100; ++n) EXPECT_EQ(stream.below(1), 0U);
  // In a range as large as that of the words themselves.
  double mean = 0;
  for (int n = 0; n < 10000; ++n) mean += stream.below(0xffffffff) / 4294967295.0 / 10000;
  EXPECT_LT(std::fabs(mean - 0.5) * 100 * std::sqrt(12.0), kNormalBound);
}

TEST(RandomStreamTest, ShuffleIsAPermutation) {
  RandomStream stream(some_key(1));
  std::vector<std::uint32_t> elements(1000);
  std::iota(elements.begin(), elements.end(), 0U);
  const auto sorted = elements;
  stream.shuffle(std::span(elements));
  EXPECT_NE(elements, sorted);
  auto again = elements;
  std::ranges::sort(again);
  EXPECT_EQ(again, sorted);
}

TEST(RandomStreamTest, AllOrdersAreEquallyLikely) {
  for (const std::uint64_t seed : kSeeds) {
    constexpr int kDraws = 48000;
    RandomStream stream(some_key(seed));
    std::vector<double> counts(24, 0.0);
    for (int n = 0; n < kDraws; ++n) {
      std::array<int, 4> order = {0, 1, 2, 3};
      stream.shuffle(std::span<int>(order));
      // Lehmer's code of the order.
      std::size_t code = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        std::size_t smaller = 0;
        for (std::size_t later = k + 1; later < 4; ++later) smaller += order[later] < order[k];
        code = code * (4 - k) + smaller;
      }
      counts[code] += 1;
    }
    EXPECT_LT(chi_square_z(counts, std::vector<double>(24, kDraws / 24.0)), kUpperBound);
  }
}

}  // namespace
}  // namespace apical
