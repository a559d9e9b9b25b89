#include "learning/rate_trial_protocol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/learning/small_experiments.h"
#include "tests/models/rate_mode_reference.h"
#include "tests/statistics.h"

namespace apical {
namespace {

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Variant {
  std::string name;
  std::function<proto::Experiment()> experiment;
  double apical_conductance;
};
std::ostream& operator<<(std::ostream& out, const Variant& variant) { return out << variant.name; }

class RateTrials : public testing::TestWithParam<Variant> {
 protected:
  static proto::Experiment experiment() {
    proto::Experiment experiment = GetParam().experiment();
    for (auto& population : *experiment.mutable_network()->mutable_population()) {
      if (population.has_pyramidal()) {
        population.mutable_pyramidal()->set_apical_conductance_per_ms(
            GetParam().apical_conductance);
      }
    }
    return experiment;
  }
};

// Trial after trial against the reference: two ticks of the forward phase, two of the target phase,
// plateaus and updates from the values at the end of each.
TEST_P(RateTrials, FollowFromTheEquations) {
  const proto::Experiment experiment = this->experiment();
  const proto::Network& description = experiment.network();
  RateTrialRun program(experiment);
  RateModeReference reference(description, program.parameters());
  const ImageSet images = noise_images(6, 12, 3);
  for (std::size_t trial = 0; trial < images.size(); ++trial) {
    const std::string at = "trial " + std::to_string(trial);
    const std::size_t label = images.labels[trial];
    const Parameters before = program.parameters();
    const PhaseTimes times = program.run(images.image(trial), label);
    EXPECT_EQ(times.start, 4.0 * static_cast<double>(trial));
    EXPECT_EQ(times.target_start, times.start + 2);
    EXPECT_EQ(times.end, times.start + 4);

    reference.read(before);
    reference.show(images.image(trial));
    reference.tick();
    reference.tick();
    const auto forward = reference.neurons;
    reference.tick(static_cast<int>(label));
    reference.tick(static_cast<int>(label));
    const auto& target = reference.neurons;

    std::vector<std::vector<double>> step;  // P e
    for (std::size_t p = 0; p < forward.size(); ++p) {
      const auto& f = forward[p];
      step.emplace_back(f.phi.size(), 0.0);
      if (f.is_input) continue;
      for (std::size_t i = 0; i < f.phi.size(); ++i) {
        EXPECT_NEAR(program.rule().potentials(p)[i], f.v[i], 1e-5 * (1 + std::abs(f.v[i]))) << at;
        const double sigma = logistic(f.v[i]);
        double difference = target[p].phi[i] - f.max_rate * sigma;
        double factor = 20 / (f.max_rate * f.max_rate);
        if (!f.is_output) {
          const double alpha_f = logistic(f.v_apical[i]);
          const double alpha_t = logistic(target[p].v_apical[i]);
          EXPECT_NEAR(program.rule().plateaus(p).forward[i], alpha_f, 2e-6) << at;
          EXPECT_NEAR(program.rule().plateaus(p).target[i], alpha_t, 2e-6) << at;
          difference = alpha_t - alpha_f;
          factor = 20 / f.max_rate;
        }
        EXPECT_NEAR(program.rule().difference(p)[i], difference, 3e-6) << at;
        step[p][i] = factor * difference * f.share() * f.max_rate * sigma * (1 - sigma);
      }
    }
    const auto highest = [](const auto& v) { return std::ranges::max_element(v) - v.begin(); };
    EXPECT_EQ(program.protocol().answer(), static_cast<std::size_t>(highest(forward.back().v)));

    for (std::size_t q = 0; q < reference.synapses.size(); ++q) {
      const auto& s = reference.synapses[q];
      const double rate = description.projection(static_cast<int>(q))
                              .plasticity()
                              .segregated_dendrites()
                              .learning_rate();
      for (std::size_t j = 0; j < s.w.size(); ++j) {
        for (std::size_t i = 0; i < s.w[j].size(); ++i) {
          const double w =
              before.weights[q].row(j)[i] + rate * step[s.target][i] * forward[s.source].phi[j];
          EXPECT_NEAR(program.parameters().weights[q].row(j)[i], w, 1e-5 * (1 + std::abs(w))) << at;
        }
      }
      if (s.apical) continue;
      for (std::size_t i = 0; i < step[s.target].size(); ++i) {
        const double b = before.biases[s.target][i] + rate * step[s.target][i];
        EXPECT_NEAR(program.parameters().biases[s.target][i], b, 1e-5 * (1 + std::abs(b))) << at;
      }
    }
  }
  const auto layers = static_cast<std::uint64_t>(description.population_size() - 1);
  EXPECT_EQ(program.network().events(), images.size() * 4 * layers);
}

// Plateau potentials see the output that the same phase leads to, whatever the trial before.
TEST_P(RateTrials, PlateausAreOfTheSamePhase) {
  if (GetParam().apical_conductance > 0) GTEST_SKIP() << "feedback changes what it is of";
  const proto::Experiment experiment = this->experiment();
  RateTrialRun program(experiment);
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t trial = 0; trial < images.size(); ++trial) {
    RateModeReference still(experiment.network(), program.parameters());
    program.run(images.image(trial), images.labels[trial]);
    still.show(images.image(trial));
    for (int tick = 0; tick < 10; ++tick) still.tick();
    const auto forward = still.neurons;
    for (int tick = 0; tick < 10; ++tick) still.tick(images.labels[trial]);
    for (std::size_t p = 1; p + 1 < forward.size(); ++p) {
      for (std::size_t i = 0; i < forward[p].phi.size(); ++i) {
        const auto plateaus = program.rule().plateaus(p);
        EXPECT_NEAR(plateaus.forward[i], logistic(forward[p].v_apical[i]), 2e-6);
        EXPECT_NEAR(plateaus.target[i], logistic(still.neurons[p].v_apical[i]), 2e-6);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, RateTrials,
    testing::Values(Variant{"no_hidden_layer", no_hidden_layer, 0},
                    Variant{"one_hidden_layer", one_hidden_layer, 0},
                    Variant{"two_hidden_layers", two_hidden_layers, 0},
                    Variant{"one_hidden_layer_that_feedback_drives", one_hidden_layer, 0.6},
                    Variant{"two_hidden_layers_that_feedback_drives", two_hidden_layers, 0.05}),
    [](const testing::TestParamInfo<Variant>& each) { return each.param.name; });

// Without weights or biases nothing but the teacher drives the output, and what was seen last is
// the target phase.
TEST(RateTrialProtocol, ExcitesAllNeuronsOfTheRightClass) {
  proto::Experiment experiment = no_hidden_layer();
  experiment.mutable_network()->mutable_population(1)->set_size(6);
  RateTrialRun program(experiment, {.neurons_per_class = 2});
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t n = 0; n < images.size(); ++n) {
    Parameters& parameters = program.parameters();
    for (std::size_t j = 0; j < 12; ++j) std::fill_n(parameters.weights[0].row(j), 6, 0.0F);
    parameters.biases[1] = AlignedFloats(parameters.biases[1].size(), 0.0F);
    // The mean, not the highest neuron, is the answer.
    parameters.biases[1][0] = 3;
    parameters.biases[1][1] = -3;
    parameters.biases[1][4] = 1;
    parameters.biases[1][5] = 1;
    program.network().parameters_changed();
    program.run(images.image(n), images.labels[n]);
    EXPECT_EQ(program.protocol().answer(), 2U);
    const auto v = program.network().output_potentials();
    for (std::size_t i = 0; i < 6; ++i) {
      const double bias = i == 0 ? 3 : i == 1 ? -3 : i >= 4 ? 1 : 0;
      const double taught = i / 2 == images.labels[n] ? 8 : -8;
      EXPECT_NEAR(v[i], (0.6 * bias + taught) / 1.7, 1e-6) << i;
    }
  }
}

TEST(RateTrialProtocol, ClearsTheStateIfItShall) {
  proto::Experiment experiment = one_hidden_layer();
  auto& hidden = *experiment.mutable_network()->mutable_population(1)->mutable_pyramidal();
  hidden.set_apical_conductance_per_ms(0.6);
  for (int q = 0; q < 2; ++q)
    experiment.mutable_network()->mutable_projection(q)->clear_plasticity();
  const ImageSet images = noise_images(2, 12, 3);
  const auto second_trial = [&](bool clear, std::size_t first) {
    experiment.mutable_trial()->set_clear_state_between_trials(clear);
    RateTrialRun program(experiment);
    program.run(images.image(first), images.labels[first]);
    program.run(images.image(1), images.labels[1]);
    const auto v = program.rule().potentials(1);
    return std::vector<float>(v.begin(), v.end());
  };
  EXPECT_EQ(second_trial(true, 0), second_trial(true, 1));
}

// 300 inputs, 200 hidden neurons and 3 outputs that fire for ten seconds a phase, with an image
// that stands still. Window means of spiking neurons then differ from the rate mode's values by
// noise, whose standard deviation is known: the mean of s_j over a window of length T has the mean
// phi_j and the variance phi_j / T. And by what the sigmoid makes of a potential that fluctuates:
// at most max |sigmoid''| / 2 = 0.0482 times its variance. False-alarm rate: 1e-6 a neuron at most.
TEST(RateMode, IsWhatWindowMeansOfSpikingNeuronsApproach) {
  auto experiment = parsed<proto::Experiment>(R"pb(
    network {
      population {
        name: "input"
        size: 300
        poisson_source {}
      }
      population {
        name: "hidden"
        size: 200
        pyramidal {}
      }
      population {
        name: "output"
        size: 3
        output {}
      }
      projection {
        source: "input"
        target: "hidden"
        compartment: BASAL
        initializer { uniform { low: -0.3 high: 0.3 } }
      }
      projection {
        source: "hidden"
        target: "output"
        compartment: DENDRITE
        initializer { uniform { low: -0.3 high: 0.3 } }
      }
      projection {
        source: "output"
        target: "hidden"
        compartment: APICAL
        initializer { uniform { low: -3 high: 3 } }
      }
    }
    trial { phase_length_ms: 10200 extra_length_mean_ms: 0 settling_time_ms: 200 }
  )pb");
  constexpr double kWindow = 10000;
  constexpr double kCurvature = 0.0482;
  // The integral of kappa squared: the variance of s_j at a time is phi_j times this.
  constexpr double kKernelPower = 1.0 / (2 * (10 + 3));
  const ImageSet images = noise_images(1, 300, 3);
  TrialRun spiking(experiment);
  RateTrialRun rates(experiment);
  spiking.run(images.image(0), 1);
  rates.run(images.image(0), 1);
  EXPECT_EQ(all_values(spiking.parameters()), all_values(rates.parameters()));

  const auto& parameters = rates.parameters();
  const double k = 0.6 / 0.7;
  // Of V of a neuron: sum over j of (k w_j)^2 phi_j.
  const auto power = [&](std::size_t projection, std::span<const float> phi, std::size_t i) {
    double sum = 0;
    for (std::size_t j = 0; j < phi.size(); ++j) {
      const double w = k * parameters.weights[projection].row(j)[i];
      sum += w * w * phi[j];
    }
    return sum;
  };
  std::vector<double> bias(200);      // of a hidden neuron's rate, at most
  std::vector<double> variance(200);  // of its mean
  for (std::size_t i = 0; i < 200; ++i) {
    const double of_v = power(0, rates.network().rates(0), i);
    EXPECT_NEAR(spiking.rule().potentials(1)[i], rates.rule().potentials(1)[i],
                kNormalBound * std::sqrt(of_v / kWindow) * 1.03)
        << i;
    bias[i] = 0.2 * kCurvature * of_v * kKernelPower;
    // Of spikes, and of the rate, whose slope is at most 0.2 / 4.
    variance[i] = (rates.network().rates(1)[i] + 0.05 * 0.05 * of_v) / kWindow;
  }
  std::vector<double> rate_shift(3);  // of an output's rate, at most
  for (std::size_t i = 0; i < 3; ++i) {
    double of_v = 0;
    double shift = 0;
    for (std::size_t j = 0; j < 200; ++j) {
      const double w = k * parameters.weights[1].row(j)[i];
      of_v += w * w * variance[j];
      shift += std::abs(w) * bias[j];
    }
    const double tolerance = shift + kNormalBound * std::sqrt(of_v) * 1.1;
    EXPECT_NEAR(spiking.rule().potentials(2)[i], rates.rule().potentials(2)[i], tolerance) << i;
    // What teaches makes the soma's share of its dendrite smaller.
    rate_shift[i] =
        0.05 * tolerance + 0.2 * kCurvature * power(1, rates.network().rates(1), i) * kKernelPower;
  }
  // In the target phase the output is saturated, which plateau potentials see.
  for (std::size_t i = 0; i < 200; ++i) {
    double of_v = 0;
    double shift = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const double y = parameters.weights[2].row(j)[i];
      of_v += y * y * rates.network().rates(2)[j] / kWindow;
      shift += std::abs(y) * rate_shift[j];
    }
    const double tolerance = 0.25 * (kNormalBound * std::sqrt(of_v) * 1.03 + shift);
    EXPECT_NEAR(spiking.rule().plateaus(1).target[i], rates.rule().plateaus(1).target[i], tolerance)
        << i;
  }
}

}  // namespace
}  // namespace apical
