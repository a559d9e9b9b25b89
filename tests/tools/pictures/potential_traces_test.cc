#include "tools/pictures/potential_traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kTimes = 25;

// Two neurons of three compartments, every 2 ms in trials 4 ([100, 120)) and 5 ([120, 150)).
class PotentialTracesTest : public TestWithFolder {
 protected:
  PotentialTracesTest() {
    Hdf5File report = Hdf5File::create(path_);
    std::vector<float> data;
    for (std::size_t t = 0; t < kTimes; ++t) {
      for (std::size_t e = 0; e < 6; ++e) data.push_back(static_cast<float>(10 * t + e));
    }
    report.write<float>("/report/hidden/data", data, std::vector<std::uint64_t>{kTimes, 6});
    const std::string mapping = "/report/hidden/mapping/";
    report.write<std::uint64_t>(mapping + "node_ids", std::vector<std::uint64_t>{1, 3});
    report.write<std::uint64_t>(mapping + "index_pointers", std::vector<std::uint64_t>{0, 3, 6});
    report.write<std::uint32_t>(mapping + "element_ids",
                                std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2});
    report.write<double>(mapping + "time", std::vector<double>{100, 150, 2});
    write_trials(report);
    report.close();
  }

  static void write_trials(Hdf5File& made) {
    made.write<std::int64_t>("/trials/index", std::vector<std::int64_t>{4, 5});
    made.write<std::int64_t>("/trials/label", std::vector<std::int64_t>{7, 8});
    made.write<double>("/trials/start_ms", std::vector<double>{100, 120});
    made.write<double>("/trials/target_start_ms", std::vector<double>{110, 135});
    made.write<double>("/trials/end_ms", std::vector<double>{120, 150});
  }

  std::string reason(std::optional<std::string> population, std::optional<std::uint64_t> neuron,
                     std::optional<std::int64_t> trial) {
    try {
      read_potential_traces(path_, population, neuron, trial);
    } catch (const FileError& error) {
      return error.what();
    }
    return "no failure";
  }

  const std::filesystem::path path_ = file("report.h5");
};

TEST_F(PotentialTracesTest, ATrialOfANeuronIsCutOut) {
  const PotentialTraces traces = read_potential_traces(path_, "hidden", 3, 5);
  EXPECT_EQ(traces.label, 8);
  EXPECT_EQ(traces.phases.target_start_ms, 15);
  EXPECT_EQ(traces.start_ms, 0);
  EXPECT_EQ(traces.step_ms, 2);
  ASSERT_EQ(traces.traces.size(), 3);
  EXPECT_EQ(traces.traces[0].compartment, "apical");
  EXPECT_EQ(traces.traces[0].potentials.front(), 105);
  EXPECT_EQ(traces.traces[2].compartment, "soma");
  EXPECT_EQ(traces.traces[2].potentials.back(), 243);
  EXPECT_TRUE(traces.spikes_ms.empty());
  const PotentialTraces first = read_potential_traces(path_, std::nullopt, std::nullopt, {});
  EXPECT_EQ(first.neuron, 1);
  EXPECT_EQ(first.trial, 4);
}

