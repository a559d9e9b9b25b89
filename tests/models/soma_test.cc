#include "models/soma.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/spike_trace.h"
#include "tests/models/clock_driven_reference.h"

namespace apical {
namespace {

constexpr PostsynapticPotential kKernel{10, 3};
constexpr std::uint32_t kSources = 20;
constexpr std::size_t kNeurons = 21;

// Adds spikes, at most `at_once` to a stretch.
void add_spikes(Soma& soma, const DenseWeights& weights, float conductance,
                std::span<const Spike> spikes, std::size_t at_once = Soma::Stretch::kMaxArrivals) {
  const auto stretch = std::make_unique<Soma::Stretch>();
  while (!spikes.empty()) {
    if (spikes.front().time > soma.origin_end()) soma.move_origin(spikes.front().time);
    std::size_t& count = stretch->arrivals;
    for (count = 0; count < std::min(at_once, spikes.size()); ++count) {
      const Spike& spike = spikes[count];
      if (spike.time > soma.origin_end()) break;
      stretch->arrival_times[count] = spike.time;
      stretch->conductances[count] = conductance;
      stretch->rows[count] = weights.row(spike.neuron);
    }
    soma.run(*stretch);
    spikes = spikes.subspan(count);
  }
}

std::vector<float> potentials(const Soma& soma, Time now) {
  std::vector<float> v(soma.neurons());
  soma.potentials(now, v);
  return v;
}

AlignedFloats levels(float value) { return AlignedFloats(padded(kNeurons), value); }

// dV/dt = -g V + g_c w kappa(t - t_0), by variation of constants.
double one_spike(double g, double g_c, double weight, double t) {
  const auto part = [&](double rate) {
    return (std::exp(-rate * t) - std::exp(-g * t)) / (g - rate);
  };
  return weight * g_c * kKernel.scale() *
         (part(kKernel.leak_rate()) - part(kKernel.synapse_rate()));
}

TEST(SomaTest, ResponseToOneSpikeIsTheClosedForm) {
  for (const double g : {0.05, 0.3, 0.7, 0.75, 1.3, 1.7}) {
    // Modes cancel, so that errors are a share of the largest of them.
    const double largest =
        0.6 * kKernel.scale() / std::min(std::fabs(g - 0.1), std::fabs(g - 1.0 / 3));
    for (const Time at : {0.0, 3.0, 16.0}) {
      Soma soma(kNeurons, kKernel, g);
      const DenseWeights weights = random_weights(1, 1, kNeurons, 0, 2);
      const Spike spike{at, 0};
      add_spikes(soma, weights, 0.6F, std::span(&spike, 1));
      for (const Time after : {0.0, 0.1, 1.0, 5.0, 20.0, 60.0}) {
        const auto v = potentials(soma, at + after);
        for (std::size_t i = 0; i < kNeurons; ++i) {
          const float weight = weights.row(0)[i];
          EXPECT_NEAR(v[i], one_spike(g, 0.6, weight, after),
                      1e-6 * (1 + std::fabs(weight) * largest))
              << g << ' ' << at << ' ' << after;
        }
      }
    }
  }
}

// A population's constants: pyramidal with three apical conductances, output in both phases.
struct Constants {
  const char* name;
  double g;    // of the whole soma
  double g_b;  // of the first compartment
  double g_a;  // of the second
};
constexpr Constants kConstants[] = {{"segregated", 0.7, 0.6, 0},
                                    {"weak apical", 0.75, 0.6, 0.05},
                                    {"strong apical", 1.3, 0.6, 0.6},
                                    {"output", 0.7, 0.6, 0},
                                    {"taught output", 1.7, 0.6, 0}};

// 500 ms at 50 Hz a source; potentials differ between neurons and fluctuate by a unit each.
TEST(SomaTest, FollowsTheDifferentialEquations) {
  for (const Constants& c : kConstants) {
    SCOPED_TRACE(c.name);
    const DenseWeights weights = random_weights(2, kSources, kNeurons, 1, 10);
    const DenseWeights feedback = random_weights(3, kSources, kNeurons, 0, 2);
    const auto conductance = static_cast<float>(c.g_b);
    Soma soma(kNeurons, kKernel, c.g);
    ClockDrivenReference reference(kNeurons, kKernel, c.g, {{&weights, c.g_b}, {&feedback, c.g_a}},
                                   0.02);
    soma.set_level(0, levels(0.8F));
    reference.set_current(std::vector<double>(kNeurons, static_cast<double>(0.8F) * c.g));
    const auto spikes = random_spikes(4, kSources, 0.05, 500);
    std::size_t n = 0;
    double worst = 0;
    for (const Spike& spike : spikes) {
      const std::size_t input = c.g_a > 0 && ++n % 3 == 0 ? 1 : 0;
      reference.advance(spike.time);
      reference.spike(input, spike.neuron);
      add_spikes(soma, input == 0 ? weights : feedback,
                 input == 0 ? conductance : static_cast<float>(c.g_a), std::span(&spike, 1));
      const auto v = potentials(soma, spike.time);
      for (std::size_t i = 0; i < kNeurons; ++i) {
        worst = std::max(worst, std::fabs(v[i] - reference.potential(i)));
      }
    }
    EXPECT_LT(worst, 2e-5);
    RecordProperty(std::string(c.name) + ", 1e-9", static_cast<int>(worst * 1e9));
  }
}

// The plain clock-driven scheme (Euler, spikes at the next step) has errors of the order of its
// step: as the step shrinks, it comes to us and not to something else.
TEST(SomaTest, TheClockDrivenSchemeConvergesToTheExactSolution) {
  const DenseWeights weights = random_weights(2, kSources, kNeurons, 1, 10);
  const auto spikes = random_spikes(4, kSources, 0.05, 100);
  std::vector<double> worst;
  for (const Time step : {0.1, 0.01, 0.001}) {
    Soma soma(kNeurons, kKernel, 0.7);
    ClockDrivenReference clock(kNeurons, kKernel, 0.7, {{&weights, 0.6}}, step,
                               ClockDrivenReference::Method::kEuler);
    std::size_t sent = 0;
    worst.push_back(0);
    for (int ms = 1; ms <= 100; ++ms) {
      const auto steps = static_cast<int>(std::lround(1 / step));
      for (int k = 1; k <= steps; ++k) {
        clock.advance(ms - 1 + k * step);
        for (; sent < spikes.size() && spikes[sent].time <= clock.now(); ++sent) {
          clock.spike(0, spikes[sent].neuron);
          add_spikes(soma, weights, 0.6F, std::span(spikes).subspan(sent, 1));
        }
      }
      const auto v = potentials(soma, ms);
      for (std::size_t i = 0; i < kNeurons; ++i) {
        worst.back() = std::max(worst.back(), std::fabs(v[i] - clock.potential(i)));
      }
    }
    RecordProperty("step " + std::to_string(step) + ", 1e-9", static_cast<int>(worst.back() * 1e9));
  }
  EXPECT_NEAR(worst[0] / worst[1], 10, 3);
  EXPECT_NEAR(worst[1] / worst[2], 10, 3);
  EXPECT_LT(worst[2], 2e-3);
}

// A sudden change of constants: V is continuous, and from then on follows the new equations.
void check_change(double conductance_before, double conductance_after,
                  const std::function<void(Soma&, ClockDrivenReference&, DenseWeights&, Time,
                                           std::span<const Spike>)>& change) {
  constexpr Time kChange = 100.25;
  DenseWeights weights = random_weights(2, kSources, kNeurons, 0.5, 1.5);
  Soma soma(kNeurons, kKernel, conductance_before);
  ClockDrivenReference reference(kNeurons, kKernel, conductance_before, {{&weights, 0.6}}, 0.02);
  const auto before = random_spikes(4, kSources, 0.05, kChange);
  const auto after = random_spikes(5, kSources, 0.05, 200, kChange);
  add_spikes(soma, weights, 0.6F, before);
  reference.advance_through(before);
  reference.advance(kChange);
  const auto v_before = potentials(soma, kChange);
  change(soma, reference, weights, kChange, before);
  EXPECT_EQ(soma.conductance(), conductance_after);
  const auto v_after = potentials(soma, kChange);
  for (std::size_t i = 0; i < kNeurons; ++i) EXPECT_NEAR(v_after[i], v_before[i], 1e-5);
  for (const Spike& spike : after) {
    reference.advance(spike.time);
    reference.spike(0, spike.neuron);
    add_spikes(soma, weights, 0.6F, std::span(&spike, 1));
    const auto v = potentials(soma, spike.time);
    for (std::size_t i = 0; i < kNeurons; ++i) ASSERT_NEAR(v[i], reference.potential(i), 2e-5);
  }
}

TEST(SomaTest, ANewLevelIsApproachedWithoutAJump) {
  check_change(0.7, 0.7, [](auto& soma, auto& reference, auto&, Time now, auto) {
    soma.set_level(now, levels(-3));
    reference.set_current(std::vector<double>(kNeurons, -3 * 0.7));
  });
}

TEST(SomaTest, ANewConductanceTakesOverWithoutAJump) {
  check_change(0.7, 1.7, [](auto& soma, auto& reference, auto&, Time now, auto) {
    soma.set_conductance(now, 1.7);
    reference.set_conductance(1.7);
  });
  check_change(1.7, 0.7, [](auto& soma, auto& reference, auto&, Time now, auto) {
    soma.set_conductance(now, 0.7);
    reference.set_conductance(0.7);
  });
}

TEST(SomaTest, NewWeightsActOnPotentialsUnderWayWithoutAJump) {
  check_change(0.7, 0.7,
               [](Soma& soma, ClockDrivenReference&, DenseWeights& weights, Time now,
                  std::span<const Spike> before) {
                 SpikeTrace trace(kSources, kKernel);
                 trace.add(before);
                 AlignedFloats change(padded(kNeurons), 0.0F);
                 for (std::size_t i = 0; i < kNeurons; ++i)
                   change[i] = std::cos(static_cast<float>(i));
                 std::vector<float> sources(kSources);
                 for (std::size_t j = 0; j < kSources; ++j)
                   sources[j] = std::sin(static_cast<float>(j));
                 const auto sums = trace.weighted_sums(now, sources);
                 weights.add_outer_product(change, sources);
                 soma.change_weights(now, change, 0.6, sums.leak, sums.synapse);
               });
}

// Many spikes a stretch, fewer, one by one: the same bits.
TEST(SomaTest, NoBitDependsOnTheCuttingIntoStretches) {
  const DenseWeights weights = random_weights(2, kSources, kNeurons, 0.5, 1.5);
  const auto spikes = random_spikes(4, kSources, 0.05, 300);
  std::vector<std::vector<float>> v;
  for (const std::size_t at_once : {500U, 1U, 2U, 3U, 4U, 5U, 7U, 8U, 50U}) {
    Soma soma(kNeurons, kKernel, 1.3);
    add_spikes(soma, weights, 0.6F, spikes, at_once);
    v.push_back(potentials(soma, 300));
    EXPECT_EQ(v.back(), v.front()) << at_once;
  }
}

// Also at the very time of a spike, which has no effect yet.
TEST(SomaTest, ALookIsThePotentialAfterTheArrivalsBeforeIt) {
  const DenseWeights weights = random_weights(2, kSources, kNeurons, 0.5, 1.5);
  const float conductance = 0.6F;
  for (const std::size_t arrivals : {0U, 1U, 2U, 3U, 4U, 5U, 11U}) {
    auto spikes = random_spikes(4, kSources, 0.1, 10);
    ASSERT_GE(spikes.size(), arrivals);
    spikes.resize(arrivals);
    std::vector<Time> times = {0.0, 0.0, 4.5, 4.5, 9.0, 10.0, 11.0};
    for (const Spike& spike : spikes) times.insert(times.end(), 2, spike.time);
    std::ranges::sort(times);
    std::vector<std::uint32_t> neurons;
    for (std::size_t n = 0; n < times.size(); ++n) {
      neurons.push_back(static_cast<std::uint32_t>(n * 5 % kNeurons));
    }
    Soma soma(kNeurons, kKernel, 0.7);
    soma.set_level(0, levels(0.3F));
    const auto stretch = std::make_unique<Soma::Stretch>();
    for (const Spike& spike : spikes) {
      stretch->arrival_times[stretch->arrivals] = spike.time;
      stretch->conductances[stretch->arrivals] = conductance;
      stretch->rows[stretch->arrivals++] = weights.row(spike.neuron);
    }
    stretch->look_times = times;
    stretch->look_neurons = neurons;
    soma.run(*stretch);
    for (std::size_t n = 0; n < times.size(); ++n) {
      Soma added(kNeurons, kKernel, 0.7);
      added.set_level(0, levels(0.3F));
      const auto before =
          std::ranges::count_if(spikes, [&](const Spike& spike) { return spike.time < times[n]; });
      add_spikes(added, weights, conductance,
                 std::span(spikes).first(static_cast<std::size_t>(before)), 1);
      EXPECT_EQ(stretch->potentials[n], potentials(added, times[n])[neurons[n]])
          << arrivals << " arrivals, look " << n;
    }
  }
}

TEST(SomaTest, MovingTheOriginKeepsThePotential) {
  const DenseWeights weights = random_weights(2, kSources, kNeurons, 0.5, 1.5);
  const auto spikes = random_spikes(4, kSources, 0.05, 15);
  Soma soma(kNeurons, kKernel, 0.7);
  soma.set_level(0, levels(2));
  add_spikes(soma, weights, 0.6F, spikes);
  for (const Time now : {15.0, 15.5, 20.0, 45.0, 500.0}) {
    const auto before = potentials(soma, now);
    soma.move_origin(now);
    EXPECT_EQ(soma.origin(), now);
    const auto after = potentials(soma, now);
    for (std::size_t i = 0; i < kNeurons; ++i) EXPECT_NEAR(after[i], before[i], 1e-5);
  }
}

TEST(SomaTest, ClearPutsEveryNeuronAtItsLevel) {
  const DenseWeights weights = random_weights(2, kSources, kNeurons, 0.5, 1.5);
  Soma soma(kNeurons, kKernel, 0.7);
  soma.set_level(0, levels(1.5F));
  add_spikes(soma, weights, 0.6F, random_spikes(4, kSources, 0.05, 50));
  soma.clear(50);
  for (const Time now : {50.0, 51.0, 90.0}) {
    for (const float v : potentials(soma, now)) EXPECT_EQ(v, 1.5F);
  }
}

}  // namespace
}  // namespace apical
