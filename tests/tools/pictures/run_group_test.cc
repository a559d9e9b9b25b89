#include "tools/pictures/run_group.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/tools/pictures/test_with_runs.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunGroupTest : public TestWithRuns {
 protected:
  RecordedRun run(const std::string& name, const std::string& experiment,
                  const std::string& metrics =
                      "train_examples,test_error_percent,train_error_percent\n"
                      "0,90,\n100,20,30\n") {
    return run_of(name, metrics, experiment);
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

// As in a run of an older version, which lacks what has been added since.
TEST_F(RunGroupTest, AFieldThatIsWrittenAsByDefaultDoesNotPartRuns) {
  const std::vector<RecordedRun> runs = {
      run("a_seed_1", "seed: 1 data { name: 'mnist' }"),
      run("a_seed_2", "seed: 2 data { name: 'mnist' classes: 0 } training { epochs: 60 }")};
  EXPECT_EQ(group_by_seed(runs).size(), 1);
}

TEST_F(RunGroupTest, NamesTellGroupsApart) {
  const auto names = [&](const std::vector<std::pair<std::string, int>>& folders_and_epochs) {
    std::vector<RecordedRun> runs;
    for (const auto& [folder, epochs] : folders_and_epochs) {
      // Each a seed of its own.
      runs.push_back(run(folder, fmt::format("name: 'same' seed: {} training {{ epochs: {} }}",
                                             runs.size() + 1, epochs)));
    }
    std::vector<std::string> found;
    for (const RunGroup& group : group_by_seed(runs)) found.push_back(group.name);
    return found;
  };
  EXPECT_THAT(names({{"a/seed_1", 1}, {"b/seed_1", 2}}), ElementsAre("a", "b"));
  EXPECT_THAT(names({{"a/seed_1", 1}, {"a/seed_2", 1}, {"b/seed_1", 2}, {"b/seed_2", 2}}),
              ElementsAre("a", "b"));
  EXPECT_THAT(names({{"a/seed_1", 1}, {"a/seed_2", 1}, {"b/seed_1", 2}}),
              ElementsAre("a", "b/seed_1"));
  EXPECT_THAT(names({{"a/seed_1", 1}, {"a/seed_2", 1}}), ElementsAre("a"));
  EXPECT_THAT(names({{"a_seed_1", 1}, {"a_seed_12", 1}}), ElementsAre("a"));
  EXPECT_THAT(names({{"a/seed_1", 1}}), ElementsAre("a/seed_1"));
  EXPECT_THAT(names({{"seed_1/a", 1}, {"seed_2/a", 1}, {"seed_1/b", 2}}),
              ElementsAre("a", "seed_1/b"));
  EXPECT_THAT(names({{"x", 1}, {"y", 1}, {"z", 2}}), ElementsAre("same", "z"));
  EXPECT_THAT(names({{"x", 1}, {"y", 1}, {"z", 2}, {"w", 2}}), ElementsAre("x", "z"));
}

TEST_F(RunGroupTest, ASeedIsInAGroupOnce) {
  const std::string experiment = "seed: 1 training { epochs: 2 }";
  const std::vector<RecordedRun> runs = {run("a", experiment), run("a_again", experiment),
                                         run("b", "seed: 2 training { epochs: 2 }")};
  const std::vector<RunGroup> groups = group_by_seed(runs);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].runs.size(), 2U);
  EXPECT_EQ(groups[1].runs.front(), &runs[1]);
}

TEST_F(RunGroupTest, StoppedRunsAreUnfinished) {
  EXPECT_FALSE(run("no_word_of_it", "").unfinished);
  const auto with = [&](const std::string& name, const std::string& summary) {
    std::filesystem::create_directories(file(name));
    put(file(name) / "checkpoint.h5", "");
    if (!summary.empty()) put(file(name) / "summary.json", summary);
    return run(name, "").unfinished;
  };
  EXPECT_FALSE(with("done", "{\"complete\": true}"));
  EXPECT_TRUE(with("stopped", "{\"complete\": false}"));
  EXPECT_TRUE(with("goes_on", ""));
}

TEST_F(RunGroupTest, NumbersInNamesOrder) {
  struct Named {
    std::string name;
  };
  const auto ordered = [](const std::vector<std::string>& names) {
    std::vector<Named> all;
    for (const std::string& name : names) all.push_back({name});
    sort_by_numbers_in_names(all);
    std::vector<std::string> result;
    for (const Named& each : all) result.push_back(each.name);
    return result;
  };
  EXPECT_THAT(ordered({"b_16", "b_256", "b_64"}), ElementsAre("b_16", "b_64", "b_256"));
  EXPECT_THAT(ordered({"2 x 1e-3", "2 x 0.0005", "1 x 7"}),
              ElementsAre("1 x 7", "2 x 0.0005", "2 x 1e-3"));
  EXPECT_THAT(ordered({"b_16", "a_2"}), ElementsAre("b_16", "a_2"));
}

// As in a batch that goes on: one has not been tested, one has written nothing yet.
TEST_F(RunGroupTest, WhatHasNotBeenTestedIsLeftOutOfMany) {
  const auto metrics_of = [&](const std::string& name) { return file(name) / "metrics.csv"; };
  run("tested", "seed: 1");
  run("untested", "seed: 2", "train_examples,test_error_percent,train_error_percent\n");
  put(file("untested") / "checkpoint.h5", "");
  std::filesystem::create_directories(file("new"));
  put(file("new") / "experiment.textproto", "seed: 3");

  const std::vector all = {metrics_of("new"), metrics_of("tested"), metrics_of("untested")};
  const RecordedRuns read = read_runs(all);
  ASSERT_EQ(read.runs.size(), 1);
  EXPECT_EQ(read.runs[0].folder, file("tested"));
  EXPECT_EQ(read.left_out, 2);
  EXPECT_EQ(left_out_text(2, "been tested"), "without 2 runs that have not been tested");
  EXPECT_EQ(left_out_text(1, "finished"), "without 1 run that has not finished");

  EXPECT_THROW(read_runs(std::vector{metrics_of("new")}), FileError);
  EXPECT_EQ(read_runs(std::vector{metrics_of("untested")}).runs.size(), 1);
  EXPECT_THROW(read_runs(std::vector{metrics_of("tested"), metrics_of("none")}), FileError);
}

TEST_F(RunGroupTest, SpreadIsFromLowestToHighest) {
  const Spread spread = spread_of(std::vector<double>{3, 1, 8});
  EXPECT_EQ(spread.mean, 4);
  EXPECT_EQ(spread.low, 1);
  EXPECT_EQ(spread.high, 8);
}

}  // namespace
}  // namespace apical
