#include "models/rate/loss.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/models/rate/explicit_map.h"

namespace apical {
namespace {

constexpr std::size_t kBatch = 21;
constexpr std::size_t kClasses = 10;

AlignedFloats logits() {
  AlignedFloats z = random_floats(1, kBatch * kClasses);
  for (float& value : z) value *= 8;
  return z;
}

std::vector<std::uint16_t> labels() {
  std::vector<std::uint16_t> result(kBatch);
  for (std::size_t b = 0; b < kBatch; ++b) result[b] = static_cast<std::uint16_t>(b * 7 % kClasses);
  return result;
}

// From the definition, without care for large logits.
double cross_entropy(const std::vector<double>& z) {
  double loss = 0;
  for (std::size_t b = 0; b < kBatch; ++b) {
    double sum = 0;
    for (std::size_t i = 0; i < kClasses; ++i) sum += std::exp(z[b * kClasses + i]);
    loss -= std::log(std::exp(z[b * kClasses + labels()[b]]) / sum);
  }
  return loss;
}

TEST(LossTest, SoftmaxSumsToOneAndKeepsRatios) {
  const AlignedFloats z = logits();
  AlignedFloats p(z.size());
  softmax({z.data(), kBatch, kClasses}, {p.data(), kBatch, kClasses});
  for (std::size_t b = 0; b < kBatch; ++b) {
    double sum = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
      const std::size_t n = b * kClasses + i;
      sum += p[n];
      EXPECT_NEAR(p[n] / p[b * kClasses] / std::exp(z[n] - double{z[b * kClasses]}), 1, 1e-6);
    }
    EXPECT_NEAR(sum, 1, 3e-7);
  }
}

TEST(LossTest, CrossEntropyAndItsGradientByTheLogits) {
  const AlignedFloats z = logits();
  AlignedFloats p(z.size());
  AlignedFloats dz(z.size());
  const double loss =
      softmax_cross_entropy({z.data(), kBatch, kClasses}, labels(), {p.data(), kBatch, kClasses},
                            {dz.data(), kBatch, kClasses});
  std::vector<double> at(z.begin(), z.end());
  EXPECT_NEAR(loss, cross_entropy(at), 1e-9 * loss);
  constexpr double kStep = 1e-5;
  for (std::size_t n = 0; n < z.size(); ++n) {
    at[n] = z[n] + kStep;
    const double above = cross_entropy(at);
    at[n] = z[n] - kStep;
    const double below = cross_entropy(at);
    at[n] = z[n];
    EXPECT_NEAR(dz[n], (above - below) / (2 * kStep), 1e-6);
    const float label = labels()[n / kClasses] == n % kClasses ? 1.0F : 0.0F;
    EXPECT_EQ(dz[n], p[n] - label);
  }
}

TEST(LossTest, LargeLogitsNeitherOverflowNorVanish) {
  const AlignedFloats z = {1000, 900, -1000, -3e38F, 3e38F, 0};
  AlignedFloats p(6);
  AlignedFloats dz(6);
  const std::vector<std::uint16_t> label = {1, 1};
  const double loss =
      softmax_cross_entropy({z.data(), 2, 3}, label, {p.data(), 2, 3}, {dz.data(), 2, 3});
  EXPECT_NEAR(loss, 100, 1e-9);
  EXPECT_EQ(p[0], 1.0F);
  EXPECT_EQ(p[4], 1.0F);
}

// A network that has diverged is to be noticed.
TEST(LossTest, NotANumberIsNotHidden) {
  for (std::size_t place = 0; place < 3; ++place) {
    AlignedFloats z = {1, 2, 3};
    z[place] = std::numeric_limits<float>::quiet_NaN();
    AlignedFloats p(3);
    AlignedFloats dz(3);
    const std::vector<std::uint16_t> label = {1};
    EXPECT_TRUE(std::isnan(
        softmax_cross_entropy({z.data(), 1, 3}, label, {p.data(), 1, 3}, {dz.data(), 1, 3})));
  }
}

TEST(LossTest, SquaredErrorAndItsGradient) {
  const AlignedFloats y = random_floats(1, kBatch * kClasses);
  const AlignedFloats target = random_floats(2, kBatch * kClasses);
  AlignedFloats dy(y.size());
  const double loss = squared_error({y.data(), kBatch, kClasses}, {target.data(), kBatch, kClasses},
                                    {dy.data(), kBatch, kClasses});
  double expected = 0;
  for (std::size_t n = 0; n < y.size(); ++n) {
    const double error = double{y[n]} - target[n];
    expected += error * error;
    // The difference of two squares, which is exact for any step.
    const double difference = (std::pow(error + 0.5, 2) - std::pow(error - 0.5, 2)) / 1.0;
    EXPECT_NEAR(dy[n], difference, 1e-6);
  }
  EXPECT_NEAR(loss, expected, 1e-5);
}

TEST(LossTest, NoBitDependsOnTheThreads) {
  const AlignedFloats z = logits();
  double loss[2];
  AlignedFloats p[2];
  for (const std::size_t threads : {1U, 2U}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    p[threads - 1].resize(z.size());
    AlignedFloats dz(z.size());
    loss[threads - 1] = softmax_cross_entropy({z.data(), kBatch, kClasses}, labels(),
                                              {p[threads - 1].data(), kBatch, kClasses},
                                              {dz.data(), kBatch, kClasses});
  }
  EXPECT_EQ(loss[0], loss[1]);
  EXPECT_TRUE(p[0] == p[1]);
}

}  // namespace
}  // namespace apical
