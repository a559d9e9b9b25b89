#include "learning/backpropagated_errors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "learning/trial_metrics.h"
#include "tests/learning/small_experiments.h"
#include "tests/models/rate_mode_reference.h"

namespace apical {
namespace {

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// Every plastic projection learns by backpropagation.
proto::Experiment by_backpropagation(proto::Experiment experiment, double learning_rate) {
  for (auto& projection : *experiment.mutable_network()->mutable_projection()) {
    if (!projection.has_plasticity()) continue;
    projection.mutable_plasticity()->mutable_backpropagation()->set_learning_rate(learning_rate);
  }
  return experiment;
}

// Weights for which no sigmoid is near its ends, where a float knows little of its slope.
proto::Experiment unsaturated(proto::Experiment experiment) {
  for (auto& projection : *experiment.mutable_network()->mutable_projection()) {
    auto& uniform = *projection.mutable_initializer()->mutable_uniform();
    uniform.set_low(-2);
    uniform.set_high(2);
  }
  return experiment;
}

// A direct way past the hidden layers.
proto::Experiment with_skip(proto::Experiment experiment) {
  auto& skip = *experiment.mutable_network()->add_projection();
  skip.set_source("input");
  skip.set_target("output");
  skip.set_compartment(proto::DENDRITE);
  skip.mutable_plasticity()->mutable_segregated_dendrites()->set_learning_rate(1);
  return experiment;
}

// The loss of the rate mode after a forward tick, with the target's rates held fixed.
double loss(RateModeReference& network, const std::vector<double>& target) {
  network.tick();
  const auto& output = network.neurons.back();
  double sum = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    sum += std::pow(target[i] - output.max_rate * logistic(output.v[i]), 2);
  }
  return sum;
}

// dL/dx by a central difference of fourth order: error below 1e-9.
double derivative(RateModeReference& network, const std::vector<double>& target, double& x) {
  const double h = 1e-3;
  const double at = x;
  const auto shifted = [&](double by) {
    x = at + by;
    const double value = loss(network, target);
    x = at;
    return value;
  };
  return (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h);
}

// Of every weight and bias, against the change that a trial in the rate mode makes: half the
// gradient's size down its direction, times eta P.
TEST(Backpropagation, IsTheGradientOfTheRateMode) {
  constexpr double kLearningRate = 3;
  for (const auto& network : {no_hidden_layer(), one_hidden_layer(), two_hidden_layers(),
                              with_skip(two_hidden_layers())}) {
    const proto::Experiment experiment = by_backpropagation(unsaturated(network), kLearningRate);
    const ImageSet images = noise_images(3, 12, 3);
    for (std::size_t n = 0; n < images.size(); ++n) {
      RateTrialRun program(experiment);
      const Parameters before = program.parameters();
      RateModeReference reference(experiment.network(), before);
      reference.show(images.image(n));
      reference.tick();
      reference.tick();
      reference.tick(images.labels[n]);
      const std::vector<double> target = reference.neurons.back().phi;
      program.run(images.image(n), images.labels[n]);
      const auto step = [&](const RateModeReference::Neurons& neurons) {
        const double phi = neurons.max_rate;
        return kLearningRate * (neurons.is_output ? 20 / (phi * phi) : 20 / phi);
      };
      double largest = 0;
      for (std::size_t q = 0; q < reference.synapses.size(); ++q) {
        auto& synapses = reference.synapses[q];
        if (synapses.apical) continue;
        auto& neurons = reference.neurons[synapses.target];
        const double eta = step(neurons);
        for (std::size_t j = 0; j < synapses.w.size(); ++j) {
          for (std::size_t i = 0; i < synapses.w[j].size(); ++i) {
            const double expected = -0.5 * eta * derivative(reference, target, synapses.w[j][i]);
            const double actual = static_cast<double>(program.parameters().weights[q].row(j)[i]) -
                                  before.weights[q].row(j)[i];
            EXPECT_NEAR(actual, expected, 2e-6 + 1e-4 * std::abs(expected));
            largest = std::max(largest, std::abs(expected));
          }
        }
        for (std::size_t i = 0; i < neurons.bias.size(); ++i) {
          const double expected = -0.5 * eta * derivative(reference, target, neurons.bias[i]);
          EXPECT_NEAR(program.rule().change(synapses.target)[i], expected,
                      2e-6 + 1e-4 * std::abs(expected));
        }
      }
      EXPECT_GT(largest, 0.1);
    }
  }
}

// In the spiking mode: the chain rule at the window means, with the weights from before the update.
TEST(Backpropagation, IsTheChainRuleAtWindowMeans) {
  constexpr double kLearningRate = 0.4;
  TrialRun program(by_backpropagation(unsaturated(two_hidden_layers()), kLearningRate));
  const ImageSet images = noise_images(4, 12, 3);
  for (std::size_t n = 0; n < images.size(); ++n) {
    const Parameters before = program.parameters();
    program.run(images.image(n), images.labels[n]);
    std::vector<double> difference;
    for (const float value : program.rule().output_difference()) difference.push_back(value);
    for (std::size_t p = 3; p >= 1; --p) {
      const auto v = program.rule().potentials(p);
      const double step = p == 3 ? 20 / 0.04 : 20 / 0.2;
      std::vector<double> below(before.weights[p - 1].sources(), 0.0);
      for (std::size_t i = 0; i < v.size(); ++i) {
        const double sigma = logistic(v[i]);
        const double e = difference[i] * (0.6 / 0.7) * 0.2 * sigma * (1 - sigma);
        const double expected = kLearningRate * step * e;
        EXPECT_NEAR(program.rule().change(p)[i], expected, 1e-6 + 2e-5 * std::abs(expected));
        for (std::size_t j = 0; j < below.size(); ++j) {
          below[j] += before.weights[p - 1].row(j)[i] * e;
        }
      }
      difference = below;
    }
  }
}

// The cosine of two matrices, as if they were vectors.
double angle_between(const std::vector<std::vector<double>>& a,
                     const std::vector<std::vector<double>>& b) {
  double product = 0;
  double a_square = 0;
  double b_square = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    for (std::size_t i = 0; i < a[j].size(); ++i) {
      product += a[j][i] * b[j][i];
      a_square += a[j][i] * a[j][i];
      b_square += b[j][i] * b[j][i];
    }
  }
  return std::acos(product / std::sqrt(a_square * b_square)) * 180 / 3.14159265358979;
}

