#include "simulator/vector_math.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace apical {
namespace {

// Every `stride`-th float of [low, high], both positive.
std::vector<float> floats_between(float low, float high, std::uint32_t stride) {
  std::vector<float> values;
  for (auto bits = std::bit_cast<std::uint32_t>(low); bits <= std::bit_cast<std::uint32_t>(high);
       bits += stride) {
    values.push_back(std::bit_cast<float>(bits));
  }
  return values;
}

double relative_error(double value, double exact) { return std::fabs(value - exact) / exact; }

TEST(VectorMathTest, FastExpIsWithinItsBound) {
  double worst = 0;
  for (const float x : floats_between(1e-8F, 88.0F, 1009)) {
    worst = std::max(worst, relative_error(fast_exp(x), std::exp(static_cast<double>(x))));
    if (x > 87.0F) continue;
    worst = std::max(worst, relative_error(fast_exp(-x), std::exp(-static_cast<double>(x))));
  }
  EXPECT_LT(worst, 2e-7);
  EXPECT_EQ(fast_exp(0.0F), 1.0F);
}

TEST(VectorMathTest, FastExpKeepsTheValueOfTheNearerEnd) {
  EXPECT_EQ(fast_exp(89.0F), fast_exp(88.0F));
  EXPECT_EQ(fast_exp(1e30F), fast_exp(88.0F));
  EXPECT_EQ(fast_exp(-88.0F), fast_exp(-87.0F));
  EXPECT_EQ(fast_exp(-1e30F), fast_exp(-87.0F));
  EXPECT_TRUE(std::isnormal(fast_exp(-87.0F)));
  EXPECT_TRUE(std::isfinite(fast_exp(88.0F)));
}

TEST(VectorMathTest, FastLogIsWithinItsBound) {
  double worst = 0;
  for (const float x : floats_between(1.2e-38F, 3.4e38F, 4099)) {
    const double exact = std::log(static_cast<double>(x));
    worst = std::max(worst, std::fabs(fast_log(x) - exact) / std::max(1.0, std::fabs(exact)));
  }
  EXPECT_LT(worst, 2e-7);
}

TEST(VectorMathTest, FastLogIsRelativelyExactNextToOneIfToldTheDifference) {
  double worst = 0;
  for (const float rest : floats_between(1e-15F, 0.25F, 4099)) {
    const double exact = -std::log1p(-static_cast<double>(rest));
    worst = std::max(worst, relative_error(-fast_log(1.0F - rest, -rest), exact));
  }
  EXPECT_LT(worst, 3e-7);
}

TEST(VectorMathTest, SigmoidIsTheLogisticFunction) {
  double worst = 0;
  for (const float x : floats_between(1e-8F, 80.0F, 4099)) {
    for (const float signed_x : {x, -x}) {
      const double exact = 1 / (1 + std::exp(-static_cast<double>(signed_x)));
      worst = std::max(worst, relative_error(sigmoid(signed_x), exact));
    }
  }
  EXPECT_LT(worst, 4e-7);
  EXPECT_EQ(sigmoid(0.0F), 0.5F);
}

// What the compiler makes of a loop over many, and of a call for one.
template <typename Function>
[[gnu::noinline]] void for_all(Function function, const float* in, float* out, std::size_t count) {
  for (std::size_t n = 0; n < count; ++n) out[n] = function(in[n]);
}
template <typename Function>
[[gnu::noinline]] float for_one(Function function, float x) {
  return function(x);
}

TEST(VectorMathTest, TheSameBitsInVectorsAndAlone) {
  std::vector<float> x = floats_between(1e-6F, 86.0F, 10007);
  const std::size_t positive = x.size();
  for (std::size_t n = 0; n < positive; ++n) x.push_back(-x[n]);
  std::vector<float> y(x.size());
  const auto check = [&](auto function, std::size_t count) {
    for_all(function, x.data(), y.data(), count);
    for (std::size_t n = 0; n < count; ++n) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[n]),
                std::bit_cast<std::uint32_t>(for_one(function, x[n])))
          << x[n];
    }
  };
  check([](float a) { return fast_exp(a); }, x.size());
  check([](float a) { return sigmoid(a); }, x.size());
  check([](float a) { return fast_log(a); }, positive);
  check([](float a) { return fused(a, 1.1F, fused(a, a, -0.3F)); }, x.size());
}

TEST(VectorMathTest, LanesGiveTheBitsOfSingleFloats) {
  alignas(32) std::array<float, kLanes> a{};
  alignas(32) std::array<float, kLanes> b{};
  alignas(32) std::array<float, kLanes> c{};
  for (std::size_t n = 0; n < 1000; ++n) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      a[i] = std::sin(static_cast<float>(n * kLanes + i));
      b[i] = std::cos(static_cast<float>(3 * n + i));
      c[i] = std::sin(static_cast<float>(7 * n + i)) * 1e-3F;
    }
    const auto load = [](const std::array<float, kLanes>& from) {
      return *reinterpret_cast<const Lanes*>(from.data());
    };
    const Lanes lanes = fused(load(a), load(b), load(c));
    for (std::size_t i = 0; i < kLanes; ++i) ASSERT_EQ(lanes[i], fused(a[i], b[i], c[i]));
  }
}

TEST(VectorMathTest, ArraysStartAndEndAtCacheLines) {
  EXPECT_EQ(padded(0), 0U);
  EXPECT_EQ(padded(1), kPadding);
  EXPECT_EQ(padded(kPadding), kPadding);
  EXPECT_EQ(padded(kPadding + 1), 2 * kPadding);
  for (const std::size_t size : {1U, 7U, 100U}) {
    const AlignedFloats floats(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(floats.data()) % 64, 0U);
  }
}

}  // namespace
}  // namespace apical
