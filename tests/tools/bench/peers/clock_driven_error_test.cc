#include "tools/bench/peers/clock_driven_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "datasets/image_set.h"
#include "tests/data/sample_digits.h"
#include "tools/bench/peers/clock_driven_network.h"
#include "tools/bench/peers/clock_driven_soma.h"

namespace apical::peers {
namespace {

constexpr std::size_t kHidden = 64;
// Long, since potentials lag behind the change to another image as well, by half a step.
constexpr std::size_t kImages = 4;
constexpr std::size_t kShown = 1000;  // ms

PotentialError error_of(const ClockDrivenNetwork& network, const std::vector<Spike>& spikes,
                        std::size_t steps_per_ms) {
  return potential_error(network.hidden_weights(), network.hidden_bias(), spikes, kImages * kShown,
                         steps_per_ms);
}

// A soma's response to a spike of weight 1: the convolution of g kappa and exp(-(g_l + g) t).
double response(double t) {
  const double rate = kLeakConductance + kDendriteConductance;
  const auto mode = [&](double tau) {
    return (std::exp(-t / tau) - std::exp(-rate * t)) / (rate - 1 / tau);
  };
  return kDendriteConductance * kKernel * (mode(kTauLeak) - mode(kTauSynapse));
}

// Where spikes arrive at the ends of steps anyway, nothing but rounding is left.
TEST(ClockDrivenError, NoneForSpikesOnTheGrid) {
  const ImageSet images = sample_digits().train;
  const ClockDrivenNetwork network({.hidden = kHidden}, 1);
  std::vector<Spike> spikes = spikes_of_images(images, kImages, kShown, 1);
  for (Spike& spike : spikes) spike.time = std::ceil(spike.time);
  for (const std::size_t steps : {1U, 4U, 10U}) {
    const PotentialError error = error_of(network, spikes, steps);
    ASSERT_GT(error.spread, 1);
    EXPECT_LT(error.largest, 1e-4) << steps;
  }
}

// Campbell's theorem: of Poisson spikes with rates r_j, the difference of V has the variance
//   sum over j of w_ij^2 r_j, times the integral of (K(t) - K(dt floor(t / dt)))^2,
// with the response K to a spike of the age t, whose age since its arrival is whole steps. Over
// seeds 1 to 12 the measured r.m.s. was 0.994 to 1.013 of this (mean 1.004, standard deviation
// 0.004), so that the bound is at nine of these.
TEST(ClockDrivenError, IsThatOfSpikesDelayedToTheEndsOfSteps) {
  const ImageSet images = sample_digits().train;
  const ClockDrivenNetwork network({.hidden = kHidden}, 1);
  const std::vector<Spike> spikes = spikes_of_images(images, kImages, kShown, 1);
  double drive = 0;  // mean over neurons and images of sum over j of w_ij^2 r_j
  for (std::size_t n = 0; n < kImages; ++n) {
    for (std::size_t j = 0; j < images.image_size(); ++j) {
      const double rate = kMaxRate * images.image(n)[j] / 255;
      for (std::size_t i = 0; i < kHidden; ++i) {
        const auto w = static_cast<double>(network.hidden_weights().row(j)[i]);
        drive += w * w * rate / (kImages * kHidden);
      }
    }
  }
  for (const std::size_t steps : {1U, 2U, 4U, 10U}) {
    const double dt = 1 / static_cast<double>(steps);
    constexpr int kParts = 100;
    const double part = dt / kParts;
    double integral = 0;
    for (std::size_t k = 0; k < 150 * steps; ++k) {
      const double arrived = response(static_cast<double>(k) * dt);
      for (int p = 0; p < kParts; ++p) {
        const double age = static_cast<double>(k) * dt + (p + 0.5) * part;
        integral += std::pow(response(age) - arrived, 2) * part;
      }
    }
    const PotentialError error = error_of(network, spikes, steps);
    RecordProperty("rms_ratio_" + std::to_string(steps),
                   std::to_string(error.rms / std::sqrt(drive * integral)));
    EXPECT_NEAR(error.rms / std::sqrt(drive * integral), 1, 0.04) << steps;
    EXPECT_GT(error.largest, error.rms);
  }
}

// The scheme is of first order. Over seeds 1 to 12: 0.501 to 0.507, and 0.1003 to 0.1017.
TEST(ClockDrivenError, IsProportionalToTheStep) {
  const ClockDrivenNetwork network({.hidden = kHidden}, 1);
  const std::vector<Spike> spikes = spikes_of_images(sample_digits().train, kImages, kShown, 1);
  const double one = error_of(network, spikes, 1).rms;
  EXPECT_NEAR(error_of(network, spikes, 2).rms / one, 0.5, 0.05);
  EXPECT_NEAR(error_of(network, spikes, 10).rms / one, 0.1, 0.01);
}

}  // namespace
}  // namespace apical::peers
