#include "models/spiking_population.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/models/driven_population.h"
#include "tests/statistics.h"

namespace apical {
namespace {

constexpr PostsynapticPotential kKernel{10, 3};
constexpr std::uint32_t kSources = 20;

proto::Pyramidal pyramidal(const std::string& text = "") { return parsed<proto::Pyramidal>(text); }
proto::Output output(const std::string& text = "") { return parsed<proto::Output>(text); }

double logistic(double v) { return 1 / (1 + std::exp(-v)); }

// Each check of the tests of firing below has a false-alarm rate of 1e-6 over random seeds.
TEST(SpikingPopulationTest, FiresAtTheRateOfItsPotential) {
  constexpr std::size_t kNeurons = 50;
  constexpr Time kEnd = 2000;
  for (const double v : {-4.0, -1.0, 0.0, 1.0, 4.0}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      // At rest V = g_b b / g.
      DrivenPopulation<PyramidalPopulation> driven(kNeurons, pyramidal(), v * 0.7 / 0.6, seed);
      for (const float potential : driven.potentials()) ASSERT_NEAR(potential, v, 1e-6);
      driven.simulation().run_until(kEnd);
      const double expected = 0.2 * logistic(v) * kNeurons * kEnd;
      const auto spikes = static_cast<double>(driven.sent().size());
      EXPECT_LT(std::fabs(spikes - expected) / std::sqrt(expected), kNormalBound) << v;
      EXPECT_EQ(driven.population().spikes(), driven.sent().size());
      std::vector<double> counts(kNeurons, 0.0);
      for (const Spike& spike : driven.sent()) counts[spike.neuron] += 1;
      EXPECT_LT(chi_square_z(counts, std::vector<double>(kNeurons, spikes / kNeurons)),
                kUpperBound);
    }
  }
}

// Time rescaling (Brown et al. 2002): in units of the integral of its rate, a neuron's spikes are
// a Poisson process of rate 1. The integral is numerical, from the differential equations. The
// neurons' processes are put one after the other, which leaves a Poisson process.
TEST(SpikingPopulationTest, ThinningFollowsAPotentialThatVaries) {
  constexpr std::size_t kNeurons = 20;
  constexpr Time kEnd = 2000;
  constexpr Time kGrid = 0.1;
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0.0, 4.0);
  const auto drive = random_spikes(2, kSources, 0.03, kEnd);
  // integrals[k][i] at k kGrid.
  std::vector<std::vector<double>> integrals;
  ClockDrivenReference reference(kNeurons, kKernel, 0.7, {{&weights, 0.6}}, kGrid);
  std::size_t sent = 0;
  for (int k = 0; (k - 2) * kGrid <= kEnd; ++k) {
    for (; sent < drive.size() && drive[sent].time <= k * kGrid; ++sent) {
      reference.advance(drive[sent].time);
      reference.spike(0, drive[sent].neuron);
    }
    reference.advance(k * kGrid);
    auto& now = integrals.emplace_back(kNeurons);
    for (std::size_t i = 0; i < kNeurons; ++i) now[i] = 0.2 * reference.probability_integral(i);
  }
  const auto rescaled = [&](std::size_t neuron, Time time) {
    const auto k = static_cast<std::size_t>(time / kGrid);
    const double part = time / kGrid - static_cast<double>(k);
    return integrals[k][neuron] + part * (integrals[k + 1][neuron] - integrals[k][neuron]);
  };
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    DrivenPopulation<PyramidalPopulation> driven(kNeurons, pyramidal(), 0, seed);
    driven.drive(proto::BASAL, weights, drive);
    driven.simulation().run_until(kEnd);
    auto spikes = driven.sent();
    std::ranges::stable_sort(spikes, {}, &Spike::neuron);
    std::vector<double> start(kNeurons + 1, 0.0);
    for (std::size_t i = 0; i < kNeurons; ++i) start[i + 1] = start[i] + rescaled(i, kEnd);
    std::vector<double> intervals;
    std::vector<double> positions;
    double last = 0;
    for (const Spike& spike : spikes) {
      const double at = start[spike.neuron] + rescaled(spike.neuron, spike.time);
      intervals.push_back(-std::expm1(last - at));
      positions.push_back(at / start.back());
      last = at;
    }
    const auto count = static_cast<double>(spikes.size());
    EXPECT_LT(std::fabs(count - start.back()) / std::sqrt(start.back()), kNormalBound);
    EXPECT_LT(kolmogorov_statistic(intervals), kKolmogorovBound);
    EXPECT_LT(kolmogorov_statistic(positions), kKolmogorovBound);
  }
}

