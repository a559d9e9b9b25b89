#include "models/network.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/models/clock_driven_reference.h"

namespace apical {
namespace {

constexpr std::size_t kPixels = 30;
constexpr std::size_t kHidden = 20;
constexpr std::size_t kOutputs = 5;

proto::Network description(double apical_conductance, double delay = 0) {
  const std::string text = R"(
    population { name: "input" size: 30 poisson_source {} }
    population { name: "hidden" size: 20 pyramidal { apical_conductance_per_ms: )" +
                           std::to_string(apical_conductance) + R"( } }
    population { name: "output" size: 5 output {} }
    projection { name: "up" source: "input" target: "hidden" compartment: BASAL delay_ms: )" +
                           std::to_string(delay) + R"( }
    projection { name: "out" source: "hidden" target: "output" compartment: DENDRITE }
    projection { name: "back" source: "output" target: "hidden" compartment: APICAL })";
  proto::Network network;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &network));
  return network;
}

Parameters some_parameters(const proto::Network& network, double feedback) {
  Parameters parameters = zero_parameters(network);
  parameters.weights[0] = random_weights(1, kPixels, kHidden, 0.1, 1);
  parameters.weights[1] = random_weights(2, kHidden, kOutputs, 0.1, 1);
  parameters.weights[2] = random_weights(3, kOutputs, kHidden, 0.1, feedback);
  std::fill_n(parameters.biases[1].begin(), kHidden, 0.8F);
  std::fill_n(parameters.biases[2].begin(), kOutputs, 0.8F);
  return parameters;
}

std::vector<std::uint8_t> some_image() {
  std::vector<std::uint8_t> image(kPixels);
  for (std::size_t j = 0; j < kPixels; ++j) image[j] = static_cast<std::uint8_t>(j % 4 * 80);
  return image;
}

struct Collector final : SpikeReceiver {
  void receive(std::span<const Spike> batch) override {
    for (const Spike& spike : batch) {
      times.push_back(spike.time);
      neurons.push_back(spike.neuron);
    }
  }
  bool operator==(const Collector& other) const {
    return times == other.times && neurons == other.neurons;
  }
  std::vector<Time> times;
  std::vector<std::uint32_t> neurons;
};

struct RunningNetwork {
  explicit RunningNetwork(const proto::Network& description, const Parameters& parameters,
                          std::uint64_t seed = 1)
      : network(description, parameters, seed) {
    for (std::size_t p = 0; p < 3; ++p) network.population(p).add_receiver(sent[p]);
  }

  void until(Time end) { network.simulation().run_until(end); }
  std::vector<float> hidden() {
    std::vector<float> v(kHidden);
    network.spiking_populations()[0]->potentials(network.simulation().now(), v);
    return v;
  }

  Network network;
  Collector sent[3];
};

TEST(NetworkTest, ParametersHaveTheShapesOfTheFile) {
  const Parameters parameters = zero_parameters(description(0));
  ASSERT_EQ(parameters.weights.size(), 3U);
  EXPECT_EQ(parameters.weights[0].sources(), kPixels);
  EXPECT_EQ(parameters.weights[0].targets(), kHidden);
  EXPECT_EQ(parameters.weights[2].sources(), kOutputs);
  EXPECT_EQ(parameters.weights[2].targets(), kHidden);
  ASSERT_EQ(parameters.biases.size(), 3U);
  EXPECT_TRUE(parameters.biases[0].empty());
  EXPECT_EQ(parameters.biases[1].size(), padded(kHidden));
}

