#include "models/spike_trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

#include "tests/models/clock_driven_reference.h"

namespace apical {
namespace {

constexpr PostsynapticPotential kKernel{10, 3};
constexpr std::uint32_t kNeurons = 10;

// s_j(now), summed spike by spike.
double exact_sum(std::span<const Spike> spikes, std::uint32_t neuron, Time now) {
  double sum = 0;
  for (const Spike& spike : spikes) {
    if (spike.neuron == neuron && spike.time < now) sum += kKernel.value(now - spike.time);
  }
  return sum;
}

double exact_mean(std::span<const Spike> spikes, std::uint32_t neuron, Time start, Time end) {
  double sum = 0;
  for (const Spike& spike : spikes) {
    if (spike.neuron != neuron || spike.time >= end) continue;
    sum += kKernel.integral(end - spike.time) - kKernel.integral(start - spike.time);
  }
  return sum / (end - start);
}

std::span<const Spike> between(const std::vector<Spike>& spikes, Time start, Time end) {
  const auto at = [&](Time time) {
    return std::ranges::lower_bound(spikes, time, {}, &Spike::time);
  };
  return {at(start), at(end)};
}

// At 100 Hz, and at 2 Hz with long silences, over many moves of the origin.
TEST(SpikeTraceTest, PotentialsAreSumsOverSpikes) {
  for (const double rate : {0.1, 0.002}) {
    const auto spikes = random_spikes(1, kNeurons, rate, 3000);
    SpikeTrace trace(kNeurons, kKernel);
    std::vector<float> s(kNeurons);
    Time last = 0;
    for (const Time now : {0.5, 7.0, 119.0, 121.0, 500.0, 2999.0}) {
      trace.add(between(spikes, last, now));
      last = now;
      trace.potentials(now, s);
      for (std::uint32_t j = 0; j < kNeurons; ++j) {
        const double exact = exact_sum(spikes, j, now);
        EXPECT_NEAR(s[j], exact, 1e-6) << now;
      }
    }
  }
}

TEST(SpikeTraceTest, WindowMeansAreIntegralsOfSpikesOnBothSides) {
  for (const double rate : {0.1, 0.002}) {
    const auto spikes = random_spikes(2, kNeurons, rate, 2000);
    SpikeTrace trace(kNeurons, kKernel);
    Time last = 0;
    // Windows next to each other, far apart, short and long.
    const std::pair<Time, Time> windows[] = {
        {0, 20}, {20, 41.5}, {90, 90.1}, {300, 1300}, {1900, 1950}};
    for (const auto& [start, end] : windows) {
      trace.add(between(spikes, last, start));
      trace.open_window(start);
      trace.add(between(spikes, start, end));
      trace.close_window(end);
      last = end;
      for (std::uint32_t j = 0; j < kNeurons; ++j) {
        // A float's share of the largest term, the count of spikes.
        const double tolerance = 3e-6 / std::min(1.0, end - start);
        EXPECT_NEAR(trace.window_mean()[j], exact_mean(spikes, j, start, end), tolerance)
            << start << ' ' << end;
      }
    }
  }
}

// Two ways to the same number: the closed form and the mean of many samples.
TEST(SpikeTraceTest, WindowMeanIsTheMeanOfSamples) {
  const auto spikes = random_spikes(3, kNeurons, 0.05, 100);
  SpikeTrace trace(kNeurons, kKernel);
  trace.add(between(spikes, 0, 50));
  trace.open_window(50);
  std::vector<double> mean(kNeurons);
  std::vector<float> s(kNeurons);
  constexpr int kSamples = 20000;
  Time last = 50;
  for (int n = 0; n < kSamples; ++n) {
    const Time now = 50 + 50 * (n + 0.5) / kSamples;
    trace.add(between(spikes, last, now));
    last = now;
    trace.potentials(now, s);
    for (std::uint32_t j = 0; j < kNeurons; ++j) mean[j] += s[j] / kSamples;
  }
  trace.add(between(spikes, last, 100));
  trace.close_window(100);
  for (std::uint32_t j = 0; j < kNeurons; ++j) {
    EXPECT_NEAR(trace.window_mean()[j], mean[j], 2e-6);
  }
}

TEST(SpikeTraceTest, LongSilenceLeavesExactlyNothing) {
  SpikeTrace trace(2, kKernel);
  const std::vector<Spike> spikes = {{1.0, 0}, {2.0, 0}};
  trace.add(spikes);
  trace.open_window(100000);
  trace.close_window(100050);
  EXPECT_EQ(trace.window_mean()[0], 0.0F);
  EXPECT_EQ(trace.window_mean()[1], 0.0F);
}

TEST(SpikeTraceTest, NoBitDependsOnHowSpikesAreCutIntoBatches) {
  const auto spikes = random_spikes(4, kNeurons, 0.05, 2000);
  SpikeTrace whole(kNeurons, kKernel);
  whole.add(spikes);
  SpikeTrace cut(kNeurons, kKernel);
  for (std::size_t at = 0, n = 1; at < spikes.size(); at += n, n = n % 130 + 1) {
    cut.add(std::span(spikes).subspan(at, std::min(n, spikes.size() - at)));
  }
  std::vector<float> a(kNeurons);
  std::vector<float> b(kNeurons);
  whole.potentials(2000, a);
  cut.potentials(2000, b);
  EXPECT_EQ(a, b);
}

TEST(SpikeTraceTest, WeightedSumsAreExponentialSums) {
  const auto spikes = random_spikes(5, kNeurons, 0.05, 500);
  SpikeTrace trace(kNeurons, kKernel);
  trace.add(spikes);
  std::vector<float> values(kNeurons);
  double leak = 0;
  double synapse = 0;
  for (std::uint32_t j = 0; j < kNeurons; ++j) values[j] = std::sin(1.0F + static_cast<float>(j));
  for (const Spike& spike : spikes) {
    leak += values[spike.neuron] * std::exp((spike.time - 501) / kKernel.tau_leak_ms);
    synapse += values[spike.neuron] * std::exp((spike.time - 501) / kKernel.tau_synapse_ms);
  }
  const auto sums = trace.weighted_sums(501, values);
  EXPECT_NEAR(sums.leak, leak, 1e-5);
  EXPECT_NEAR(sums.synapse, synapse, 1e-5);
}

TEST(SpikeTraceTest, ClearForgetsAllSpikes) {
  SpikeTrace trace(1, kKernel);
  const Spike spike{1.0, 0};
  trace.add(std::span(&spike, 1));
  trace.clear(2);
  std::vector<float> s(1);
  trace.potentials(5, s);
  EXPECT_EQ(s[0], 0.0F);
}

}  // namespace
}  // namespace apical
