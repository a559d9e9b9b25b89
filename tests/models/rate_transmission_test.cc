#include "models/rate_transmission.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/network.h"
#include "tests/models/clock_driven_reference.h"

namespace apical {
namespace {

constexpr std::size_t kPixels = 10;
constexpr std::size_t kHidden = 6;
constexpr std::size_t kOutputs = 3;
constexpr double kApical = 0.6;
constexpr double kBias = 0.5;

proto::Network description(double interval) {
  const std::string rates = "transmission: RATES rate_interval_ms: " + std::to_string(interval);
  const std::string text = R"(
    population { name: "input" size: 10 poisson_source {} }
    population { name: "hidden" size: 6 pyramidal { apical_conductance_per_ms: 0.6 } }
    population { name: "output" size: 3 output {} }
    projection { source: "input" target: "hidden" compartment: BASAL transmission: RATES }
    projection { source: "hidden" target: "output" compartment: DENDRITE )" +
                           rates + R"( }
    projection { source: "output" target: "hidden" compartment: APICAL )" +
                           rates + " }";
  proto::Network network;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &network));
  return network;
}

Parameters some_parameters(const proto::Network& network) {
  Parameters parameters = zero_parameters(network);
  parameters.weights[0] = random_weights(1, kPixels, kHidden, 1, 6);
  parameters.weights[1] = random_weights(2, kHidden, kOutputs, 1, 6);
  parameters.weights[2] = random_weights(3, kOutputs, kHidden, 1, 6);
  std::fill_n(parameters.biases[1].begin(), kHidden, static_cast<float>(kBias));
  std::fill_n(parameters.biases[2].begin(), kOutputs, static_cast<float>(kBias));
  return parameters;
}

std::vector<std::uint8_t> some_image(int shift) {
  std::vector<std::uint8_t> image(kPixels);
  for (std::size_t j = 0; j < kPixels; ++j) {
    image[j] = static_cast<std::uint8_t>((j + static_cast<std::size_t>(shift)) % 4 * 80);
  }
  return image;
}

// The network with rates that are transmitted continuously:
//   dV/dt = -1.3 V + 0.6 (W phi_input + b) + 0.6 Y phi(U),  dU/dt = -0.7 U + 0.6 (W' phi(V) + b).
class Continuous {
 public:
  explicit Continuous(const Parameters& parameters)
      : parameters_(parameters), state_(kHidden + kOutputs) {
    std::fill_n(state_.begin(), kHidden, 0.6 * kBias / 1.3);
    std::fill_n(state_.begin() + kHidden, kOutputs, 0.6 * kBias / 0.7);
  }

  void show(const std::vector<std::uint8_t>& image) {
    input_.assign(kHidden, 0);
    for (std::size_t j = 0; j < kPixels; ++j) {
      for (std::size_t i = 0; i < kHidden; ++i) {
        input_[i] += static_cast<double>(parameters_.weights[0].row(j)[i]) * 0.2 * image[j] / 255;
      }
    }
  }

  // Runge-Kutta in steps of 0.01 ms.
  void advance(double length) {
    const auto steps = static_cast<int>(std::lround(length / 0.01));
    const double h = length / steps;
    for (int n = 0; n < steps; ++n) {
      const auto moved = [&](const std::vector<double>& slope, double by) {
        std::vector<double> x = state_;
        for (std::size_t k = 0; k < x.size(); ++k) x[k] += by * slope[k];
        return x;
      };
      const auto k1 = slope(state_);
      const auto k2 = slope(moved(k1, h / 2));
      const auto k3 = slope(moved(k2, h / 2));
      const auto k4 = slope(moved(k3, h));
      for (std::size_t k = 0; k < state_.size(); ++k) {
        state_[k] += h / 6 * (k1[k] + 2 * k2[k] + 2 * k3[k] + k4[k]);
      }
    }
  }

  const std::vector<double>& state() const { return state_; }

 private:
  std::vector<double> slope(const std::vector<double>& x) const {
    const auto rate = [](double v) { return 0.2 / (1 + std::exp(-v)); };
    std::vector<double> result(x.size());
    for (std::size_t i = 0; i < kHidden; ++i) {
      result[i] = -1.3 * x[i] + 0.6 * (input_[i] + kBias);
      for (std::size_t k = 0; k < kOutputs; ++k) {
        result[i] +=
            kApical * static_cast<double>(parameters_.weights[2].row(k)[i]) * rate(x[kHidden + k]);
      }
    }
    for (std::size_t k = 0; k < kOutputs; ++k) {
      result[kHidden + k] = -0.7 * x[kHidden + k] + 0.6 * kBias;
      for (std::size_t i = 0; i < kHidden; ++i) {
        result[kHidden + k] +=
            0.6 * static_cast<double>(parameters_.weights[1].row(i)[k]) * rate(x[i]);
      }
    }
    return result;
  }

  const Parameters& parameters_;
  std::vector<double> state_;
  std::vector<double> input_;
};