// Segregation: without apical conductance the soma is blind to feedback, down to the last bit.
TEST(NetworkTest, ASegregatedSomaIsBlindToFeedback) {
  for (const double conductance : {0.0, 0.6}) {
    const auto file = description(conductance);
    const Parameters with = some_parameters(file, 2);
    const Parameters without = some_parameters(file, 0);
    RunningNetwork a(file, with);
    RunningNetwork b(file, without);
    for (RunningNetwork* run : {&a, &b}) {
      run->network.input().set_rates(0, some_image());
      run->until(100);
    }
    EXPECT_GT(a.sent[2].times.size(), 10U);
    EXPECT_EQ(a.hidden() == b.hidden(), conductance == 0);
    EXPECT_EQ(a.sent[1] == b.sent[1], conductance == 0);
    // The apical compartment itself is not blind.
    for (RunningNetwork* run : {&a, &b}) {
      run->network.spiking_populations()[0]->open_window(100);
      run->until(120);
      run->network.spiking_populations()[0]->close_window(120);
    }
    AlignedFloats v_a(padded(kHidden));
    AlignedFloats v_b(padded(kHidden));
    a.network.spiking_populations()[0]->compartment_mean(proto::APICAL, v_a);
    b.network.spiking_populations()[0]->compartment_mean(proto::APICAL, v_b);
    EXPECT_NE(v_a, v_b);
  }
}

// The hidden layer of a network with a delay is, that much later, where the other one is.
TEST(NetworkTest, ADelayShiftsTheResponse) {
  constexpr Time kDelay = 7.25;
  const auto at_once = description(0);
  const auto later = description(0, kDelay);
  const Parameters parameters = some_parameters(at_once, 1);
  RunningNetwork a(at_once, parameters);
  RunningNetwork b(later, parameters);
  a.network.input().set_rates(0, some_image());
  b.network.input().set_rates(0, some_image());
  const auto rest = b.hidden();
  b.until(kDelay);
  EXPECT_EQ(b.hidden(), rest);
  for (int k = 1; k <= 100; ++k) {
    a.until(k);
    b.until(k + kDelay);
    const auto v_a = a.hidden();
    const auto v_b = b.hidden();
    for (std::size_t i = 0; i < kHidden; ++i) ASSERT_NEAR(v_a[i], v_b[i], 2e-5);
  }
  EXPECT_TRUE(std::ranges::equal(a.sent[0].times,
                                 std::span(b.sent[0].times).first(a.sent[0].times.size())));
}

TEST(NetworkTest, EverySpikeArrivesAtEveryTargetOnce) {
  const auto file = description(0.05);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork run(file, parameters);
  run.network.input().set_rates(0, some_image());
  run.until(200);
  const std::size_t spikes[3] = {run.sent[0].times.size(), run.sent[1].times.size(),
                                 run.sent[2].times.size()};
  for (std::size_t p = 0; p < 3; ++p) EXPECT_EQ(run.network.population(p).spikes(), spikes[p]);
  EXPECT_EQ(run.network.spikes(), spikes[0] + spikes[1] + spikes[2]);
  EXPECT_EQ(run.network.synaptic_events(),
            spikes[0] * kHidden + spikes[1] * kOutputs + spikes[2] * kHidden);
  // Arrivals and candidates; sources have no arrivals and all their candidates fire.
  EXPECT_EQ(run.network.population(0).events(), spikes[0]);
  EXPECT_GE(run.network.population(1).events(), spikes[0] + spikes[1] + spikes[2]);
  EXPECT_GE(run.network.population(2).events(), spikes[1] + spikes[2]);
}

TEST(NetworkTest, DelayedSpikesUnderWayHaveNotArrived) {
  const auto file = description(0, 10);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork run(file, parameters);
  run.network.input().set_rates(0, some_image());
  run.until(100);
  const auto arrived = static_cast<std::size_t>(std::ranges::upper_bound(run.sent[0].times, 90.0) -
                                                run.sent[0].times.begin());
  EXPECT_EQ(run.network.projection(0).synaptic_events(), arrived * kHidden);
}

