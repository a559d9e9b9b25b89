#include "models/rate/bias.h"

#include <gtest/gtest.h>

#include "tests/models/rate/explicit_map.h"

namespace apical {
namespace {

constexpr std::size_t kBatch = 21;
constexpr std::size_t kSize = 600;

// One bias a unit, or one for each of 3 or 300 channels, or for all.
TEST(BiasTest, EachUnitHasTheBiasOfItsChannel) {
  for (const std::size_t biases : {600U, 300U, 3U, 1U}) {
    const AlignedFloats b = random_floats(1, biases);
    const AlignedFloats before = random_floats(2, kBatch * kSize);
    AlignedFloats z = before;
    add_bias(b, {z.data(), kBatch, kSize});
    for (std::size_t n = 0; n < z.size(); ++n) ASSERT_EQ(z[n], before[n] + b[n % biases]);
  }
}

TEST(BiasTest, GradientIsTheSumOverWhatSharesABias) {
  for (const std::size_t biases : {600U, 300U, 3U, 1U}) {
    const AlignedFloats dz = random_floats(3, kBatch * kSize);
    std::vector<double> expected(biases);
    for (std::size_t n = 0; n < dz.size(); ++n) expected[n % biases] += dz[n];
    AlignedFloats db(biases, 7.0F);
    bias_gradient({dz.data(), kBatch, kSize}, db);
    for (std::size_t i = 0; i < biases; ++i) EXPECT_NEAR(db[i], expected[i], 2e-3);
  }
}

}  // namespace
}  // namespace apical