TEST(SpikingPopulationTest, WindowMeansOfAPyramidalAreThoseOfTheExactSolution) {
  constexpr std::size_t kNeurons = 21;
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0.5, 1.5);
  const DenseWeights feedback = random_weights(2, kSources, kNeurons, 0, 2);
  const auto basal_spikes = random_spikes(3, kSources, 0.05, 200);
  const auto apical_spikes = random_spikes(4, kSources, 0.05, 200);
  for (const double g_a : {0.0, 0.05, 0.6}) {
    SCOPED_TRACE(g_a);
    DrivenPopulation<PyramidalPopulation> driven(
        kNeurons, pyramidal("apical_conductance_per_ms: " + std::to_string(g_a)), 0.8, 1);
    driven.drive(proto::BASAL, weights, basal_spikes);
    driven.drive(proto::APICAL, feedback, apical_spikes);
    ClockDrivenReference reference(kNeurons, kKernel, 0.7 + g_a,
                                   {{&weights, 0.6}, {&feedback, g_a}}, 0.02);
    const double current = 0.6 * static_cast<double>(0.8F);
    reference.set_current(std::vector<double>(kNeurons, current));
    for (std::size_t i = 0; i < kNeurons; ++i) reference.set_potential(i, current / (0.7 + g_a));
    std::vector<std::pair<Spike, std::size_t>> both;
    both.reserve(basal_spikes.size() + apical_spikes.size());
    for (const Spike& spike : basal_spikes) both.emplace_back(spike, 0);
    for (const Spike& spike : apical_spikes) both.emplace_back(spike, 1);
    std::ranges::sort(both, {}, [](const auto& each) { return each.first.time; });
    std::size_t sent = 0;
    const auto advance = [&](Time to) {
      for (; sent < both.size() && both[sent].first.time <= to; ++sent) {
        reference.advance(both[sent].first.time);
        reference.spike(both[sent].second, both[sent].first.neuron);
      }
      reference.advance(to);
      driven.simulation().run_until(to);
    };
    advance(80);
    driven.population().open_window(80);
    std::vector<double> v(kNeurons);
    std::vector<double> basal(kNeurons);
    std::vector<double> apical(kNeurons);
    for (std::size_t i = 0; i < kNeurons; ++i) {
      EXPECT_NEAR(driven.potentials()[i], reference.potential(i), 2e-5);
      v[i] = -reference.potential_integral(i);
      basal[i] = -reference.input_integral(0, i);
      apical[i] = -reference.input_integral(1, i);
    }
    advance(102.5);
    driven.population().close_window(102.5);
    AlignedFloats somatic_mean(padded(kNeurons));
    AlignedFloats basal_mean(padded(kNeurons));
    AlignedFloats apical_mean(padded(kNeurons));
    driven.population().somatic_mean(somatic_mean);
    driven.population().compartment_mean(proto::BASAL, basal_mean);
    driven.population().compartment_mean(proto::APICAL, apical_mean);
    for (std::size_t i = 0; i < kNeurons; ++i) {
      EXPECT_NEAR(somatic_mean[i], (v[i] + reference.potential_integral(i)) / 22.5, 1e-5);
      EXPECT_NEAR(basal_mean[i], 0.8 + (basal[i] + reference.input_integral(0, i)) / 22.5, 1e-5);
      EXPECT_NEAR(apical_mean[i], (apical[i] + reference.input_integral(1, i)) / 22.5, 1e-5);
    }
  }
}

