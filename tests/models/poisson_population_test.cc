#include "models/poisson_population.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "simulator/simulation.h"
#include "tests/statistics.h"

namespace apical {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2, 3, 4};
constexpr double kMaxRate = 0.2;

struct Collector final : SpikeReceiver {
  void receive(std::span<const Spike> batch) override {
    spikes.insert(spikes.end(), batch.begin(), batch.end());
  }
  std::vector<Spike> spikes;
};

struct Source {
  Source(std::size_t size, std::uint64_t seed, Time run_ahead = 100)
      : simulation(run_ahead),
        population("source", size, kMaxRate, {.seed = seed, .purpose = Purpose::kSpikes}) {
    population.add_receiver(collector);
    simulation.add(population);
  }
  Simulation simulation;
  PoissonPopulation population;
  Collector collector;
};

std::vector<std::uint8_t> some_image() {
  std::vector<std::uint8_t> image(300, 0);
  for (std::size_t j = 100; j < image.size(); ++j) image[j] = static_cast<std::uint8_t>(j - 45);
  image[50] = 1;
  return image;
}

// Each check of the tests below has a false-alarm rate of 1e-6 over random seeds.
TEST(PoissonPopulationTest, RatesAreProportionalToPixels) {
  const auto image = some_image();
  constexpr Time kEnd = 20000;
  for (const std::uint64_t seed : kSeeds) {
    Source source(image.size(), seed);
    source.population.set_rates(0, image);
    source.simulation.run_until(kEnd);
    std::vector<double> counts(image.size(), 0.0);
    for (const Spike& spike : source.collector.spikes) counts[spike.neuron] += 1;
    std::vector<double> active;
    std::vector<double> expected;
    double total = 0;
    for (std::size_t j = 0; j < image.size(); ++j) {
      if (image[j] == 0) {
        ASSERT_EQ(counts[j], 0.0) << "silent neuron " << j << " fired";
        continue;
      }
      active.push_back(counts[j]);
      expected.push_back(kMaxRate * image[j] / 255 * kEnd);
      total += expected.back();
    }
    const auto spikes = static_cast<double>(source.collector.spikes.size());
    EXPECT_LT(std::fabs(spikes - total) / std::sqrt(total), kNormalBound);
    for (double& each : expected) each *= spikes / total;
    EXPECT_LT(chi_square_z(active, expected), kUpperBound);
  }
}

TEST(PoissonPopulationTest, CountsArePoisson) {
  // 5,000 bins of 10 ms of a neuron among others: the mean and the variance are 2 and the
  // intervals are exponential.
  const std::vector<std::uint8_t> image = {100, 255, 0, 30};
  constexpr int kBins = 5000;
  for (const std::uint64_t seed : kSeeds) {
    Source source(image.size(), seed);
    source.population.set_rates(0, image);
    source.simulation.run_until(10 * kBins);
    std::vector<double> counts(kBins, 0.0);
    std::vector<double> uniform;
    Time last = 0;
    for (const Spike& spike : source.collector.spikes) {
      if (spike.neuron != 1) continue;
      counts[static_cast<std::size_t>(spike.time / 10)] += 1;
      uniform.push_back(-std::expm1(-(spike.time - last) * kMaxRate));
      last = spike.time;
    }
    const Moments moments = moments_of(counts);
    const double n = std::sqrt(static_cast<double>(kBins));
    EXPECT_LT(std::fabs(moments.mean - 2) * n / std::sqrt(2.0), kNormalBound);
    // The fourth central moment of a Poisson variable is m + 3 m^2.
    EXPECT_LT(std::fabs(moments.variance - 2) * n / std::sqrt(2.0 + 2 * 4), kNormalBound);
    EXPECT_LT(kolmogorov_statistic(uniform), kKolmogorovBound);
  }
}

TEST(PoissonPopulationTest, RatesChangeAtOnce) {
  for (const std::uint64_t seed : kSeeds) {
    Source source(2, seed);
    source.population.set_rates(0, std::vector<std::uint8_t>{255, 0});
    source.simulation.run_until(5000);
    source.population.set_rates(5000, std::vector<std::uint8_t>{0, 51});
    source.simulation.run_until(10000);
    source.population.set_rates(10000, std::vector<std::uint8_t>{0, 0});
    EXPECT_EQ(source.population.next(), kNever);
    source.simulation.run_until(15000);
    double counts[2] = {0, 0};
    for (const Spike& spike : source.collector.spikes) {
      ASSERT_EQ(spike.neuron, spike.time <= 5000 ? 0U : 1U);
      ASSERT_LE(spike.time, 10000.0);
      counts[spike.neuron] += 1;
    }
    EXPECT_LT(std::fabs(counts[0] - 1000) / std::sqrt(1000.0), kNormalBound);
    EXPECT_LT(std::fabs(counts[1] - 200) / std::sqrt(200.0), kNormalBound);
    EXPECT_EQ(source.population.spikes(), source.collector.spikes.size());
  }
}

TEST(PoissonPopulationTest, SpikesAreInOrderAndDoNotDependOnCutting) {
  const auto image = some_image();
  Source whole(image.size(), 1);
  Source cut(image.size(), 1, 0.7);
  whole.population.set_rates(0, image);
  cut.population.set_rates(0, image);
  whole.simulation.run_until(200);
  for (int k = 1; k <= 400; ++k) cut.simulation.run_until(k * 0.5);
  const auto& a = whole.collector.spikes;
  const auto& b = cut.collector.spikes;
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    ASSERT_EQ(a[n].time, b[n].time);
    ASSERT_EQ(a[n].neuron, b[n].neuron);
    ASSERT_GE(a[n].time, n == 0 ? 0 : a[n - 1].time);
  }
}

TEST(PoissonPopulationTest, RestartIsSilentAndReproduces) {
  const auto image = some_image();
  Source source(image.size(), 1);
  const auto run = [&](std::uint32_t context) {
    source.simulation.restart();
    source.population.restart(context);
    EXPECT_EQ(source.population.next(), kNever);
    source.collector.spikes.clear();
    source.population.set_rates(0, image);
    source.simulation.run_until(100);
    std::vector<Time> times;
    times.reserve(source.collector.spikes.size());
    for (const Spike& spike : source.collector.spikes) times.push_back(spike.time);
    return times;
  };
  const auto first = run(0);
  const auto other = run(1);
  EXPECT_EQ(first, run(0));
  EXPECT_NE(first, other);
}

}  // namespace
}  // namespace apical