std::vector<std::vector<double>> difference(const DenseWeights& after, const DenseWeights& before) {
  std::vector<std::vector<double>> rows;
  for (std::size_t j = 0; j < after.sources(); ++j) {
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < after.targets(); ++i) {
      row.push_back(static_cast<double>(after.row(j)[i]) - before.row(j)[i]);
    }
  }
  return rows;
}

// Between the update that a trial makes and the one that the same trial makes with backpropagation,
// weight by weight; the mean over trials.
template <typename Run>
void expect_angles(const proto::Experiment& experiment, int trials) {
  proto::Metrics wanted;
  wanted.set_angle_to_backpropagation(true);
  const ImageSet images = noise_images(trials, 12, 3);
  std::vector<double> sums(2);
  Run learning(experiment);
  TrialMetrics metrics(wanted, {experiment.network(), learning.parameters(), learning.rule()});
  learning.protocol().set_metric(&metrics);
  for (const auto& each : metrics.take()) EXPECT_FALSE(each.value.has_value());
  const proto::Experiment other = by_backpropagation(experiment, 20);
  Run comparing(other);
  for (std::size_t n = 0; n < images.size(); ++n) {
    const Parameters before = learning.parameters();
    comparing.parameters() = before;
    learning.run(images.image(n), images.labels[n]);
    comparing.run(images.image(n), images.labels[n]);
    for (std::size_t q = 0; q < sums.size(); ++q) {
      sums[q] += angle_between(difference(learning.parameters().weights[q], before.weights[q]),
                               difference(comparing.parameters().weights[q], before.weights[q]));
    }
  }
  const std::vector<MetricValue> values = metrics.take();
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0].column, "angle_to_backpropagation_degrees_first");
  EXPECT_EQ(values[1].column, "angle_to_backpropagation_degrees_second");
  for (std::size_t q = 0; q < 2; ++q) {
    ASSERT_TRUE(values[q].value.has_value());
    EXPECT_NEAR(*values[q].value, sums[q] / trials, 0.05);
    EXPECT_GT(*values[q].value, 5);
  }
  for (const auto& each : metrics.take()) EXPECT_FALSE(each.value.has_value());
}

