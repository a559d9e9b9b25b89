#include "simulator/sonata_spikes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/simulator/sonata_files.h"
#include "tests/simulator/sonata_layout.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::ElementsAre;

class SonataSpikes : public TestWithFolder {
 protected:
  // Why a file cannot be read.
  std::string reason(const std::string& name) const {
    try {
      read_sonata_spikes(file(name));
    } catch (const FileError& error) {
      return error.what();
    }
    return "no failure";
  }
};

const std::vector<SpikeTrain> kTrains = {{"input", 784, {0.5, 0.5, 104.25}, {783, 2, 0}},
                                         {"hidden", 500, {}, {}},
                                         {"a_output", 10, {1e-9}, {9}}};
const TrialTimes kTrials = {.start_ms = {0, 104.5},
                            .target_start_ms = {52, 156},
                            .end_ms = {104.5, 208},
                            .index = {0, 1},
                            .label = {5, 0}};

TEST_F(SonataSpikes, ReadsWhatWasWritten) {
  write_sonata_spikes(file("spikes.h5"), kTrains, kTrials);
  const RecordedSpikes read = read_sonata_spikes(file("spikes.h5"));
  ASSERT_EQ(read.populations.size(), kTrains.size());
  for (std::size_t i = 0; i < kTrains.size(); ++i) {
    EXPECT_EQ(read.populations[i].population, kTrains[i].population);
    EXPECT_EQ(read.populations[i].neurons, kTrains[i].neurons);
    EXPECT_EQ(read.populations[i].times_ms, kTrains[i].times_ms);
    EXPECT_EQ(read.populations[i].node_ids, kTrains[i].node_ids);
  }
  EXPECT_EQ(read.trials.start_ms, kTrials.start_ms);
  EXPECT_EQ(read.trials.target_start_ms, kTrials.target_start_ms);
  EXPECT_EQ(read.trials.end_ms, kTrials.end_ms);
  EXPECT_EQ(read.trials.index, kTrials.index);
  EXPECT_EQ(read.trials.label, kTrials.label);
}

TEST_F(SonataSpikes, LayoutIsSonatas) {
  write_sonata_spikes(file("spikes.h5"), kTrains, kTrials);
  expect_layout_of_spikes(file("spikes.h5"), {"input", "hidden", "a_output"});
  const Hdf5File opened = Hdf5File::open(file("spikes.h5"));
  EXPECT_EQ(opened.read_attribute<std::uint32_t>("/", "magic"), 0x0A7AU);
  EXPECT_THAT(opened.read_attribute_array<std::uint32_t>("/", "version"), ElementsAre(0, 1));
  EXPECT_EQ(opened.read_enum_attribute("/spikes/input", "sorting"), "by_time");
  EXPECT_EQ(opened.read_attribute<std::string>("/spikes/input/timestamps", "units"), "ms");
  EXPECT_EQ(opened.read<double>("/spikes/input/timestamps"), kTrains[0].times_ms);
  EXPECT_EQ(opened.read<std::uint64_t>("/spikes/input/node_ids"), kTrains[0].node_ids);
}