TEST_F(PotentialTracesTest, FilesBesideItAddSpikesAndPlateaus) {
  write_sonata_spikes(file("spikes.h5"),
                      std::vector<SpikeTrain>{{"hidden", 4, {121, 122, 149}, {3, 1, 3}}},
                      {{100, 120}, {110, 135}, {120, 150}, {4, 5}, {7, 8}});
  Hdf5File trials = Hdf5File::create(file("trials.h5"));
  write_trials(trials);
  for (const char* phase : {"forward", "target"}) {
    trials.write<float>(std::string("/plateaus/hidden/") + phase,
                        std::vector<float>{0, 0, 0, 0, 0, 0, 0, 0.25F},
                        std::vector<std::uint64_t>{2, 4});
  }
  trials.close();
  put(file("experiment.textproto"), "trial { settling_time_ms: 10 }");
  const PotentialTraces traces = read_potential_traces(path_, "hidden", 3, 5);
  EXPECT_THAT(traces.spikes_ms, ElementsAre(1, 29));
  ASSERT_EQ(traces.plateaus.size(), 2);
  EXPECT_EQ(traces.plateaus[0].from_ms, 10);
  EXPECT_EQ(traces.plateaus[0].to_ms, 15);
  EXPECT_EQ(traces.plateaus[1].from_ms, 25);
  EXPECT_EQ(traces.plateaus[1].potential, 0.25);
  const std::string svg =
      draw_with_gnuplot(potential_traces_script(traces, "", PictureFormat::kSvg));
  for (const char* text : {"hidden neuron 3 in training trial 5 (label 8)", "plateau", "0.250",
                           "2 spikes", "apical", "basal", "soma", "forward phase"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST_F(PotentialTracesTest, WindowsAreThoseOfTheExperiment) {
  Hdf5File trials = Hdf5File::create(file("trials.h5"));
  write_trials(trials);
  for (const char* phase : {"forward", "target"}) {
    trials.write<float>(std::string("/plateaus/hidden/") + phase, std::vector<float>(8),
                        std::vector<std::uint64_t>{2, 4});
  }
  trials.close();
  put(file("experiment.textproto"), "trial { settling_time_ms: 10 window_ms: 4 }");
  const PotentialTraces traces = read_potential_traces(path_, "hidden", 3, 5);
  ASSERT_EQ(traces.plateaus.size(), 2);
  EXPECT_EQ(traces.plateaus[0].from_ms, 11);
  EXPECT_EQ(traces.plateaus[0].to_ms, 15);
  EXPECT_EQ(traces.plateaus[1].from_ms, 26);
}

TEST_F(PotentialTracesTest, TheWindowOfAStochasticPlateauEndsWithIt) {
  Hdf5File trials = Hdf5File::create(file("trials.h5"));
  write_trials(trials);
  for (const char* phase : {"forward", "target"}) {
    const std::string dataset = std::string("/plateaus/hidden/") + phase;
    trials.write<float>(dataset, std::vector<float>(8, 0.5F), std::vector<std::uint64_t>{2, 4});
    std::vector<double> times(8, 0);
    times[7] = phase == std::string("forward") ? 133.5 : 150;
    trials.write<double>(dataset + "_ms", times, std::vector<std::uint64_t>{2, 4});
  }
  trials.close();
  put(file("experiment.textproto"),
      "trial { stochastic_plateaus { window_ms: 6 max_jitter_ms: 2 } }");
  const PotentialTraces traces = read_potential_traces(path_, "hidden", 3, 5);
  ASSERT_EQ(traces.plateaus.size(), 2);
  const std::string script = potential_traces_script(traces, "", PictureFormat::kSvg);
  EXPECT_THAT(script, HasSubstr("from 7.5,0 to 13.5,0 nohead"));
  EXPECT_THAT(script, HasSubstr("from 24,0 to 30,0 nohead"));
}

TEST_F(PotentialTracesTest, StochasticPlateausOfUnknownTimesAreNotDrawn) {
  Hdf5File trials = Hdf5File::create(file("trials.h5"));
  write_trials(trials);
  for (const char* phase : {"forward", "target"}) {
    trials.write<float>(std::string("/plateaus/hidden/") + phase, std::vector<float>(8, 0.5F),
                        std::vector<std::uint64_t>{2, 4});
  }
  trials.close();
  put(file("experiment.textproto"), "trial { stochastic_plateaus { window_ms: 6 } }");
  EXPECT_TRUE(read_potential_traces(path_, "hidden", 3, 5).plateaus.empty());
}

TEST_F(PotentialTracesTest, TextOfPlateausStaysInItsPhase) {
  PotentialTraces traces;
  traces.phases = {.target_start_ms = 80, .end_ms = 100};
  traces.traces = {{"apical", {0, 1}}};
  traces.plateaus = {{50, 80, 0.25}, {90, 100, 0.5}};
  const std::string script = potential_traces_script(traces, "", PictureFormat::kSvg);
  EXPECT_THAT(script, HasSubstr("'plateau potential 0.250' at 65,"));
  EXPECT_THAT(script, HasSubstr("'0.500' at 95,"));
  traces.plateaus[0].from_ms = 70;
  EXPECT_THAT(potential_traces_script(traces, "", PictureFormat::kSvg),
              HasSubstr("'plateau potential 0.250' at 68.5,"));
}

TEST_F(PotentialTracesTest, WhatIsNotThereIsNamed) {
  EXPECT_THAT(reason("output", {}, {}), HasSubstr("population output; it holds hidden"));
  EXPECT_THAT(reason({}, 2, {}), HasSubstr("no neuron 2; it holds 2 neurons, from 1 to 3"));
  EXPECT_THAT(reason({}, {}, 9), HasSubstr("2 trials, from 4 to 5"));
}

}  // namespace
}  // namespace apical