TEST(SpikingPopulationTest, TeachingAnOutputFollowsTheDifferentialEquations) {
  constexpr std::size_t kNeurons = 10;
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0.5, 1.5);
  const auto spikes = random_spikes(3, kSources, 0.05, 200);
  DrivenPopulation<OutputPopulation> driven(kNeurons, output(), 0.5, 1);
  driven.drive(proto::DENDRITE, weights, spikes);
  ClockDrivenReference reference(kNeurons, kKernel, 0.7, {{&weights, 0.6}}, 0.02);
  for (std::size_t i = 0; i < kNeurons; ++i) reference.set_potential(i, 0.3 / 0.7);
  reference.set_current(std::vector<double>(kNeurons, 0.3));
  std::size_t sent = 0;
  std::vector<double> integral(kNeurons);
  for (int k = 1; k <= 400; ++k) {
    const Time now = k * 0.5;
    for (; sent < spikes.size() && spikes[sent].time <= now; ++sent) {
      reference.advance(spikes[sent].time);
      reference.spike(0, spikes[sent].neuron);
    }
    reference.advance(now);
    driven.simulation().run_until(now);
    const auto v = driven.potentials();
    for (std::size_t i = 0; i < kNeurons; ++i) ASSERT_NEAR(v[i], reference.potential(i), 2e-5);
    if (now == 50) {
      driven.population().teach(now, 3);
      std::vector<double> current(kNeurons, 0.3 - 8);
      current[3] = 0.3 + 8;
      reference.set_current(current);
      reference.set_conductance(1.7);
    } else if (now == 80) {
      driven.population().open_window(now);
      for (std::size_t i = 0; i < kNeurons; ++i) integral[i] = reference.potential_integral(i);
    } else if (now == 100) {
      driven.population().close_window(now);
      AlignedFloats mean(padded(kNeurons));
      driven.population().somatic_mean(mean);
      for (std::size_t i = 0; i < kNeurons; ++i) {
        EXPECT_NEAR(mean[i], (reference.potential_integral(i) - integral[i]) / 20, 1e-5);
      }
      driven.population().stop_teaching(now);
      reference.set_current(std::vector<double>(kNeurons, 0.3));
      reference.set_conductance(0.7);
    }
  }
}

// A run, described by all its spikes and final potentials, to be compared to the last bit.
struct Outcome {
  std::vector<Time> times;
  std::vector<std::uint32_t> neurons;
  std::vector<float> potentials;
  std::uint64_t events = 0;
  bool operator==(const Outcome&) const = default;
};

enum class Recurrence { kNone, kAtOnce, kDelayed };

// `cut_off_ms` of the kernel, 0 for never.
Outcome run_cut(Recurrence recurrence, double cut_off_ms, Time max_run_ahead, Time cut,
                Time observed_every) {
  constexpr std::size_t kNeurons = 37;
  constexpr Time kEnd = 150;
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0.2, 1.5);
  const DenseWeights feedback = random_weights(2, kSources, kNeurons, 0, 2);
  const DenseWeights own = random_weights(3, kNeurons, kNeurons, 0, 0.5);
  DrivenPopulation<PyramidalPopulation> driven(
      kNeurons,
      pyramidal("apical_conductance_per_ms: 0.6 postsynaptic_potential { cut_off_ms: " +
                std::to_string(cut_off_ms) + " }"),
      0.8, 1, max_run_ahead);
  driven.drive(proto::BASAL, weights, random_spikes(4, kSources, 0.1, kEnd));
  driven.drive(proto::APICAL, feedback, random_spikes(5, kSources, 0.1, kEnd));
  if (recurrence != Recurrence::kNone) {
    driven.recur(proto::BASAL, own, recurrence == Recurrence::kDelayed ? 1.5 : 0);
  }
  const auto look = [&](Time now) {
    driven.population().catch_up(now);
    std::vector<float> v(kNeurons);
    driven.population().potentials(now, v);
  };
  AtTimes observer(observed_every > 0 ? grid(0.25, observed_every, kEnd) : std::vector<Time>{},
                   look);
  driven.simulation().add(observer);
  driven.synchronize(observer);
  for (Time now = cut; now < kEnd; now += cut) driven.simulation().run_until(now);
  driven.simulation().run_until(kEnd);
  Outcome run;
  for (const Spike& spike : driven.sent()) {
    run.times.push_back(spike.time);
    run.neurons.push_back(spike.neuron);
  }
  run.potentials = driven.potentials();
  run.events = driven.population().events();
  return run;
}

