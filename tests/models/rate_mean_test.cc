#include "models/rate_mean.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/models/driven_population.h"

namespace apical {
namespace {

constexpr PostsynapticPotential kKernel{10, 3};
constexpr double kMaxRate = 0.2;

// An output of ten neurons like that of a 784-500-10 network: 500 sources at 50 Hz, potentials that
// differ between neurons by 2 and fluctuate by nearly as much; target phase from 50 ms on, window
// of 20 to 25 ms from 30 ms later. The error is in units of max_rate.
double worst_error(std::uint64_t seed, Time length, bool taught) {
  constexpr std::uint32_t kSources = 500;
  constexpr std::size_t kNeurons = 10;
  const DenseWeights weights = random_weights(seed, kSources, kNeurons, 0, 4);
  const auto spikes = random_spikes(seed + 100, kSources, 0.05, 120);
  DrivenPopulation<OutputPopulation> driven(kNeurons, parsed<proto::Output>(""), 0, seed);
  driven.drive(proto::DENDRITE, weights, spikes);
  ClockDrivenReference reference(kNeurons, kKernel, 0.7, {{&weights, 0.6}}, 0.05);
  RateMean mean;
  driven.simulation().add(mean);
  driven.synchronize(mean);
  std::size_t sent = 0;
  const auto advance = [&](Time to) {
    for (; sent < spikes.size() && spikes[sent].time <= to; ++sent) {
      reference.advance(spikes[sent].time);
      reference.spike(0, spikes[sent].neuron);
    }
    reference.advance(to);
    driven.simulation().run_until(to);
  };
  advance(50);
  if (taught) {
    driven.population().teach(50, 3);
    std::vector<double> current(kNeurons, -8);
    current[3] = 8;
    reference.set_current(current);
    reference.set_conductance(1.7);
  }
  advance(80);
  std::vector<double> start(kNeurons);
  for (std::size_t i = 0; i < kNeurons; ++i) start[i] = reference.probability_integral(i);
  mean.open(driven.population(), 80, 80 + length);
  advance(80 + length);
  EXPECT_EQ(mean.next(), kNever);
  double worst = 0;
  for (std::size_t i = 0; i < kNeurons; ++i) {
    const double exact = kMaxRate * (reference.probability_integral(i) - start[i]) / length;
    worst = std::max(worst, std::fabs(mean.means()[i] - exact));
  }
  return worst / kMaxRate;
}

TEST(RateMeanTest, IsTheIntegralOfTheRate) {
  double worst[2] = {0, 0};
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    for (const Time length : {20.0, 22.3, 25.1}) {
      for (const bool taught : {true, false}) {
        const double error = worst_error(seed, length, taught);
        EXPECT_LT(error, taught ? 2e-5 : 5e-4);
        worst[taught ? 1 : 0] = std::max(worst[taught ? 1 : 0], error);
      }
    }
  }
  RecordProperty("forward_phase_1e9", static_cast<int>(worst[0] * 1e9));
  RecordProperty("target_phase_1e9", static_cast<int>(worst[1] * 1e9));
}

TEST(RateMeanTest, IsExactForAConstantPotential) {
  DrivenPopulation<OutputPopulation> driven(3, parsed<proto::Output>(""), 0.7, 1);
  RateMean mean;
  driven.simulation().add(mean);
  driven.synchronize(mean);
  mean.open(driven.population(), 10, 30.2);
  driven.simulation().run_until(40);
  for (const double rate : mean.means()) {
    EXPECT_NEAR(rate, kMaxRate / (1 + std::exp(-0.6)), 1e-7);
  }
}

TEST(RateMeanTest, AWindowMayBeShorterThanAStep) {
  DrivenPopulation<OutputPopulation> driven(3, parsed<proto::Output>(""), 0, 1);
  RateMean mean;
  EXPECT_EQ(mean.next(), kNever);
  driven.simulation().add(mean);
  driven.synchronize(mean);
  mean.open(driven.population(), 1, 1.01);
  EXPECT_NEAR(mean.next(), 1.005, 1e-12);
  driven.simulation().run_until(2);
  for (const double rate : mean.means()) EXPECT_NEAR(rate, kMaxRate / 2, 1e-9);
}

}  // namespace
}  // namespace apical
