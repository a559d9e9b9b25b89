#include "tools/pictures/recorded_neurons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::ElementsAre;

class RecordedNeuronsTest : public TestWithFolder {
 protected:
  std::vector<RecordedNeurons> neurons_of(const std::string& recording,
                                          const std::string& population) {
    put(file("experiment.textproto"), "recording { " + recording + " }");
    return recorded_neurons(recording_beside(file("spikes.h5")).value(), population, 5);
  }
};

TEST_F(RecordedNeuronsTest, AreOfTheExperimentBesideTheFile) {
  EXPECT_FALSE(recording_beside(file("spikes.h5")));
  EXPECT_TRUE(neurons_of("spikes { population: 'hidden' }", "output").empty());
  const auto all = neurons_of("spikes {} spikes { population: 'hidden' neurons: '1-2' }", "hidden");
  ASSERT_EQ(all.size(), 2);
  EXPECT_THAT(all[0].ids, ElementsAre(0, 3, 4));
  EXPECT_THAT(all[1].ids, ElementsAre(1, 2));
  EXPECT_EQ(all[1].recordings.size(), 2);
}

TEST_F(RecordedNeuronsTest, ATimeIsCountedOnce) {
  const auto neurons = neurons_of(
      "spikes { first_trial: 2 trials: 4 every_trials: 2 from_ms: 10 to_ms: 30 }"
      "spikes { first_trial: 4 trials: 0 from_ms: 20 }",
      "hidden");
  ASSERT_EQ(neurons.size(), 1);
  const auto recorded = [&](std::int64_t trial) {
    return recorded_ms(neurons[0], trial, 1000, 1005, 1050);
  };
  EXPECT_EQ(recorded(1), 0);
  EXPECT_EQ(recorded(2), 20);
  EXPECT_EQ(recorded(3), 0);
  EXPECT_EQ(recorded(4), 40);
  EXPECT_EQ(recorded(9), 30);
  EXPECT_EQ(recorded_ms(neurons[0], 2, 1000, 1025, 1050), 5);
  const auto all = recorded_neurons(recording_of_all_spikes(), "any", 3);
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(recorded_ms(all[0], 70, 5, 6, 9), 3);
}

}  // namespace
}  // namespace apical