TEST_F(SonataSpikes, OthersFilesAreReadAndSorted) {
  Hdf5File made = Hdf5File::create(file("others.h5"));
  made.write<double>("/spikes/cortex/timestamps", std::vector<double>{3, 1, 2, 1});
  made.write<std::uint64_t>("/spikes/cortex/node_ids", std::vector<std::uint64_t>{0, 1, 2, 41});
  made.close();
  const RecordedSpikes read = read_sonata_spikes(file("others.h5"));
  ASSERT_EQ(read.populations.size(), 1U);
  EXPECT_EQ(read.populations[0].neurons, 42U);
  EXPECT_THAT(read.populations[0].times_ms, ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(read.populations[0].node_ids, ElementsAre(1, 41, 2, 0));
  EXPECT_EQ(read.trials.size(), 0U);
}

// Ours, which are in order, and others', which need not be.
TEST_F(SonataSpikes, WindowsTogetherAreTheWhole) {
  std::vector<SpikeTrain> trains = {{"a", 3, {}, {}}, {"none", 3, {}, {}}, {"b", 2, {}, {}}};
  for (std::uint64_t i = 0; i < 40000; ++i) {
    trains[0].times_ms.push_back(static_cast<double>(i / 3) * 0.1);
    trains[0].node_ids.push_back(i % 3);
  }
  trains[2].times_ms = {-5, 100, 100, 7000};
  trains[2].node_ids = {0, 1, 0, 1};
  write_sonata_spikes(file("ours.h5"), trains, kTrials);
  Hdf5File made = Hdf5File::create(file("others.h5"));
  made.write<double>("/spikes/b/timestamps", std::vector<double>{100, 7000, -5, 100});
  made.write<std::uint64_t>("/spikes/b/node_ids", std::vector<std::uint64_t>{1, 1, 0, 0});
  made.close();
  for (const char* name : {"ours.h5", "others.h5"}) {
    const SonataSpikeFile opened(file(name));
    EXPECT_EQ(opened.extent().from_ms, -5);
    EXPECT_EQ(opened.extent().to_ms, 7000);
    const std::vector<SpikeTrain> whole = opened.read();
    std::uint64_t spikes = 0;
    std::vector<SpikeTrain> joined;
    for (const auto& [from, to] : std::vector<std::pair<double, double>>{{-INFINITY, 0},
                                                                         {0, 100},
                                                                         {100, 100},
                                                                         {100, 1000.05},
                                                                         {1000.05, 7000},
                                                                         {7000, INFINITY}}) {
      const std::vector<SpikeTrain> part = opened.read({from, to});
      joined.resize(part.size());
      for (std::size_t p = 0; p < joined.size(); ++p) {
        const SpikeTrain& train = part[p];
        EXPECT_EQ(train.neurons, whole[p].neurons);
        for (const double time : train.times_ms) EXPECT_TRUE(time >= from && time < to) << time;
        std::ranges::copy(train.times_ms, std::back_inserter(joined[p].times_ms));
        std::ranges::copy(train.node_ids, std::back_inserter(joined[p].node_ids));
        spikes += train.times_ms.size();
      }
    }
    EXPECT_EQ(spikes, opened.spikes());
    for (std::size_t p = 0; p < joined.size(); ++p) {
      EXPECT_EQ(joined[p].times_ms, whole[p].times_ms);
      EXPECT_EQ(joined[p].node_ids, whole[p].node_ids);
    }
  }
}

TEST_F(SonataSpikes, SpikesOfNoPopulationAreCalledThat) {
  Hdf5File made = Hdf5File::create(file("first_layout.h5"));
  made.write<double>("/spikes/timestamps", std::vector<double>{1, 2});
  made.write<std::uint64_t>("/spikes/gids", std::vector<std::uint64_t>{0, 1});
  made.close();
  EXPECT_THAT(reason("first_layout.h5"),
              testing::HasSubstr("/spikes/timestamps is of no population"));
}

TEST_F(SonataSpikes, APopulationMayBeCalledTimestamps) {
  const SpikeTrain train{"timestamps", 2, {1, 2}, {0, 1}};
  write_sonata_spikes(file("spikes.h5"), std::span(&train, 1), kTrials);
  EXPECT_EQ(read_sonata_spikes(file("spikes.h5")).populations.at(0).times_ms, train.times_ms);
}

TEST_F(SonataSpikes, FaultyFilesAreReported) {
  Hdf5File::create(file("empty.h5")).close();
  EXPECT_THAT(reason("empty.h5"), testing::HasSubstr("no file of spikes"));
  Hdf5File made = Hdf5File::create(file("lengths.h5"));
  made.write<double>("/spikes/cortex/timestamps", std::vector<double>{1, 2});
  made.write<std::uint64_t>("/spikes/cortex/node_ids", std::vector<std::uint64_t>{0});
  made.close();
  EXPECT_THAT(reason("lengths.h5"), testing::HasSubstr("differ in length"));
}

TEST_F(SonataSpikes, OtherUnitsAndIdsAreNotTakenForOurs) {
  Hdf5File seconds = Hdf5File::create(file("seconds.h5"));
  seconds.write<double>("/spikes/cortex/timestamps", std::vector<double>{1, 2});
  seconds.write_attribute<std::string>("/spikes/cortex/timestamps", "units", "s");
  seconds.write<std::uint64_t>("/spikes/cortex/node_ids", std::vector<std::uint64_t>{0, 1});
  seconds.close();
  EXPECT_THAT(reason("seconds.h5"), testing::HasSubstr("are in s, not in ms"));
  Hdf5File halves = Hdf5File::create(file("halves.h5"));
  halves.write<double>("/spikes/cortex/timestamps", std::vector<double>{1, 2});
  halves.write<double>("/spikes/cortex/node_ids", std::vector<double>{0.5, 1});
  halves.close();
  EXPECT_THAT(reason("halves.h5"),
              testing::HasSubstr("node_ids: has numbers with a decimal point"));
}

}  // namespace
}  // namespace apical