TEST(SpikingPopulationTest, NoBitDependsOnCuttingRunningAheadOrObservers) {
  for (const double cut_off : {0.0, 10.0}) {
    for (const auto recurrence : {Recurrence::kNone, Recurrence::kAtOnce, Recurrence::kDelayed}) {
      const Outcome whole = run_cut(recurrence, cut_off, 1e6, 1e6, 0);
      EXPECT_GT(whole.times.size(), 300U);
      EXPECT_TRUE(std::ranges::is_sorted(whole.times));
      EXPECT_EQ(run_cut(recurrence, cut_off, 0.5, 1e6, 0), whole);
      EXPECT_EQ(run_cut(recurrence, cut_off, 100, 0.37, 0), whole);
      EXPECT_EQ(run_cut(recurrence, cut_off, 100, 31.7, 0), whole);
      EXPECT_EQ(run_cut(recurrence, cut_off, 100, 1e6, 0.5), whole);
      EXPECT_EQ(run_cut(recurrence, cut_off, 100, 7.3, 3.1), whole);
    }
  }
}

// More arrivals at a time, and more candidates between two moves of the modes' origin, than a
// stretch holds, some of them simultaneous: cut into stretches that are full or into small ones,
// the same bits.
TEST(SpikingPopulationTest, NoBitDependsOnHowMuchAStretchHolds) {
  constexpr std::size_t kNeurons = 700;
  constexpr std::size_t kBurst = 3 * Soma::Stretch::kMaxArrivals + 7;
  constexpr Time kEnd = 60;
  const DenseWeights weights = random_weights(3, 40, kNeurons, 0, 0.05);
  std::vector<Spike> spikes;
  for (std::uint32_t k = 0; k < kBurst; ++k) spikes.push_back({10.0, k % 40});
  for (std::uint32_t k = 0; k < kBurst; ++k) spikes.push_back({10.0 + k * 0.01, k * 7 % 40});
  ThinningClock clock({.seed = 4, .purpose = Purpose::kSpikes}, kNeurons, 0.2);
  std::vector<Time> candidates;  // of the population below
  for (; clock.time() < kEnd; clock.pass(1)) candidates.push_back(clock.time());
  ASSERT_GT(candidates.size(), Soma::Stretch::kMaxLooks);
  for (std::size_t n = 0; n < candidates.size(); n += 50) {
    spikes.push_back({candidates[n], static_cast<std::uint32_t>(n % 40)});
  }
  std::ranges::stable_sort(spikes, {}, &Spike::time);
  const auto run = [&](Time max_run_ahead, Time step) {
    DrivenPopulation<PyramidalPopulation> driven(
        kNeurons, parsed<proto::Pyramidal>("apical_conductance_per_ms: 0"), 0.3, 4, max_run_ahead);
    driven.drive(proto::BASAL, weights, spikes);
    for (Time now = step; now < kEnd; now += step) driven.simulation().run_until(now);
    driven.simulation().run_until(kEnd);
    return std::pair(driven.sent(), driven.potentials());
  };
  const auto [sent, potentials] = run(1e6, kEnd);
  EXPECT_GT(sent.size(), candidates.size() / 10);
  for (const auto& [max_run_ahead, step] : {std::pair(1e6, 0.7), std::pair(0.3, kEnd)}) {
    const auto [sent_again, potentials_again] = run(max_run_ahead, step);
    ASSERT_EQ(sent_again.size(), sent.size());
    for (std::size_t n = 0; n < sent.size(); ++n) {
      ASSERT_EQ(sent_again[n].time, sent[n].time);
      ASSERT_EQ(sent_again[n].neuron, sent[n].neuron);
    }
    EXPECT_EQ(potentials_again, potentials);
  }
}

