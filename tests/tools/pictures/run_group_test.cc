#include "tools/pictures/run_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/test_folder.h"
#include "tools/command_error.h"

namespace apical {
namespace {

using testing::HasSubstr;

class RunGroupTest : public TestWithFolder {
 protected:
  // Makes a run's folder and reads it.
  RecordedRun run(const std::string& name, const std::string& experiment,
                  const std::string& metrics =
                      "train_examples,test_error_percent,train_error_percent\n"
                      "0,90,\n100,20,30\n") {
    std::filesystem::create_directories(file(name));
    put(file(name) / "metrics.csv", metrics);
    if (!experiment.empty()) put(file(name) / "experiment.textproto", experiment);
    return read_run(file(name) / "metrics.csv");
  }
};

TEST_F(RunGroupTest, SeedsNamesAndRecordingDoNotPartRuns) {
  const std::vector<RecordedRun> runs = {
      run("a_seed_1", "seed: 1 training { epochs: 2 }"),
      run("b", "seed: 1 training { epochs: 3 }"),
      run("a_seed_2", "seed: 2 name: 'x' training { epochs: 2 checkpoint_minutes: 5 }"),
      run("a_seed_3", "seed: 3 training { epochs: 2 } recording { spikes { trials: 9 } }"),
      run("without", ""),
      run("without_2", "")};
  const std::vector<RunGroup> groups = group_by_seed(runs);
  ASSERT_EQ(groups.size(), 4);
  EXPECT_EQ(groups[0].name, "a");
  EXPECT_EQ(groups[0].runs.size(), 3);
  EXPECT_EQ(groups[1].name, "b");
  EXPECT_EQ(groups[2].name, "without");
  EXPECT_EQ(group_by_seed(runs, "training.epochs").size(), 3);
}

TEST_F(RunGroupTest, LossIsDrawnWhereThereAreNoErrors) {
  const std::string losses =
      "train_examples,test_error_percent,train_error_percent,test_loss,"
      "train_loss\n0,,,9,\n10,,,5,6\n";
  const std::vector<RecordedRun> autoencoder = {run("auto", "", losses)};
  EXPECT_EQ(measure_of(autoencoder, std::nullopt).word, "loss");
  const std::vector<RecordedRun> classifier = {run("class", "")};
  EXPECT_EQ(measure_of(classifier, std::nullopt).word, "error");
  EXPECT_THROW(measure_of(classifier, "angle"), UsageError);

  const auto reason = [](const std::vector<RecordedRun>& runs, std::optional<std::string> name) {
    try {
      measure_of(runs, name);
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("no failure");
  };
  EXPECT_THAT(reason({autoencoder[0], classifier[0]}, std::nullopt), HasSubstr("plot them apart"));
  EXPECT_THAT(reason(classifier, "loss"), HasSubstr("holds no loss; --measure error"));
  EXPECT_THAT(reason({run("new", "", "train_examples,test_error_percent\n")}, std::nullopt),
              HasSubstr("holds no errors yet"));
}

TEST_F(RunGroupTest, SpreadIsFromLowestToHighest) {
  const Spread spread = spread_of(std::vector<double>{3, 1, 8});
  EXPECT_EQ(spread.mean, 4);
  EXPECT_EQ(spread.low, 1);
  EXPECT_EQ(spread.high, 8);
}

}  // namespace
}  // namespace apical
