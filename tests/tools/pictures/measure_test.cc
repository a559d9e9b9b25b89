#include "tools/pictures/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/tools/pictures/test_with_runs.h"
#include "tools/command_error.h"

namespace apical {
namespace {

using testing::HasSubstr;

using MeasureTest = TestWithRuns;

TEST_F(MeasureTest, LossIsDrawnWhereThereAreNoErrors) {
  const std::string losses =
      "train_examples,test_error_percent,train_error_percent,test_loss,"
      "train_loss\n0,,,9,\n10,,,5,6\n";
  const std::vector<RecordedRun> autoencoder = {run_of("auto", losses)};
  EXPECT_EQ(measure_of(autoencoder, std::nullopt).word, "loss");
  const std::string errors =
      "train_examples,test_error_percent,train_error_percent\n0,90,\n100,20,30\n";
  const std::vector<RecordedRun> classifier = {run_of("class", errors)};
  EXPECT_EQ(measure_of(classifier, std::nullopt).word, "error");

  const auto reason = [](const std::vector<RecordedRun>& runs,
                         const std::optional<std::string>& name) {
    try {
      measure_of(runs, name);
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("no failure");
  };
  EXPECT_THAT(reason({autoencoder[0], classifier[0]}, std::nullopt), HasSubstr("plot them apart"));
  EXPECT_THAT(reason(classifier, "loss"), HasSubstr("holds no loss; --measure error draws"));
  EXPECT_THAT(reason({run_of("new", "train_examples,test_error_percent\n")}, std::nullopt),
              HasSubstr("holds no errors yet"));
}

TEST_F(MeasureTest, AColumnIsDrawnWithItsUnit) {
  const std::string head = "train_examples,mean_rate_hz_hidden,loss_correlation_3,angle_degrees\n";
  const std::vector<RecordedRun> runs = {run_of("one", head + "0,,,\n10,23.456,0.25,60\n")};
  const Measure rate = measure_of(runs, "mean_rate_hz_hidden");
  EXPECT_FALSE(rate.is_of_tests());
  EXPECT_EQ(rate.column, "mean_rate_hz_hidden");
  EXPECT_EQ(rate.axis, "Mean rate, hidden (Hz)");
  EXPECT_EQ(number_text(23.456, rate), "23.46 Hz");
  const Measure correlation = measure_of(runs, "loss_correlation_3");
  EXPECT_EQ(correlation.axis, "Loss correlation 3");
  EXPECT_EQ(number_text(0.25, correlation), "0.25");
  EXPECT_EQ(measure_of(runs, "angle_degrees").axis, "Angle (degrees)");
}

TEST_F(MeasureTest, AColumnThatIsMissingIsNamed) {
  const RecordedRun with = run_of("with", "train_examples,angle\n0,60\n");
  const RecordedRun empty = run_of("empty", "train_examples,angle\n0,\n");
  const RecordedRun without = run_of("without", "train_examples\n0\n");
  EXPECT_EQ(measure_of(std::vector{with}, "angle").column, "angle");
  EXPECT_THROW(measure_of(std::vector{with, empty}, "angle"), FileError);
  EXPECT_THROW(measure_of(std::vector{with, without}, "angle"), FileError);
  EXPECT_THROW(measure_of(std::vector{without}, "angle"), UsageError);
  try {
    measure_of(std::vector{with}, "angel");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("which has train_examples, angle;"));
  }
}

}  // namespace
}  // namespace apical
