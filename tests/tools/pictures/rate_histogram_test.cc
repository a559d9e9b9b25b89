#include "tools/pictures/rate_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"
#include "tools/pictures/recorded_neurons.h"

namespace apical {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

// Forward phases of 50 and 50 ms, target phases of 50 and 150 ms.
RecordedSpikes two_trials() {
  return {.populations = {{"input", 2, {0, 49.9, 50, 100, 299}, {0, 0, 1, 1, 1}},
                          {"output", 1, {}, {}}},
          .trials = {.start_ms = {0, 100},
                     .target_start_ms = {50, 150},
                     .end_ms = {100, 300},
                     .index = {7, 8},
                     .label = {3, 9}}};
}

class RateHistogram : public TestWithFolder {
 protected:
  std::vector<NeuronRates> rates_of(const RecordedSpikes& spikes, const proto::Recording& recording,
                                    const std::vector<std::string>& populations,
                                    std::optional<std::int64_t> trial) {
    write_sonata_spikes(file("spikes.h5"), spikes.populations, spikes.trials);
    return neuron_rates(SonataSpikeFile(file("spikes.h5")), recording, populations, trial);
  }
};

TEST_F(RateHistogram, RatesAreSpikesOverTheTimeInThePhase) {
  const auto rates = rates_of(two_trials(), recording_of_all_spikes(), {}, std::nullopt);
  ASSERT_EQ(rates.size(), 2);
  EXPECT_THAT(rates[0].forward_hz, ElementsAre(20, 10));
  EXPECT_THAT(rates[0].target_hz, ElementsAre(0, 10));
  EXPECT_THAT(rates[1].forward_hz, ElementsAre(0));
  const auto second = rates_of(two_trials(), recording_of_all_spikes(), {"input"}, 8);
  ASSERT_EQ(second.size(), 1);
  EXPECT_THAT(second[0].forward_hz, ElementsAre(0, 20));
}

// As many spikes as are read in three parts.
TEST_F(RateHistogram, LongFilesAreCountedInParts) {
  constexpr std::size_t kSpikes = 3 << 20;
  constexpr std::size_t kTrial = 3 << 10;
  RecordedSpikes spikes{.populations = {{"input", 2, {}, {}}}, .trials = {}};
  for (std::size_t n = 0; n < kSpikes; ++n) {
    spikes.populations[0].times_ms.push_back(static_cast<double>(n) / 8);
    spikes.populations[0].node_ids.push_back(n % 4 == 0 ? 1 : 0);
  }
  for (std::size_t begin = 0; begin < kSpikes / 8; begin += kTrial) {
    const auto start = static_cast<double>(begin);
    spikes.trials.start_ms.push_back(start);
    spikes.trials.target_start_ms.push_back(start + kTrial / 3);
    spikes.trials.end_ms.push_back(start + kTrial);
    spikes.trials.index.push_back(static_cast<std::int64_t>(begin / kTrial));
    spikes.trials.label.push_back(0);
  }
  const auto rates = rates_of(spikes, recording_of_all_spikes(), {}, std::nullopt);
  ASSERT_EQ(rates.size(), 1);
  EXPECT_THAT(rates[0].forward_hz, ElementsAre(DoubleNear(6000, 1), DoubleNear(2000, 1)));
  EXPECT_THAT(rates[0].target_hz, ElementsAre(DoubleNear(6000, 1), DoubleNear(2000, 1)));
}

TEST_F(RateHistogram, FilesWithoutTrialsHaveOneRate) {
  RecordedSpikes spikes = two_trials();
  spikes.trials = {};
  const auto rates = rates_of(spikes, recording_of_all_spikes(), {"input"}, std::nullopt);
  EXPECT_TRUE(rates[0].target_hz.empty());
  EXPECT_NEAR(rates[0].forward_hz[0], 2 / 0.299, 1e-9);
}

TEST_F(RateHistogram, OnlyTimesThatWereRecordedCount) {
  proto::Recording recording;
  proto::SpikeRecording& some = *recording.add_spikes();
  some.set_population("input");
  some.set_neurons("1");
  some.set_first_trial(8);
  some.set_to_ms(100);
  RecordedSpikes spikes = two_trials();
  spikes.populations[0].times_ms = {100, 199};
  spikes.populations[0].node_ids = {1, 1};
  const auto rates = rates_of(spikes, recording, {}, std::nullopt);
  ASSERT_EQ(rates.size(), 1) << "the output was not recorded";
  EXPECT_EQ(rates[0].recorded, 1);
  EXPECT_THAT(rates[0].forward_hz, ElementsAre(20));
  EXPECT_THAT(rates[0].target_hz, ElementsAre(20));
  EXPECT_THAT(draw_with_gnuplot(rate_histogram_script(rates, "", PictureFormat::kSvg)),
              HasSubstr("input: 1 of 2 neurons"));
  EXPECT_THROW(rates_of(two_trials(), recording, {}, 7), std::out_of_range);
}

TEST_F(RateHistogram, WhatIsNotThereIsNamed) {
  EXPECT_THROW(rates_of(two_trials(), recording_of_all_spikes(), {}, 1), std::out_of_range);
  try {
    rates_of(two_trials(), recording_of_all_spikes(), {"hidden"}, std::nullopt);
    FAIL();
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "holds no spikes of a population hidden; it holds input, output");
  }
}

TEST_F(RateHistogram, PanelsHaveTheirNumbers) {
  const auto rates = rates_of(two_trials(), recording_of_all_spikes(), {}, std::nullopt);
  const std::string svg = draw_with_gnuplot(rate_histogram_script(rates, "", PictureFormat::kSvg));
  for (const char* text : {"input: 2 neurons", "mean 15.0 Hz, target phase 5.0 Hz",
                           "output: 1 neuron", "forward phase", "(Hz)", "Neurons (%)"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

}  // namespace
}  // namespace apical
