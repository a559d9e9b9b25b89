#include "models/postsynaptic_potential.h"

#include <gtest/gtest.h>

#include <cmath>

namespace apical {
namespace {

constexpr PostsynapticPotential kKernels[] = {{10, 3}, {3, 10}, {10, 9.9}, {20, 0.5}};

// Simpson's rule.
double quadrature(const PostsynapticPotential& kernel, double end) {
  constexpr int kSteps = 20000;
  const double h = end / kSteps;
  double sum = 0;
  for (int n = 0; n < kSteps; ++n) {
    sum += kernel.value(n * h) + 4 * kernel.value((n + 0.5) * h) + kernel.value((n + 1) * h);
  }
  return sum * h / 6;
}

TEST(PostsynapticPotentialTest, AreaIsOne) {
  for (const auto& kernel : kKernels) {
    EXPECT_NEAR(quadrature(kernel, 600), 1, 1e-9);
    EXPECT_NEAR(kernel.integral(1000), 1, 1e-12);
  }
}

TEST(PostsynapticPotentialTest, IntegralIsThatOfTheValue) {
  for (const auto& kernel : kKernels) {
    for (const double t : {0.1, 1.0, 5.0, 30.0}) {
      EXPECT_NEAR(kernel.integral(t), quadrature(kernel, t), 1e-11);
    }
  }
}

TEST(PostsynapticPotentialTest, PeakIsWhereItsSlopeVanishes) {
  for (const auto& kernel : kKernels) {
    const double leak = kernel.tau_leak_ms;
    const double synapse = kernel.tau_synapse_ms;
    const double peak = std::log(leak / synapse) * leak * synapse / (leak - synapse);
    const double height = std::pow(synapse / leak, synapse / (leak - synapse)) / leak;
    EXPECT_NEAR(kernel.value(peak), height, 1e-12);
    for (double t = 0; t < 100; t += 0.01) ASSERT_LE(kernel.value(t), height + 1e-15);
  }
}

TEST(PostsynapticPotentialTest, ItIsCutOffAsPublished) {
  const PostsynapticPotential whole{10, 3};
  const PostsynapticPotential cut{10, 3, 10};
  EXPECT_EQ(cut.value(9.99), whole.value(9.99));
  EXPECT_EQ(cut.value(10), 0.0);
  EXPECT_EQ(cut.integral(50), whole.integral(10));
  EXPECT_NEAR(cut.integral(50), 1 - (10 * std::exp(-1.0) - 3 * std::exp(-10 / 3.0)) / 7, 1e-15);
  EXPECT_NEAR(cut.integral(50), 0.4897, 1e-4);
  EXPECT_NEAR(cut.integral(50) + cut.area_beyond_cut_off(), 1, 1e-15);
}

TEST(PostsynapticPotentialTest, NothingPrecedesTheSpike) {
  for (const auto& kernel : kKernels) {
    EXPECT_EQ(kernel.value(-1), 0.0);
    EXPECT_EQ(kernel.value(0), 0.0);
    EXPECT_EQ(kernel.integral(-1), 0.0);
    EXPECT_NEAR(kernel.integral(0), 0.0, 1e-14);
  }
}

}  // namespace
}  // namespace apical