// Given the spikes that it did send, a population that projects to itself has the potentials of
// the differential equations with these as input.
TEST(SpikingPopulationTest, ItsOwnSpikesComeBack) {
  constexpr std::size_t kNeurons = 20;
  constexpr Time kEnd = 200;
  const DenseWeights own = random_weights(3, kNeurons, kNeurons, 0.1, 1);
  for (const Time delay : {0.0, 0.75, 5.0}) {
    SCOPED_TRACE(delay);
    DrivenPopulation<PyramidalPopulation> driven(kNeurons, pyramidal(), 0.8, 1);
    driven.recur(proto::BASAL, own, delay);
    ClockDrivenReference reference(kNeurons, kKernel, 0.7, {{&own, 0.6}}, 0.02);
    const double current = 0.6 * static_cast<double>(0.8F);
    reference.set_current(std::vector<double>(kNeurons, current));
    for (std::size_t i = 0; i < kNeurons; ++i) reference.set_potential(i, current / 0.7);
    std::size_t back = 0;
    for (int k = 1; k <= kEnd; ++k) {
      driven.simulation().run_until(k);
      const auto& sent = driven.sent();
      for (; back < sent.size() && sent[back].time + delay <= k; ++back) {
        reference.advance(sent[back].time + delay);
        reference.spike(0, sent[back].neuron);
      }
      reference.advance(k);
      const auto v = driven.potentials();
      for (std::size_t i = 0; i < kNeurons; ++i) ASSERT_NEAR(v[i], reference.potential(i), 2e-5);
    }
    EXPECT_GT(driven.sent().size(), 300U);
  }
}

TEST(SpikingPopulationTest, ChangedBiasesAndWeightsTakeOverWithoutAJump) {
  constexpr std::size_t kNeurons = 20;
  DenseWeights weights = random_weights(1, kSources, kNeurons, 0.5, 1.5);
  const auto spikes = random_spikes(3, kSources, 0.05, 200);
  DrivenPopulation<PyramidalPopulation> driven(kNeurons, pyramidal(), 0, 1);
  driven.drive(proto::BASAL, weights, spikes);
  ClockDrivenReference reference(kNeurons, kKernel, 0.7, {{&weights, 0.6}}, 0.02);
  std::vector<float> s(kSources);
  for (std::size_t j = 0; j < kSources; ++j) s[j] = std::sin(static_cast<float>(j));
  AlignedFloats change(padded(kNeurons), 0.0F);
  std::fill_n(change.begin(), kNeurons, 0.7F);
  std::size_t sent = 0;
  for (int k = 1; k <= 200; ++k) {
    for (; sent < spikes.size() && spikes[sent].time <= k; ++sent) {
      reference.advance(spikes[sent].time);
      reference.spike(0, spikes[sent].neuron);
    }
    reference.advance(k);
    driven.simulation().run_until(k);
    const auto v = driven.potentials();
    for (std::size_t i = 0; i < kNeurons; ++i) ASSERT_NEAR(v[i], reference.potential(i), 2e-5);
    if (k == 90) {
      std::fill_n(driven.bias().begin(), kNeurons, 2.0F);
      driven.population().bias_changed(k);
      reference.set_current(std::vector<double>(kNeurons, 1.2));
    } else if (k == 120) {
      weights.add_outer_product(change, s);
      driven.projection(0).weights_changed(k, change, s);
    }
    const auto after = driven.potentials();
    for (std::size_t i = 0; i < kNeurons; ++i) ASSERT_NEAR(after[i], v[i], 1e-5);
  }
}

TEST(SpikingPopulationTest, ClearedItIsAtRest) {
  constexpr std::size_t kNeurons = 20;
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0.5, 1.5);
  DrivenPopulation<PyramidalPopulation> driven(kNeurons, pyramidal(), 0.7, 1);
  const auto rest = driven.potentials();
  driven.drive(proto::BASAL, weights, random_spikes(3, kSources, 0.05, 50));
  driven.simulation().run_until(50);
  EXPECT_NE(driven.potentials(), rest);
  driven.population().clear_state(50);
  EXPECT_EQ(driven.potentials(), rest);
  driven.simulation().run_until(60);
  EXPECT_EQ(driven.potentials(), rest);
}

}  // namespace
}  // namespace apical