std::vector<float> potentials(Network& network) {
  std::vector<float> all(kHidden + kOutputs);
  const Time now = network.simulation().now();
  network.spiking_populations()[0]->potentials(now, std::span(all).first(kHidden));
  network.spiking_populations()[1]->potentials(now, std::span(all).subspan(kHidden));
  return all;
}

// The largest difference while potentials move, and once they stand still.
struct Errors {
  double moving = 0;
  double still = 0;
};

Errors errors_of(double interval) {
  const proto::Network file = description(interval);
  const Parameters parameters = some_parameters(file);
  Network network(file, parameters, 1);
  Continuous reference(parameters);
  Errors errors;
  for (int image = 0; image < 3; ++image) {
    const Time start = 60 * image;
    network.input().set_rates(start, some_image(image));
    reference.show(some_image(image));
    for (int k = 1; k <= 60; ++k) {
      network.simulation().run_until(start + k);
      reference.advance(1);
      const auto v = potentials(network);
      for (std::size_t i = 0; i < v.size(); ++i) {
        const double error = std::abs(static_cast<double>(v[i]) - reference.state()[i]);
        errors.moving = std::max(errors.moving, error);
        if (k == 60) errors.still = std::max(errors.still, error);
      }
    }
  }
  return errors;
}

TEST(RateTransmissionTest, ComesNearToContinuousTransmissionInProportionToTheInterval) {
  const Errors coarse = errors_of(0.8);
  const Errors middle = errors_of(0.2);
  const Errors fine = errors_of(0.05);
  EXPECT_LT(coarse.moving, 0.2);
  EXPECT_NEAR(coarse.moving / middle.moving, 4, 1);
  EXPECT_NEAR(middle.moving / fine.moving, 4, 1);
  for (const Errors& each : {coarse, middle, fine}) EXPECT_LT(each.still, 5e-6);
}

// Nothing but rates reaches the somata, so seeds do not matter.
TEST(RateTransmissionTest, PotentialsHaveNoNoise) {
  const proto::Network file = description(0.5);
  const Parameters parameters = some_parameters(file);
  std::vector<std::vector<float>> results;
  for (const std::uint64_t seed : {1, 2}) {
    Network network(file, parameters, seed);
    network.input().set_rates(0, some_image(0));
    network.simulation().run_until(77.7);
    results.push_back(potentials(network));
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_NEAR(results[0][i], results[1][i], 2e-6);
  }
}

TEST(RateTransmissionTest, NoBitDependsOnHowTimeIsCut) {
  const proto::Network file = description(0.5);
  const Parameters parameters = some_parameters(file);
  Network whole(file, parameters, 1);
  Network cut(file, parameters, 1);
  for (Network* network : {&whole, &cut}) network->input().set_rates(0, some_image(0));
  whole.simulation().run_until(150);
  for (int k = 1; k < 400; ++k) cut.simulation().run_until(k * 0.37);
  cut.simulation().run_until(150);
  EXPECT_EQ(potentials(whole), potentials(cut));
  EXPECT_EQ(whole.spikes(), cut.spikes());
}

TEST(RateTransmissionTest, RestartsAndClearsToRest) {
  const proto::Network file = description(0.5);
  const Parameters parameters = some_parameters(file);
  Network network(file, parameters, 1);
  const auto rest = potentials(network);
  const auto run = [&] {
    network.input().set_rates(0, some_image(0));
    network.simulation().run_until(40);
    return potentials(network);
  };
  const auto first = run();
  network.restart(3);
  EXPECT_EQ(potentials(network), rest);
  network.restart(0);
  EXPECT_EQ(run(), first);
  network.clear_state(40);
  EXPECT_EQ(potentials(network), rest);
}

// Means over a window, of what is held and of the potentials that follow.
TEST(RateTransmissionTest, WindowMeansAreThoseOfThePotentials) {
  const proto::Network file = description(0.5);
  const Parameters parameters = some_parameters(file);
  Network network(file, parameters, 1);
  SpikingPopulation& output = network.output();
  network.input().set_rates(0, some_image(0));
  network.simulation().run_until(3.3);
  output.open_window(3.3);
  // Midpoints within the intervals, none of which is cut.
  constexpr int kSteps = 2000;
  const double step = 30.0 / kSteps;
  std::vector<double> means(kOutputs);
  for (int n = 0; n < kSteps; ++n) {
    network.simulation().run_until(3.3 + (n + 0.5) * step);
    const auto v = potentials(network);
    for (std::size_t k = 0; k < kOutputs; ++k) {
      means[k] += static_cast<double>(v[kHidden + k]) / kSteps;
    }
  }
  network.simulation().run_until(33.3);
  output.close_window(33.3);
  AlignedFloats v(padded(kOutputs));
  output.somatic_mean(v);
  for (std::size_t k = 0; k < kOutputs; ++k) EXPECT_NEAR(v[k], means[k], 2e-5);
}

}  // namespace
}  // namespace apical