// Hidden and output potentials against the equations, given the spikes that were sent.
TEST(NetworkTest, FollowsTheDifferentialEquations) {
  const auto file = description(0.6, 2.5);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork run(file, parameters);
  run.network.input().set_rates(0, some_image());
  const double current = 0.6 * static_cast<double>(0.8F);
  ClockDrivenReference hidden(kHidden, {10, 3}, 1.3,
                              {{&parameters.weights[0], 0.6}, {&parameters.weights[2], 0.6}}, 0.02);
  hidden.set_current(std::vector<double>(kHidden, current));
  for (std::size_t i = 0; i < kHidden; ++i) hidden.set_potential(i, current / 1.3);
  std::size_t forward = 0;
  std::size_t back = 0;
  for (int k = 1; k <= 150; ++k) {
    run.until(k);
    for (;;) {
      const Time next_forward =
          forward < run.sent[0].times.size() ? run.sent[0].times[forward] + 2.5 : kNever;
      const Time next_back = back < run.sent[2].times.size() ? run.sent[2].times[back] : kNever;
      if (std::min(next_forward, next_back) > k) break;
      hidden.advance(std::min(next_forward, next_back));
      if (next_forward < next_back) {
        hidden.spike(0, run.sent[0].neurons[forward++]);
      } else {
        hidden.spike(1, run.sent[2].neurons[back++]);
      }
    }
    hidden.advance(k);
    const auto v = run.hidden();
    for (std::size_t i = 0; i < kHidden; ++i) ASSERT_NEAR(v[i], hidden.potential(i), 2e-5);
  }
}

TEST(NetworkTest, RestartReproducesAndContextsDiffer) {
  const auto file = description(0.05, 1);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork run(file, parameters);
  const auto trial = [&](std::uint32_t context) {
    run.network.restart(context);
    EXPECT_EQ(run.network.simulation().now(), 0.0);
    for (Collector& each : run.sent) each = Collector();
    run.network.input().set_rates(0, some_image());
    run.until(30);
    run.network.output().teach(30, 2);
    run.until(100.0 + context);
    return std::vector<Collector>(run.sent, run.sent + 3);
  };
  const auto first = trial(0);
  const auto other = trial(1);
  EXPECT_TRUE(trial(0) == first);
  EXPECT_FALSE(other == first);
  RunningNetwork fresh(file, parameters);
  fresh.network.input().set_rates(0, some_image());
  fresh.until(30);
  fresh.network.output().teach(30, 2);
  fresh.until(100);
  for (std::size_t p = 0; p < 3; ++p) EXPECT_TRUE(fresh.sent[p] == first[p]);
}

TEST(NetworkTest, NoBitDependsOnHowTimeIsCut) {
  const auto file = description(0.6, 1);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork whole(file, parameters);
  RunningNetwork cut(file, parameters);
  whole.network.input().set_rates(0, some_image());
  cut.network.input().set_rates(0, some_image());
  whole.until(150);
  for (int k = 1; k < 400; ++k) cut.until(k * 0.37);
  cut.until(150);
  for (std::size_t p = 0; p < 3; ++p) EXPECT_TRUE(whole.sent[p] == cut.sent[p]);
  EXPECT_EQ(whole.hidden(), cut.hidden());
  EXPECT_EQ(whole.network.events(), cut.network.events());
}

TEST(NetworkTest, SeedsDiffer) {
  const auto file = description(0);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork a(file, parameters, 1);
  RunningNetwork b(file, parameters, 2);
  for (RunningNetwork* run : {&a, &b}) {
    run->network.input().set_rates(0, some_image());
    run->until(50);
  }
  for (std::size_t p = 0; p < 3; ++p) EXPECT_FALSE(a.sent[p] == b.sent[p]);
}

TEST(NetworkTest, ClearedItIsAtRestAndNothingIsUnderWay) {
  const auto file = description(0.6, 10);
  const Parameters parameters = some_parameters(file, 1);
  RunningNetwork run(file, parameters);
  const auto rest = run.hidden();
  run.network.input().set_rates(0, some_image());
  run.until(50);
  EXPECT_NE(run.hidden(), rest);
  run.network.clear_state(50);
  EXPECT_EQ(run.hidden(), rest);
  run.network.input().set_rates(50, std::vector<std::uint8_t>(kPixels, 0));
  std::fill_n(&run.sent[2], 1, Collector());
  const auto arrived = run.network.projection(0).synaptic_events();
  run.until(70);
  EXPECT_EQ(run.network.projection(0).synaptic_events(), arrived);
}

}  // namespace
}  // namespace apical
