#include "tools/pictures/spike_raster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RecordedSpikes two_trials() {
  return {.populations = {{"input", 4, {1, 99.5, 100, 150, 200}, {0, 1, 2, 3, 0}},
                          {"output", 2, {120}, {1}}},
          .trials = {.start_ms = {0, 100},
                     .target_start_ms = {52, 150},
                     .end_ms = {100, 200},
                     .index = {7, 8},
                     .label = {3, 9}}};
}

TEST(SpikeRaster, TrialIsAHalfOpenInterval) {
  const TrialSpikes raster = take_trial(two_trials(), 8);
  EXPECT_EQ(raster.trial, 8);
  EXPECT_EQ(raster.label, 9);
  EXPECT_EQ(raster.target_start_ms, 50);
  EXPECT_EQ(raster.end_ms, 100);
  EXPECT_THAT(raster.populations[0].times_ms, ElementsAre(0, 50));
  EXPECT_THAT(raster.populations[0].node_ids, ElementsAre(2, 3));
  EXPECT_THAT(raster.populations[1].times_ms, ElementsAre(20));
}

TEST(SpikeRaster, FirstTrialIsTakenUnasked) {
  EXPECT_EQ(take_trial(two_trials(), std::nullopt).trial, 7);
}

TEST(SpikeRaster, MissingTrialsAreNamed) {
  try {
    take_trial(two_trials(), 0);
    FAIL();
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "trial 0 is not recorded in it; it holds 2 trials, from 7 to 8");
  }
  EXPECT_THROW(take_trial({}, std::nullopt), std::out_of_range);
}

TEST(SpikeRaster, FilesWithoutTrialsAreDrawnWhole) {
  RecordedSpikes spikes = two_trials();
  spikes.trials = {};
  const TrialSpikes all = take_trial(spikes, std::nullopt);
  EXPECT_EQ(all.trial, std::nullopt);
  EXPECT_EQ(all.end_ms, 200);
  EXPECT_THAT(all.populations[0].times_ms, ElementsAre(1, 99.5, 100, 150, 200));
  EXPECT_THROW(take_trial(spikes, 0), std::out_of_range);
  const std::string svg = draw_with_gnuplot(spike_raster_script(all, "", PictureFormat::kSvg));
  EXPECT_THAT(svg, HasSubstr(">Time (ms)<"));
  EXPECT_THAT(svg, testing::Not(HasSubstr(" phase")));
  // Times of other programs may begin before 0.
  spikes.populations[0].times_ms[0] = -5;
  TrialSpikes earlier = take_trial(spikes, std::nullopt);
  cut_to(earlier, std::nullopt, std::nullopt);
  EXPECT_EQ(earlier.start_ms, -5);
  EXPECT_EQ(earlier.populations[0].times_ms.size(), 5U);
}

std::string drawn(const TrialSpikes& raster) {
  return draw_with_gnuplot(spike_raster_script(raster, "", PictureFormat::kSvg));
}

TEST(SpikeRaster, NamesEverything) {
  const std::string svg = drawn(take_trial(two_trials(), 8));
  for (const char* text : {"training trial 8 (label 9)", "forward phase", "target phase", "input",
                           "4 neurons", "2 spikes", "output", "1 spike<", "(ms)"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(SpikeRaster, APartOfATrialIsDrawn) {
  TrialSpikes raster = take_trial(two_trials(), 7);
  cut_to(raster, 60, std::nullopt);
  EXPECT_THAT(raster.populations[0].times_ms, ElementsAre(99.5));
  EXPECT_THAT(raster.populations[0].node_ids, ElementsAre(1));
  const std::string svg = drawn(raster);
  EXPECT_THAT(svg, HasSubstr("target phase"));
  EXPECT_THAT(svg, testing::Not(HasSubstr("forward phase")));
  EXPECT_THROW(cut_to(raster, 100, std::nullopt), std::out_of_range);
  raster = take_trial(two_trials(), 7);
  cut_to(raster, std::nullopt, 40);
  EXPECT_THAT(raster.populations[0].times_ms, ElementsAre(1));
  EXPECT_EQ(raster.end_ms, 40);
}

TEST(SpikeRaster, TellsSilentNeuronsFromThoseNotRecorded) {
  proto::Recording recording;
  recording.add_spikes()->set_population("input");
  recording.mutable_spikes(0)->set_neurons("0,2-3");
  recording.mutable_spikes(0)->set_first_trial(7);
  TrialSpikes raster = take_trial(two_trials(), 7);
  count_recorded(recording, raster);
  EXPECT_THAT(raster.recorded, ElementsAre(3, 0));
  const std::string svg = drawn(raster);
  for (const char* text : {"3 of 4 neurons", "2 spikes", "not recorded"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(SpikeRaster, TellsSilentTimesFromThoseNotRecorded) {
  proto::Recording recording;
  for (const auto& [from, to] : {std::pair(10, 30), std::pair(20, 60)}) {
    proto::SpikeRecording& spikes = *recording.add_spikes();
    spikes.set_population("input");
    spikes.set_first_trial(7);
    spikes.set_from_ms(from);
    spikes.set_to_ms(to);
  }
  recording.add_spikes()->set_population("output");
  recording.mutable_spikes(2)->set_first_trial(7);
  TrialSpikes raster = take_trial(two_trials(), 7);
  count_recorded(recording, raster);
  ASSERT_EQ(raster.unrecorded[0].size(), 2U);
  EXPECT_EQ(raster.unrecorded[0][0].from_ms, 0);
  EXPECT_EQ(raster.unrecorded[0][0].to_ms, 10);
  EXPECT_EQ(raster.unrecorded[0][1].from_ms, 60);
  EXPECT_EQ(raster.unrecorded[0][1].to_ms, raster.end_ms);
  EXPECT_TRUE(raster.unrecorded[1].empty());
  EXPECT_THAT(drawn(raster), HasSubstr("not recorded"));
}

TEST(SpikeRaster, SilenceAndUnusualTrialsAreDrawn) {
  RecordedSpikes spikes = two_trials();
  spikes.populations[0].times_ms.clear();
  spikes.populations[0].node_ids.clear();
  EXPECT_THAT(drawn(take_trial(spikes, 7)), HasSubstr("0 spikes"));
  spikes.populations.clear();
  EXPECT_THAT(drawn(take_trial(spikes, 7)), HasSubstr("</svg>"));
  spikes = two_trials();
  spikes.trials.target_start_ms[0] = spikes.trials.end_ms[0];
  EXPECT_THAT(drawn(take_trial(spikes, 7)), testing::Not(HasSubstr("target phase")));
}

}  // namespace
}  // namespace apical
