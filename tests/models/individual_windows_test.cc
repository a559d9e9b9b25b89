#include "models/individual_windows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/models/driven_population.h"

namespace apical {
namespace {

constexpr std::uint32_t kSources = 4;
constexpr std::size_t kNeurons = 50;

proto::Pyramidal cut_off(double after_ms) {
  proto::Pyramidal pyramidal;
  pyramidal.mutable_postsynaptic_potential()->set_cut_off_ms(after_ms);
  return pyramidal;
}

// Against the sum of the closed integral of each spike's potential over each window, with what was
// under way before and in the order in which spikes come, a batch at a time.
class IndividualWindowsTest : public testing::TestWithParam<double> {};

TEST_P(IndividualWindowsTest, MeansAreThoseOfEachSpikesIntegral) {
  const AlignedFloats bias(padded(kNeurons), 0.0F);
  const proto::Pyramidal pyramidal = cut_off(GetParam());
  PyramidalPopulation target("hidden", kNeurons, pyramidal, bias, {});
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0, 2);
  DenseProjection projection("back", weights, target, proto::APICAL);
  IndividualWindows windows(projection);
  const PostsynapticPotential kernel = target.constants().kernel;
  const std::vector<Spike> spikes = random_spikes(2, kSources, 0.2, 400);
  RandomStream random({.seed = 3});

  std::size_t received = 0;
  const auto receive_until = [&](Time end) {
    while (received < spikes.size() && spikes[received].time < end) {
      std::size_t count = 0;
      while (count < 7 && received + count < spikes.size() && spikes[received + count].time < end) {
        ++count;
      }
      projection.receive(std::span(spikes).subspan(received, count));
      received += count;
    }
  };
  for (const Time start : {0.0, 60.0, 170.5, 300.0}) {
    receive_until(start);
    windows.begin(start);
    const Time length = 12 + 40 * random.uniform();
    std::vector<Time> ends(kNeurons);
    for (Time& end : ends) end = start + length + 30 * random.uniform();
    ends[0] = start + length;  // begins with the phase
    ends[1] = ends[2];
    receive_until(start + length + 30);
    std::vector<float> means(kNeurons, 0.5F);
    windows.add_means(ends, length, means);
    for (std::size_t i = 0; i < kNeurons; ++i) {
      double expected = 0.5;
      for (const Spike& spike : spikes) {
        expected += static_cast<double>(weights.row(spike.neuron)[i]) *
                    (kernel.integral(ends[i] - spike.time) -
                     kernel.integral(ends[i] - length - spike.time)) /
                    length;
      }
      EXPECT_NEAR(means[i], expected, 2e-6) << start << ", neuron " << i;
    }
  }
}

// In a phase of 4 s each spike's potential has e^-1333 of itself left at the end.
TEST_P(IndividualWindowsTest, PhasesMayBeLong) {
  constexpr Time kEnd = 4000;
  const AlignedFloats bias(padded(kNeurons), 0.0F);
  PyramidalPopulation target("hidden", kNeurons, cut_off(GetParam()), bias, {});
  const DenseWeights weights = random_weights(1, kSources, kNeurons, 0, 2);
  DenseProjection projection("back", weights, target, proto::APICAL);
  IndividualWindows windows(projection);
  const PostsynapticPotential kernel = target.constants().kernel;
  windows.begin(0);
  const std::vector<Spike> spikes = random_spikes(2, kSources, 0.02, kEnd);
  projection.receive(spikes);
  std::vector<Time> ends(kNeurons);
  for (std::size_t i = 0; i < kNeurons; ++i) ends[i] = kEnd - 70.0 * static_cast<double>(i);
  std::vector<float> means(kNeurons);
  windows.add_means(ends, 30, means);
  for (std::size_t i = 0; i < kNeurons; ++i) {
    double expected = 0;
    for (const Spike& spike : spikes) {
      expected +=
          static_cast<double>(weights.row(spike.neuron)[i]) *
          (kernel.integral(ends[i] - spike.time) - kernel.integral(ends[i] - 30 - spike.time)) / 30;
    }
    EXPECT_NEAR(means[i], expected, 2e-6) << "neuron " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(, IndividualWindowsTest, testing::Values(0.0, 10.0, 25.0),
                         [](const auto& of) {
                           return of.param == 0 ? "Whole"
                                                : fmt::format("CutOffAfter{}ms", of.param);
                         });

}  // namespace
}  // namespace apical
