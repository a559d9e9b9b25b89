#include "learning/stochastic_plateaus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "models/postsynaptic_potential.h"
#include "tests/learning/small_experiments.h"
#include "tests/statistics.h"

namespace apical {
namespace {

// Before the end of a phase by min(|N(0, 3)|, 5): below 5 a half-normal law, and at 5 all the rest.
TEST(StochasticPlateausTest, TimesFollowTheirLaw) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_network()->mutable_population(1)->set_size(1000);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Parameters parameters = initial_parameters(experiment.network(), seed);
    Network network(experiment.network(), parameters, seed);
    const SpikingPopulation& hidden = *network.spiking_populations()[0];
    StochasticPlateaus plateaus(proto::StochasticPlateaus(), network);
    const double below_most = 2 * normal_cdf(5.0 / 3) - 1;
    std::vector<double> uniform;
    double at_most = 0;
    std::vector<double> first;
    for (int phase = 0; phase < 4; ++phase) {
      const Time end = 100.0 * (phase + 1);
      plateaus.begin_phase(end - 100);
      plateaus.end_phase(end);
      std::vector<double> before;
      for (const Time time : plateaus.times(hidden)) {
        before.push_back(end - time);
        ASSERT_GE(before.back(), 0);
        ASSERT_LE(before.back(), 5);
        if (before.back() >= 5) {
          ++at_most;
        } else {
          uniform.push_back((2 * normal_cdf(before.back() / 3) - 1) / below_most);
        }
      }
      EXPECT_NE(before, first);  // drawn anew
      first = before;
    }
    EXPECT_LT(kolmogorov_statistic(uniform), kKolmogorovBound);
    const double n = 4000;
    const double z =
        (at_most - n * (1 - below_most)) / std::sqrt(n * below_most * (1 - below_most));
    EXPECT_LT(std::abs(z), kNormalBound);
  }
}

// Plateaus of whole trials against the midpoint rule in steps of 0.01 ms on the apical potentials
// of the spikes that the output sent, with state carried over.
TEST(StochasticPlateausTest, PlateausAreMeansOfTheNeuronsOwnWindows) {
  proto::Experiment experiment = one_hidden_layer();
  auto& settings = *experiment.mutable_trial()->mutable_stochastic_plateaus();
  settings.set_window_ms(22);
  for (const auto& [conductance, cut_off] :
       std::array<std::pair<double, double>, 3>{{{0, 0}, {0.3, 0}, {0, 10}}}) {
    proto::Pyramidal& hidden =
        *experiment.mutable_network()->mutable_population(1)->mutable_pyramidal();
    hidden.set_apical_conductance_per_ms(conductance);
    hidden.mutable_postsynaptic_potential()->set_cut_off_ms(cut_off);
    TrialRun program(experiment);
    const DenseWeights feedback = program.parameters().weights[2];
    RandomStream times({experiment.seed(), 1, Purpose::kPlateauTimes, 0});
    PostsynapticPotential kernel;
    kernel.cut_off_ms = cut_off;
    const auto plateau = [&](std::size_t i, Time end) {
      const Time time = end - std::min(std::abs(3 * times.normal()), 5.0);
      constexpr int kSteps = 2200;
      constexpr double kStep = 0.01;
      double sum = 0;
      for (int n = 0; n < kSteps; ++n) {
        const Time at = time - 22 + (n + 0.5) * kStep;
        for (const Spike& spike : program.spikes(2)) {
          if (spike.time < at && spike.time > at - 250) {
            sum +=
                static_cast<double>(feedback.row(spike.neuron)[i]) * kernel.value(at - spike.time);
          }
        }
      }
      return 1 / (1 + std::exp(-sum / kSteps));
    };
    // Where a potential is cut off it jumps, and the rule is wrong by up to half a step of it.
    const double error = cut_off > 0 ? 5e-5 : 2e-6;
    const ImageSet images = noise_images(3, 12, 3);
    for (std::size_t trial = 0; trial < images.size(); ++trial) {
      const PhaseTimes phases = program.run(images.image(trial), images.labels[trial]);
      const auto actual = program.rule().plateaus(1);
      for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_NEAR(actual.forward[i], plateau(i, phases.target_start), error);
      }
      for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_NEAR(actual.target[i], plateau(i, phases.end), error);
      }
    }
  }
}

// Plateaus at the very end whose windows begin with the averaging window are those without jitter.
TEST(StochasticPlateausTest, WithoutJitterTheyAreTheOrdinaryOnes) {
  proto::Experiment ordinary = one_hidden_layer();
  ordinary.mutable_trial()->set_extra_length_mean_ms(0);
  proto::Experiment stochastic = ordinary;
  auto& settings = *stochastic.mutable_trial()->mutable_stochastic_plateaus();
  settings.set_jitter_sd_ms(0);
  settings.set_window_ms(20);
  TrialRun a(ordinary);
  TrialRun b(stochastic);
  const ImageSet images = noise_images(1, 12, 3);
  a.run(images.image(0), 0);
  b.run(images.image(0), 0);
  const auto expected = a.rule().plateaus(1);
  const auto actual = b.rule().plateaus(1);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(actual.forward[i], expected.forward[i], 1e-6);
    EXPECT_NEAR(actual.target[i], expected.target[i], 1e-6);
  }
}

}  // namespace
}  // namespace apical