proto::Experiment fast_learning() {
  proto::Experiment experiment = two_hidden_layers();
  // Large updates, so that rounded weights show them.
  for (int q = 0; q < 3; ++q) {
    experiment.mutable_network()
        ->mutable_projection(q)
        ->mutable_plasticity()
        ->mutable_segregated_dendrites()
        ->set_learning_rate(20);
  }
  return experiment;
}

TEST(AngleToBackpropagation, IsThatOfTheUpdatesInTheRateMode) {
  expect_angles<RateTrialRun>(fast_learning(), 3);
}

// Two networks have the same spikes until their weights differ.
TEST(AngleToBackpropagation, IsThatOfTheUpdatesOfATrialWithSpikes) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    proto::Experiment experiment = fast_learning();
    experiment.set_seed(seed);
    expect_angles<TrialRun>(experiment, 1);
  }
}

TEST(AngleToBackpropagation, IsZeroIfBackpropagationLearns) {
  proto::Metrics wanted;
  wanted.set_angle_to_backpropagation(true);
  const proto::Experiment experiment = by_backpropagation(two_hidden_layers(), 0.2);
  TrialRun program(experiment);
  TrialMetrics metrics(wanted, {experiment.network(), program.parameters(), program.rule()});
  program.protocol().set_metric(&metrics);
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t n = 0; n < 3; ++n) program.run(images.image(n), images.labels[n]);
  for (const MetricValue& each : metrics.take()) EXPECT_NEAR(*each.value, 0, 0.05);
}

// With feedback W^T and plateau potentials in their linear range, plateaus are the backpropagated
// errors but for a factor, to the first order of what the teacher changes.
TEST(AngleToBackpropagation, IsSmallForSymmetricFeedbackAndSmallErrors) {
  proto::Experiment experiment = one_hidden_layer();
  auto& network = *experiment.mutable_network();
  auto& output = *network.mutable_population(2)->mutable_output();
  output.set_teaching_conductance_per_ms(0.01);
  network.mutable_projection(2)->clear_initializer();
  network.mutable_projection(2)->mutable_plasticity()->mutable_symmetric_feedback();
  for (int q = 0; q < 2; ++q) {
    auto& uniform = *network.mutable_projection(q)->mutable_initializer()->mutable_uniform();
    uniform.set_low(-0.5);
    uniform.set_high(0.5);
  }
  // With biases of 0 all outputs have nearly the slope of the sigmoid at 0, which the
  // backpropagated errors have as a factor and the plateaus have not.
  network.mutable_population(2)->mutable_output()->mutable_bias()->set_mean(0);
  proto::Metrics wanted;
  wanted.set_angle_to_backpropagation(true);
  RateTrialRun program(experiment);
  TrialMetrics metrics(wanted, {experiment.network(), program.parameters(), program.rule()});
  program.protocol().set_metric(&metrics);
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t n = 0; n < 3; ++n) program.run(images.image(n), images.labels[n]);
  const auto angle = metrics.take().front().value;
  ASSERT_TRUE(angle.has_value());
  EXPECT_LT(*angle, 5);
}

}  // namespace
}  // namespace apical
