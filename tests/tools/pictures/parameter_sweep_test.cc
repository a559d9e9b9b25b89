#include "tools/pictures/parameter_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/pictures/test_with_runs.h"
#include "tools/command_error.h"

namespace apical {
namespace {

using testing::HasSubstr;

const Measure kError = {"test_error_percent", "train_error_percent", "Error (%)", "error", " %"};

class ParameterSweepTest : public TestWithRuns {
 protected:
  RecordedRun run(const std::string& experiment, double test_error) {
    return run_of("run" + std::to_string(runs_++),
                  "train_examples,test_error_percent,train_error_percent\n9," +
                      std::to_string(test_error) + ",\n",
                  experiment);
  }

  static std::string batch(int size, int seed, const std::string& algorithm = "BP") {
    return "seed: " + std::to_string(seed) + " training { rate_learning { algorithm: " + algorithm +
           " batch_size: " + std::to_string(size) + " } }";
  }

  int runs_ = 0;
};

TEST_F(ParameterSweepTest, TheOnlyDifferenceIsFoundAndSeedsAreAveraged) {
  const std::vector<RecordedRun> runs = {run(batch(128, 1), 3), run(batch(16, 1), 1),
                                         run(batch(16, 2), 2)};
  const ParameterSweep sweep = parameter_sweep_of(runs, "", kError);
  EXPECT_EQ(sweep.field, "training.rate_learning.batch_size");
  EXPECT_TRUE(sweep.numbers);
  EXPECT_THAT(sweep.values, testing::ElementsAre("16", "128"));
  ASSERT_EQ(sweep.series.size(), 1);
  EXPECT_EQ(sweep.series[0].tests.at("16").mean, 1.5);
  EXPECT_EQ(sweep.series[0].tests.at("128").high, 3);
}

TEST_F(ParameterSweepTest, OtherDifferencesAreSeries) {
  const std::vector<RecordedRun> runs = {run(batch(16, 1), 3), run(batch(32, 1), 1),
                                         run(batch(16, 1, "FA"), 2), run(batch(32, 2, "FA"), 5)};
  const std::string x = "training.rate_learning.batch_size";
  const ParameterSweep sweep = parameter_sweep_of(runs, x, kError);
  ASSERT_EQ(sweep.series.size(), 2);
  EXPECT_EQ(sweep.series[0].name, "algorithm BP");
  EXPECT_EQ(sweep.series[1].name, "algorithm FA");
  const std::string svg =
      draw_with_gnuplot(parameter_sweep_script(sweep, kError, "", PictureFormat::kSvg));
  for (const char* text : {"algorithm FA", "Test error (%)", "training.rate_learning.batch_size"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, testing::Not(HasSubstr("logarithmic")));
  // What is no number has its place in the order given.
  const ParameterSweep names = parameter_sweep_of(runs, "training.rate_learning.algorithm", kError);
  EXPECT_FALSE(names.numbers);
  EXPECT_THAT(names.values, testing::ElementsAre("BP", "FA"));
  EXPECT_THAT(draw_with_gnuplot(parameter_sweep_script(names, kError, "", PictureFormat::kSvg)),
              HasSubstr("FA"));
}

TEST_F(ParameterSweepTest, RunsThatHaveNotFinishedAreLeftOutAndCounted) {
  std::vector<RecordedRun> runs = {run(batch(16, 1), 3), run(batch(32, 1), 1),
                                   run(batch(32, 2), 60)};
  runs[2].unfinished = true;
  const ParameterSweep sweep = parameter_sweep_of(runs, "", kError);
  EXPECT_EQ(sweep.unfinished, 1U);
  EXPECT_EQ(sweep.series[0].tests.at("32").high, 1);
  EXPECT_THAT(draw_with_gnuplot(parameter_sweep_script(sweep, kError, "", PictureFormat::kSvg)),
              HasSubstr("without 1 run that has not finished"));
  for (RecordedRun& each : runs) each.unfinished = true;
  EXPECT_THROW(parameter_sweep_of(runs, "", kError), FileError);
}

TEST_F(ParameterSweepTest, ASeedThatIsGivenTwiceIsNotTwoSeeds) {
  const std::vector<RecordedRun> runs = {run(batch(16, 1), 3), run(batch(32, 1), 1),
                                         run(batch(32, 1), 1)};
  const ParameterSweep sweep =
      parameter_sweep_of(runs, "training.rate_learning.batch_size", kError);
  ASSERT_EQ(sweep.series.size(), 2U);
  EXPECT_EQ(sweep.series[0].seeds, 1U);
}

TEST_F(ParameterSweepTest, WidelySpreadTestsAndManyValuesAreReadable) {
  std::vector<RecordedRun> runs;
  for (int size = 10; size <= 300; size += 10) runs.push_back(run(batch(size, 1), 1e3 / size));
  const std::string script =
      parameter_sweep_script(parameter_sweep_of(runs, "", kError), kError, "", PictureFormat::kSvg);
  EXPECT_THAT(script, HasSubstr("set logscale y"));
  EXPECT_THAT(script, HasSubstr("set xtics (7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500)"));
  EXPECT_THAT(draw_with_gnuplot(script), HasSubstr("Test error (%), logarithmic"));
}

TEST_F(ParameterSweepTest, AWideRangeIsLogarithmicAndSaysSo) {
  const std::vector<RecordedRun> runs = {run(batch(16, 1), 3), run(batch(512, 1), 1)};
  const ParameterSweep sweep = parameter_sweep_of(runs, "", kError);
  EXPECT_THAT(draw_with_gnuplot(parameter_sweep_script(sweep, kError, "", PictureFormat::kSvg)),
              HasSubstr("training.rate_learning.batch_size, logarithmic"));
}

TEST_F(ParameterSweepTest, NumbersOrderSeriesAndValues) {
  const auto with_epochs = [](int epochs, const std::string& size) {
    return "training { epochs: " + std::to_string(epochs) + " rate_learning { algorithm: BP " +
           size + " } }";
  };
  std::vector<RecordedRun> runs;
  for (const int epochs : {100, 20}) {
    for (const char* size : {"batch_size: 64", "", "batch_size: 8"}) {
      runs.push_back(run(with_epochs(epochs, size), 3));
    }
  }
  const ParameterSweep sweep =
      parameter_sweep_of(runs, "training.rate_learning.batch_size", kError);
  EXPECT_THAT(sweep.values, testing::ElementsAre("8", "64", "unset"));
  ASSERT_EQ(sweep.series.size(), 2);
  EXPECT_EQ(sweep.series[0].name, "epochs 20");
}

TEST_F(ParameterSweepTest, UnknownAndAmbiguousFieldsAreExplained) {
  const auto reason = [](const std::vector<RecordedRun>& runs, const std::string& field) {
    try {
      parameter_sweep_of(runs, field, kError);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("no failure");
  };
  const std::vector<RecordedRun> runs = {run(batch(16, 1), 3), run(batch(32, 1, "FA"), 1)};
  EXPECT_THAT(reason(runs, ""), HasSubstr("differ in 2 fields"));
  EXPECT_THAT(reason(runs, "training.rate_learning.batch_sise"),
              HasSubstr("training.rate_learning.batch_size"));
  EXPECT_THAT(reason({runs[0], run(batch(16, 2), 3)}, ""), HasSubstr("no field but the seed"));
}

}  // namespace
}  // namespace apical
