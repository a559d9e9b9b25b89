#include "models/dense_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/models/clock_driven_reference.h"

namespace apical {
namespace {

std::vector<float> some_values(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t j = 0; j < count; ++j) {
    values[j] = j % 3 == 0 ? 0.0F : std::sin(static_cast<float>(j));
  }
  return values;
}

TEST(DenseWeightsTest, RowsAreCacheLinesAndStartAtZero) {
  for (const std::size_t targets : {1U, 10U, 16U, 17U, 500U}) {
    const DenseWeights weights(7, targets);
    EXPECT_EQ(weights.stride() % kPadding, 0U);
    EXPECT_GE(weights.stride(), targets);
    for (std::size_t j = 0; j < 7; ++j) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(weights.row(j)) % 64, 0U);
      for (std::size_t i = 0; i < weights.stride(); ++i) EXPECT_EQ(weights.row(j)[i], 0.0F);
    }
  }
}

TEST(DenseWeightsTest, WeightedRowsAreAMatrixVectorProduct) {
  for (const std::size_t targets : {1U, 10U, 33U}) {
    const DenseWeights weights = random_weights(1, 50, targets, 0, 1);
    const auto sources = some_values(50);
    AlignedFloats sums(padded(weights.targets()), 0.5F);
    weights.add_weighted_rows(sources, sums);
    for (std::size_t i = 0; i < targets; ++i) {
      double expected = 0.5;
      for (std::size_t j = 0; j < 50; ++j) {
        expected += static_cast<double>(weights.row(j)[i]) * sources[j];
      }
      EXPECT_NEAR(sums[i], expected, 1e-5);
    }
  }
}

TEST(DenseWeightsTest, OuterProductAddsTargetTimesSource) {
  for (const std::size_t targets : {1U, 10U, 33U}) {
    const DenseWeights before = random_weights(1, 50, targets, 0, 1);
    DenseWeights weights = before;
    const auto sources = some_values(50);
    AlignedFloats change(padded(weights.targets()), 0.0F);
    for (std::size_t i = 0; i < targets; ++i) change[i] = std::cos(static_cast<float>(i));
    weights.add_outer_product(change, sources);
    for (std::size_t j = 0; j < 50; ++j) {
      for (std::size_t i = 0; i < weights.stride(); ++i) {
        const double product = static_cast<double>(change[i]) * sources[j];
        EXPECT_NEAR(weights.row(j)[i], before.row(j)[i] + product, 2e-7);
        if (sources[j] == 0 || i >= targets) {
          EXPECT_EQ(weights.row(j)[i], before.row(j)[i]);
        }
      }
    }
  }
}

// A silent source's row is not even read: not-a-number in it changes nothing.
TEST(DenseWeightsTest, SilentSourcesAreNotTouched) {
  DenseWeights weights(2, 4);
  weights.row(0)[1] = std::numeric_limits<float>::quiet_NaN();
  weights.row(1)[1] = 2;
  AlignedFloats sums(padded(weights.targets()), 0.0F);
  weights.add_weighted_rows(std::vector<float>{0, 3}, sums);
  EXPECT_EQ(sums[1], 6.0F);
  const AlignedFloats change(padded(weights.targets()), std::numeric_limits<float>::infinity());
  weights.row(0)[1] = 1;
  weights.add_outer_product(change, std::vector<float>{0, 0});
  EXPECT_EQ(weights.row(0)[1], 1.0F);
}

}  // namespace
}  // namespace apical
