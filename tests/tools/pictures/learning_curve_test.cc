#include "tools/pictures/learning_curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/tools/pictures/test_with_runs.h"

namespace apical {
namespace {

using testing::HasSubstr;

const Measure kError = {"test_error_percent", "train_error_percent", "Error (%)", "error", " %"};

class LearningCurveTest : public TestWithRuns {
 protected:
  RecordedRun run(const std::string& name, const std::string& rows) {
    return run_of(name, "train_examples,test_error_percent,train_error_percent\n" + rows);
  }
};

TEST_F(LearningCurveTest, SeedsAreAveragedOverTheTestsThatAllHaveMade) {
  const RecordedRun one = run("one", "0,90,\n100,20,30\n200,10,12\n");
  const RecordedRun two = run("two", "0,80,\n100,40,50\n");
  const LearningCurve curve = learning_curve_of({"both", {&one, &two}}, kError);
  EXPECT_EQ(curve.seeds, 2);
  EXPECT_THAT(curve.train_examples, testing::ElementsAre(0, 100));
  EXPECT_EQ(curve.test[1]->mean, 30);
  EXPECT_EQ(curve.test[1]->low, 20);
  EXPECT_EQ(curve.test[1]->high, 40);
  EXPECT_EQ(curve.train[0], std::nullopt);
  EXPECT_EQ(curve.train[1]->mean, 40);
}

// Rows of small tests count: what training trials measured does not depend on them.
TEST_F(LearningCurveTest, WhatTrainingMeasuredIsOneLine) {
  const RecordedRun one = run_of("one",
                                 "train_examples,test_examples,test_error_percent,"
                                 "train_error_percent,angle_degrees\n"
                                 "50,10,50,60,-1\n100,1000,20,30,5\n");
  const Measure angle = measure_of(std::vector{one}, "angle_degrees");
  const LearningCurve curve = learning_curve_of({"one", {&one}}, angle);
  EXPECT_THAT(curve.train_examples, testing::ElementsAre(50, 100));
  EXPECT_EQ(curve.test[0]->mean, -1);
  EXPECT_EQ(curve.test[1]->mean, 5);
  EXPECT_EQ(curve.train[1], std::nullopt);
  EXPECT_EQ(curve.interim[0], std::nullopt);
  const std::string svg =
      draw_with_gnuplot(learning_curve_script({{curve}}, angle, 0, "", PictureFormat::kSvg));
  EXPECT_THAT(svg, HasSubstr("Angle (degrees) of one"));
  EXPECT_THAT(svg, HasSubstr("angle 5.00 degrees"));
  EXPECT_THAT(svg, testing::Not(HasSubstr("test")));
}

TEST_F(LearningCurveTest, SeedsWithoutACommonTestAreRefused) {
  const RecordedRun one = run("one", "0,90,\n");
  const RecordedRun two = run("two", "5,80,\n");
  EXPECT_THROW(learning_curve_of({"both", {&one, &two}}, kError), FileError);
}

std::optional<Spread> exactly(double value) { return Spread{value, value, value}; }

LearningCurve curve(int rows, double scale) {
  LearningCurve curve{"run", 1, {}, {}, {}, {}};
  for (int i = 0; i < rows; ++i) {
    curve.train_examples.push_back(i * 1000.0);
    curve.test.push_back(exactly(scale / (i + 1)));
    curve.train.push_back(i == 0 ? std::nullopt : exactly(scale / (i + 2)));
  }
  return curve;
}

std::string drawn(const std::vector<LearningCurve>& curves, const std::string& title = "") {
  return draw_with_gnuplot(learning_curve_script(curves, kError, 0, title, PictureFormat::kSvg));
}

// So that a line joins no tests of different precision.
TEST_F(LearningCurveTest, TestsOfFewerImagesAreApart) {
  const RecordedRun one =
      run_of("run",
             "train_examples,test_examples,test_error_percent,train_error_percent\n"
             "0,100,90,\n50,10,30,40\n100,100,20,30\n150,10,,25\n");
  const LearningCurve curve = learning_curve_of({"run", {&one}}, kError);
  const auto means = [](const std::vector<std::optional<Spread>>& values) {
    std::vector<double> found;
    for (const auto& value : values) found.push_back(value ? value->mean : -1);
    return found;
  };
  EXPECT_THAT(means(curve.test), testing::ElementsAre(90, -1, 20, -1));
  EXPECT_THAT(means(curve.interim), testing::ElementsAre(-1, 30, -1, -1));
  EXPECT_THAT(means(curve.train), testing::ElementsAre(-1, 40, 30, 25));
  EXPECT_THAT(drawn({curve}), HasSubstr("thin: tests of fewer images"));
}

// Its interim tests are no full ones because it has had no other.
TEST_F(LearningCurveTest, ARunInItsFirstEpochHasNoFullTest) {
  const std::string start =
      "train_examples,test_examples,test_error_percent,train_error_percent\n"
      "0,10,90,\n50,10,30,40\n";
  const RecordedRun first = run_of("first", start);
  const RecordedRun done = run_of("done", start + "100,100,20,30\n");
  const LearningCurve both = learning_curve_of({"both", {&done, &first}}, kError);
  EXPECT_THAT(both.test, testing::Each(testing::Eq(std::nullopt)));
  ASSERT_EQ(both.interim.size(), 2);
  EXPECT_EQ(both.interim[1]->mean, 30);
}

TEST_F(LearningCurveTest, OneFullTestAmongManyIsVisible) {
  LearningCurve curve{"run", 1, {}, {}, {}, {}};
  for (int i = 0; i < 500; ++i) {
    curve.train_examples.push_back(i);
    curve.interim.push_back(i < 499 ? exactly(50) : std::nullopt);
    curve.test.push_back(i < 499 ? std::nullopt : exactly(40));
    curve.train.push_back(std::nullopt);
  }
  const std::string script = learning_curve_script({{curve}}, kError, 0, "", PictureFormat::kSvg);
  EXPECT_THAT(script, HasSubstr("$test0 using 1:2 with linespoints linewidth 1.8 dashtype 1 "
                                "pointtype 7 pointsize 0.7 "));
}

TEST_F(LearningCurveTest, CurvesOfAnyLengthAndHeightAreDrawn) {
  for (const int rows : {1, 2, 60, 500}) {
    for (const double scale : {0.0, 0.001, 90.0, 100.0}) {
      EXPECT_THAT(drawn({curve(rows, scale)}), HasSubstr("</svg>")) << rows << " " << scale;
    }
  }
}

TEST_F(LearningCurveTest, OneMarkerIsVisible) {
  const std::string svg = drawn({curve(1, 90)});
  std::size_t markers = 0;
  for (auto at = svg.find("<use "); at != std::string::npos; at = svg.find("<use ", at + 1)) {
    if (svg.find("#gpPt6'", at) < svg.find('>', at)) ++markers;
  }
  EXPECT_GE(markers, 2U) << "in the plot and in the key";
}

TEST_F(LearningCurveTest, KeyNamesRunsAndLastErrors) {
  std::vector<LearningCurve> curves;
  for (int i = 0; i < 9; ++i) {
    curves.push_back(curve(10, 50 + i));
    curves.back().name = "run_" + std::to_string(i);
  }
  curves.back().seeds = 3;
  curves.back().test.back() = Spread{5.8, 5, 6.5};
  const std::string svg = drawn(curves, "All runs");
  EXPECT_THAT(svg, HasSubstr("All runs"));
  EXPECT_THAT(svg, HasSubstr("run_0: test 5.00 %, train 4.55 %"));
  EXPECT_THAT(svg, HasSubstr("run_8, 3 seeds: test 5.80 % (5.00 to 6.50 %)"));
  EXPECT_THAT(svg, HasSubstr("band: lowest to highest test"));
}

TEST_F(LearningCurveTest, NoTwoCurvesLookTheSame) {
  for (const int rows : {3, 500}) {
    const std::string script =
        learning_curve_script(std::vector(20, curve(rows, 90)), kError, 0, "", PictureFormat::kSvg);
    std::set<std::string> looks;
    for (auto at = script.find(" dashtype "); at != std::string::npos;
         at = script.find(" dashtype ", at + 1)) {
      const std::string look = script.substr(at, script.find("title", at) - at);
      EXPECT_TRUE(looks.insert(look.substr(0, look.rfind('\''))).second) << look;
      EXPECT_THAT(look, testing::Not(HasSubstr("pointsize 0 ")));
    }
    EXPECT_EQ(looks.size(), 40);
  }
}

}  // namespace
}  // namespace apical
