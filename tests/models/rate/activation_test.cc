#include "models/rate/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "simulator/vector_math.h"

namespace apical {
namespace {

constexpr Activation kAll[] = {Activation::kLinear, Activation::kTanh, Activation::kRelu,
                               Activation::kSigmoid};

double exact(Activation f, double z) {
  switch (f) {
    case Activation::kLinear:
      return z;
    case Activation::kTanh:
      return std::tanh(z);
    case Activation::kRelu:
      return std::max(z, 0.0);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-z));
  }
  return 0;
}

// From tiny to saturated on both sides, more than a tile of them, and not in 0.
AlignedFloats arguments() {
  AlignedFloats z;
  for (double magnitude = 1e-20; magnitude < 80; magnitude *= 1.007) {
    z.push_back(static_cast<float>(magnitude));
    z.push_back(static_cast<float>(-magnitude));
  }
  return z;
}

AlignedFloats activated(Activation f, AlignedFloats z) {
  activate(f, {z.data(), 1, z.size()});
  return z;
}

TEST(ActivationTest, ValuesAreExactToAFloatsLastDigits) {
  const AlignedFloats z = arguments();
  ASSERT_GT(z.size(), 8192U);
  for (const Activation f : kAll) {
    const AlignedFloats h = activated(f, z);
    for (std::size_t n = 0; n < z.size(); ++n) {
      const double expected = exact(f, z[n]);
      ASSERT_NEAR(h[n], expected, 4e-7 * std::fabs(expected)) << z[n];
    }
  }
}

TEST(ActivationTest, DerivativesAreFiniteDifferences) {
  constexpr double kStep = 1e-5;
  for (const Activation f : kAll) {
    for (const float z : arguments()) {
      if (std::fabs(z) < kStep) continue;  // the corner of ReLU
      const double difference = (exact(f, z + kStep) - exact(f, z - kStep)) / (2 * kStep);
      const auto h = static_cast<float>(exact(f, z));
      ASSERT_NEAR(derivative(f, h), difference, 3e-7) << z;
    }
  }
}

TEST(ActivationTest, DerivativesAreMultipliedIn) {
  const AlignedFloats z = arguments();
  for (const Activation f : kAll) {
    const AlignedFloats h = activated(f, z);
    AlignedFloats dh(z.size(), 3.0F);
    multiply_by_derivative(f, {h.data(), 1, h.size()}, {dh.data(), 1, dh.size()});
    for (std::size_t n = 0; n < z.size(); ++n) ASSERT_EQ(dh[n], 3.0F * derivative(f, h[n]));
  }
}

TEST(ActivationTest, EndsOfTheRangeAndNotANumber) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Activation f : kAll) {
    const AlignedFloats h = activated(f, {infinity, -infinity, 0.0F, nan});
    EXPECT_EQ(h[0], static_cast<float>(exact(f, infinity)));
    EXPECT_NEAR(std::max(h[1], -2.0F), std::max(exact(f, -infinity), -2.0), 1e-37);
    EXPECT_EQ(h[2], static_cast<float>(exact(f, 0)));
    EXPECT_TRUE(std::isnan(h[3]));
  }
}

// A value has the same bits wherever it stands in a vector or its scalar end.
TEST(ActivationTest, NoBitDependsOnThePlace) {
  for (const Activation f : kAll) {
    const AlignedFloats h = activated(f, AlignedFloats(8192 + 13, 0.7F));
    for (const float value : h) ASSERT_EQ(value, h[0]);
  }
}

}  // namespace
}  // namespace apical
