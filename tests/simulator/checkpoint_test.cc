#include "simulator/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::HasSubstr;

// Something with state of every kind.
struct Neuron {
  double potential = 0;
  std::uint64_t spikes = 0;
  int label = 0;
  bool fires = false;
  std::string name;
  std::vector<float> modes = {0, 0, 0};
  std::vector<std::uint8_t> pixels = {0};
  std::vector<double> arrivals;
  std::vector<std::uint32_t> neurons;

  bool operator==(const Neuron&) const = default;

  void checkpoint(const Checkpoint& state) {
    state.number("potential", potential);
    state.number("spikes", spikes);
    state.number("label", label);
    state.number("fires", fires);
    state.text("name", name);
    state.same("modes_of_a_neuron", static_cast<std::int64_t>(modes.size()));
    state.array("modes", std::span(modes));
    state.array("pixels", std::span(pixels));
    const Checkpoint pending = state.in("pending");
    pending.list("times", arrivals);
    pending.list("neurons", neurons);
  }
};

class CheckpointTest : public TestWithFolder {
 protected:
  static Neuron some_neuron() {
    return {.potential = -0.1,
            .spikes = std::numeric_limits<std::uint64_t>::max(),
            .label = -7,
            .fires = true,
            .name = "hidden \"1\"\n",
            .modes = {1e-45F, -0.0F, std::numeric_limits<float>::infinity()},
            .pixels = {255},
            .arrivals = {0.1, 5e-324},
            .neurons = {3, 4, 0xffffffff}};
  }

  void save(Neuron neuron) const {
    CheckpointWriter writer(file("checkpoint.h5"));
    neuron.checkpoint(writer.root().in("network").in("a neuron"));
    writer.commit();
  }

  Neuron restored() const {
    CheckpointReader reader(file("checkpoint.h5"));
    Neuron neuron;
    neuron.checkpoint(reader.root().in("network").in("a neuron"));
    return neuron;
  }

  std::string complaint() const {
    try {
      restored();
    } catch (const FileError& error) {
      EXPECT_EQ(error.access(), FileAccess::kRead);
      return error.what();
    }
    return "";
  }
};

TEST_F(CheckpointTest, KeepsEveryBit) {
  for (const Neuron& neuron : {some_neuron(), Neuron()}) {
    save(neuron);
    const Neuron same = restored();
    EXPECT_EQ(same, neuron);
    EXPECT_EQ(std::signbit(same.modes[1]), std::signbit(neuron.modes[1]));
    EXPECT_EQ(files(), 1U);
  }
}

TEST_F(CheckpointTest, KeepsLongTexts) {
  Neuron neuron;
  neuron.name.assign(200000, 'x');
  save(neuron);
  EXPECT_EQ(restored(), neuron);
}

TEST_F(CheckpointTest, IsTheSameFileForTheSameState) {
  save(some_neuron());
  const std::string first = content(file("checkpoint.h5"));
  save(some_neuron());
  EXPECT_EQ(content(file("checkpoint.h5")), first);
  EXPECT_EQ(first.substr(0, 25), "apical checkpoint version");
}

TEST_F(CheckpointTest, AnotherStructureIsAnError) {
  save(some_neuron());
  const auto complaint_of = [&](auto read) -> std::string {
    CheckpointReader reader(file("checkpoint.h5"));
    try {
      read(reader.root());
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint_of([](const Checkpoint& state) { state.in("neuron"); }),
              HasSubstr("/neuron: is missing"));
  EXPECT_THAT(complaint_of([](const Checkpoint& state) {
                double value = 0;
                state.in("network").number("voltage", value);
              }),
              HasSubstr("voltage is missing"));
  EXPECT_THAT(complaint_of([](const Checkpoint& state) {
                std::vector<float> two(2);
                state.in("network").in("a neuron").array("modes", std::span(two));
              }),
              HasSubstr("modes: has 3 values; 2 would be right"));
  EXPECT_THAT(complaint_of([](const Checkpoint& state) {
                state.in("network").in("a neuron").same("modes_of_a_neuron", 4);
              }),
              HasSubstr("is 3; 4 would be right"));
}

// Any flipped bit or missing end is seen before HDF5 reads a byte.
TEST_F(CheckpointTest, DamageIsSeen) {
  save(some_neuron());
  const std::string whole = content(file("checkpoint.h5"));
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    if (at >= 60 && at < 512) continue;  // nothing is there
    put(file("checkpoint.h5"), damaged);
    EXPECT_NE(complaint(), "") << at;
    put(file("checkpoint.h5"), whole.substr(0, at));
    EXPECT_NE(complaint(), "") << at;
  }
  put(file("checkpoint.h5"), whole + "x");
  EXPECT_THAT(complaint(), HasSubstr("damaged"));
  put(file("checkpoint.h5"), "");
  EXPECT_THAT(complaint(), HasSubstr("is not a checkpoint"));
  std::filesystem::remove(file("checkpoint.h5"));
  EXPECT_THAT(complaint(), HasSubstr("No such file"));
}

TEST_F(CheckpointTest, AnotherVersionIsNamed) {
  save(some_neuron());
  std::string other = content(file("checkpoint.h5"));
  other.replace(0, 27, "apical checkpoint version 7");
  put(file("checkpoint.h5"), other);
  EXPECT_THAT(complaint(), HasSubstr("has version 7 of the format; this program reads version 3"));
}

TEST_F(CheckpointTest, WithoutCommitTheOlderOneStays) {
  save(some_neuron());
  {
    CheckpointWriter writer(file("checkpoint.h5"));
    Neuron().checkpoint(writer.root().in("network"));
  }
  EXPECT_EQ(restored(), some_neuron());
  EXPECT_EQ(files(), 1U);
}

TEST_F(CheckpointTest, OnAFullDiskTheOlderOneStays) {
  save(some_neuron());
  for (const rlim_t room : {rlim_t{0}, rlim_t{1000}, rlim_t{3000000}}) {
    const FileSizeLimit limit(room);
    try {
      CheckpointWriter writer(file("checkpoint.h5"));
      Neuron().checkpoint(writer.root().in("network"));
      std::vector<float> large(1000000);
      writer.root().array("large", std::span(large));
      writer.commit();
      ADD_FAILURE() << room;
    } catch (const FileError& error) {
      EXPECT_EQ(error.path(), file("checkpoint.h5"));
    }
  }
  EXPECT_EQ(restored(), some_neuron());
  EXPECT_EQ(files(), 1U);
}

// Room that was reserved and not needed is given back.
TEST_F(CheckpointTest, TakesNoMoreOfTheDiskThanItIsLong) {
  save(some_neuron());
  const std::filesystem::path path = file("checkpoint.h5");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, status.st_size + 65536);
}

}  // namespace
}  // namespace apical
