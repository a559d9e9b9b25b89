#include "models/replay_population.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/hdf5_file.h"
#include "simulator/sonata_spikes.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::HasSubstr;

class Received final : public SpikeReceiver {
 public:
  void receive(std::span<const Spike> spikes) override {
    for (const Spike& spike : spikes) {
      times.push_back(spike.time);
      neurons.push_back(spike.neuron);
    }
  }
  std::vector<double> times;
  std::vector<std::uint32_t> neurons;
};

TEST(ReplayPopulation, FiresAtTheTimesWhateverTheHorizons) {
  const std::vector<Spike> spikes = {{0, 1}, {0.5, 0}, {0.5, 2}, {3, 1}, {90, 1}};
  for (const double step : {0.5, 1.0, 7.0, 200.0}) {
    ReplayPopulation population("a", 3, spikes);
    Received received;
    population.add_receiver(received);
    for (double now = 0; now <= 200; now += step) {
      population.advance({now, 0});
      EXPECT_GE(population.next(), now);
    }
    EXPECT_EQ(received.times, (std::vector<double>{0, 0.5, 0.5, 3, 90}));
    EXPECT_EQ(received.neurons, (std::vector<std::uint32_t>{1, 0, 2, 1, 1}));
    EXPECT_EQ(population.next(), kNever);
    population.restart(1);
    EXPECT_EQ(population.next(), 0);
  }
}

using ReplayCheckpoint = TestWithFolder;

TEST_F(ReplayCheckpoint, OtherSpikesThanAtTheStartAreReported) {
  const std::vector<Spike> spikes = {{0, 1}, {0.5, 0}, {3, 1}};
  ReplayPopulation population("a", 3, spikes);
  population.advance({1, 0});
  CheckpointWriter writer(file("checkpoint.h5"));
  population.checkpoint(writer.root());
  writer.commit();
  CheckpointReader reader(file("checkpoint.h5"));
  const auto restored = [&](std::vector<Spike> replayed) {
    ReplayPopulation again("a", 3, std::move(replayed));
    again.checkpoint(reader.root());
    return again.next();
  };
  EXPECT_EQ(restored(spikes), 3);
  EXPECT_THROW(restored({{0, 1}, {0.5, 0}}), FileError);
  EXPECT_THROW(restored({{0, 1}, {0.5, 0}, {3.5, 1}}), FileError);
  EXPECT_THROW(restored({{0, 1}, {0.5, 2}, {3, 1}}), FileError);
}

class ReplayedSpikes : public TestWithFolder {
 protected:
  void write(
      const std::vector<double>& times, const std::vector<std::uint64_t>& ids,
      const std::function<void(Hdf5File&)>& more = [](Hdf5File&) {}) {
    Hdf5File made = Hdf5File::create(file("s.h5"));
    made.write<double>("/spikes/cortex/timestamps", times);
    made.write<std::uint64_t>("/spikes/cortex/node_ids", ids);
    more(made);
    made.close();
    replay_.set_file(file("s.h5"));
    replay_.set_population("cortex");
    population_.set_name("input");
    population_.set_size(5);
  }

  void expect_error(const std::string& reason) {
    try {
      replayed_spikes(replay_, population_);
      ADD_FAILURE() << reason;
    } catch (const FileError& error) {
      EXPECT_EQ(error.access(), FileAccess::kRead);
      EXPECT_THAT(error.what(), HasSubstr("s.h5: "));
      EXPECT_THAT(error.what(), HasSubstr(reason));
    }
  }

  proto::Replay replay_;
  proto::Population population_;
};

TEST_F(ReplayedSpikes, AreSortedByTime) {
  constexpr std::array<std::string_view, 3> kSortings = {"none", "by_id", "by_time"};
  for (int kind = 0; kind < 4; ++kind) {
    write({3, 1, 2, 1}, {0, 1, 2, 4}, [&](Hdf5File& made) {
      if (kind == 1) made.write_enum_attribute("/spikes/cortex", "sorting", kSortings, 0);
      if (kind == 2) made.write_enum_attribute("/spikes/cortex", "sorting", kSortings, 1);
      if (kind == 3) made.write_attribute<std::string>("/spikes/cortex", "sorting", "by_id");
    });
    const auto spikes = replayed_spikes(replay_, population_);
    ASSERT_EQ(spikes.size(), 4U);
    EXPECT_EQ(spikes[0].time, 1);
    EXPECT_EQ(spikes[0].neuron, 1U);
    EXPECT_EQ(spikes[1].neuron, 4U);
    EXPECT_EQ(spikes[3].time, 3);
  }
}

TEST_F(ReplayedSpikes, FaultsNameTheFile) {
  constexpr std::array<std::string_view, 3> kSortings = {"none", "by_id", "by_time"};
  write({1, 2}, {0, 5});
  expect_error("has node id 5; population `input`, which replays it, has 5 neurons");
  write({-1, 2}, {0, 1});
  expect_error("before time 0");
  write({1, std::nan("")}, {0, 1});
  expect_error("not a number");
  write({1}, {0, 1});
  expect_error("differ in length");
  write({2, 1}, {0, 1}, [&](Hdf5File& made) {
    made.write_enum_attribute("/spikes/cortex", "sorting", kSortings, 2);
  });
  expect_error("not in order");
  write({1, 2}, {0, 1}, [](Hdf5File& made) {
    made.write_attribute<std::string>("/spikes/cortex/timestamps", "units", "s");
  });
  expect_error("are in s, not in ms");
  write({1, 2}, {0, 1});
  replay_.clear_population();
  expect_error("has no population `input`; it has cortex");
  std::filesystem::remove(file("s.h5"));
  expect_error("there is no such file");
}

}  // namespace
}  // namespace apical
