#include "models/spike_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/models/clock_driven_reference.h"

namespace apical {
namespace {

constexpr std::uint32_t kNeurons = 10;

class SpikeTraceTest : public testing::TestWithParam<PostsynapticPotential> {
 protected:
  // s_j(now), summed spike by spike.
  double exact_sum(std::span<const Spike> spikes, std::uint32_t neuron, Time now) const {
    double sum = 0;
    for (const Spike& spike : spikes) {
      if (spike.neuron == neuron && spike.time < now) sum += kernel_.value(now - spike.time);
    }
    return sum;
  }

  double exact_mean(std::span<const Spike> spikes, std::uint32_t neuron, Time start,
                    Time end) const {
    double sum = 0;
    for (const Spike& spike : spikes) {
      if (spike.neuron != neuron || spike.time >= end) continue;
      sum += kernel_.integral(end - spike.time) - kernel_.integral(start - spike.time);
    }
    return sum / (end - start);
  }

  const PostsynapticPotential kernel_ = GetParam();
};

std::span<const Spike> between(const std::vector<Spike>& spikes, Time start, Time end) {
  const auto at = [&](Time time) {
    return std::ranges::lower_bound(spikes, time, {}, &Spike::time);
  };
  return {at(start), at(end)};
}

// At 100 Hz, and at 2 Hz with long silences, over many moves of the origin.
TEST_P(SpikeTraceTest, PotentialsAreSumsOverSpikes) {
  for (const double rate : {0.1, 0.002}) {
    const auto spikes = random_spikes(1, kNeurons, rate, 3000);
    SpikeTrace trace(kNeurons, kernel_);
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

TEST_P(SpikeTraceTest, WindowMeansAreIntegralsOfSpikesOnBothSides) {
  for (const double rate : {0.1, 0.002}) {
    const auto spikes = random_spikes(2, kNeurons, rate, 2000);
    SpikeTrace trace(kNeurons, kernel_);
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
TEST_P(SpikeTraceTest, WindowMeanIsTheMeanOfSamples) {
  const auto spikes = random_spikes(3, kNeurons, 0.05, 100);
  SpikeTrace trace(kNeurons, kernel_);
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
    // Samples of a kernel that jumps at its end are right to within one of them a spike.
    EXPECT_NEAR(trace.window_mean()[j], mean[j], kernel_.is_cut_off() ? 2e-5 : 2e-6);
  }
}

TEST_P(SpikeTraceTest, LongSilenceLeavesExactlyNothing) {
  SpikeTrace trace(2, kernel_);
  const std::vector<Spike> spikes = {{1.0, 0}, {2.0, 0}};
  trace.add(spikes);
  trace.open_window(100000);
  trace.close_window(100050);
  EXPECT_EQ(trace.window_mean()[0], 0.0F);
  EXPECT_EQ(trace.window_mean()[1], 0.0F);
}

TEST_P(SpikeTraceTest, NoBitDependsOnHowSpikesAreCutIntoBatches) {
  const auto spikes = random_spikes(4, kNeurons, 0.05, 2000);
  SpikeTrace whole(kNeurons, kernel_);
  whole.add(spikes);
  SpikeTrace cut(kNeurons, kernel_);
  for (std::size_t at = 0, n = 1; at < spikes.size(); at += n, n = n % 130 + 1) {
    cut.add(std::span(spikes).subspan(at, std::min(n, spikes.size() - at)));
  }
  std::vector<float> a(kNeurons);
  std::vector<float> b(kNeurons);
  whole.potentials(2000, a);
  cut.potentials(2000, b);
  EXPECT_EQ(a, b);
}

TEST_P(SpikeTraceTest, NoBitDependsOnLooks) {
  const auto spikes = random_spikes(6, kNeurons, 0.05, 500);
  SpikeTrace seen(kNeurons, kernel_);
  SpikeTrace alone(kNeurons, kernel_);
  std::vector<float> a(kNeurons);
  std::vector<float> b(kNeurons);
  for (SpikeTrace* trace : {&seen, &alone}) {
    trace->add(between(spikes, 0, 100));
    trace->open_window(100);
  }
  for (Time now = 100; now < 500; now += 1.7) {
    seen.add(between(spikes, now, std::min(now + 1.7, 500.0)));
    seen.potentials(std::min(now + 1.7, 500.0), a);
    seen.exponential_sums(std::min(now + 1.7, 500.0), a, b);
  }
  alone.add(between(spikes, 100, 500));
  for (SpikeTrace* trace : {&seen, &alone}) trace->close_window(500);
  EXPECT_TRUE(std::ranges::equal(seen.window_mean(), alone.window_mean()));
  seen.potentials(505, a);
  alone.potentials(505, b);
  EXPECT_EQ(a, b);
}

TEST_P(SpikeTraceTest, WeightedSumsAreExponentialSums) {
  const auto spikes = random_spikes(5, kNeurons, 0.05, 500);
  SpikeTrace trace(kNeurons, kernel_);
  trace.add(spikes);
  std::vector<float> values(kNeurons);
  double leak = 0;
  double synapse = 0;
  for (std::uint32_t j = 0; j < kNeurons; ++j) values[j] = std::sin(1.0F + static_cast<float>(j));
  for (const Spike& spike : spikes) {
    if (kernel_.is_cut_off() && 501 - spike.time >= kernel_.cut_off_ms) continue;
    leak += values[spike.neuron] * std::exp((spike.time - 501) / kernel_.tau_leak_ms);
    synapse += values[spike.neuron] * std::exp((spike.time - 501) / kernel_.tau_synapse_ms);
  }
  const auto sums = trace.weighted_sums(501, values);
  EXPECT_NEAR(sums.leak, leak, 1e-5);
  EXPECT_NEAR(sums.synapse, synapse, 1e-5);
}

TEST_P(SpikeTraceTest, ClearForgetsAllSpikes) {
  SpikeTrace trace(1, kernel_);
  const Spike spike{1.0, 0};
  trace.add(std::span(&spike, 1));
  trace.clear(2);
  std::vector<float> s(1);
  trace.potentials(5, s);
  EXPECT_EQ(s[0], 0.0F);
}

INSTANTIATE_TEST_SUITE_P(, SpikeTraceTest,
                         testing::Values(PostsynapticPotential{10, 3},
                                         PostsynapticPotential{10, 3, 10},
                                         PostsynapticPotential{10, 3, 60}),
                         [](const auto& each) {
                           return each.param.is_cut_off()
                                      ? "CutOffAfter" +
                                            std::to_string(static_cast<int>(each.param.cut_off_ms))
                                      : std::string("NeverCutOff");
                         });

}  // namespace
}  // namespace apical
