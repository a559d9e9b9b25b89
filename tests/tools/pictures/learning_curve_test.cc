#include "tools/pictures/learning_curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::HasSubstr;

class LearningCurveTest : public TestWithFolder {
 protected:
  std::string reason_of_failure(const std::string& text) {
    put(file("metrics.csv"), text);
    try {
      read_learning_curve(file("metrics.csv"));
    } catch (const FileError& error) {
      return error.what();
    }
    return "no failure";
  }
};

TEST_F(LearningCurveTest, ReadsItsColumnsWhereverTheyAre) {
  put(file("metrics.csv"),
      "train_examples,epoch,test_error_percent,train_error_percent,x_seconds\n"
      "0,0,90.5,,1\n60000,1,8,9.25,2\n");
  const LearningCurve curve = read_learning_curve(file("metrics.csv"));
  EXPECT_EQ(curve.name, folder_.filename());
  EXPECT_THAT(curve.train_examples, testing::ElementsAre(0, 60000));
  EXPECT_THAT(curve.test_error_percent, testing::ElementsAre(90.5, 8));
  EXPECT_THAT(curve.train_error_percent, testing::ElementsAre(std::nullopt, 9.25));
}

TEST_F(LearningCurveTest, FaultsAreNamedWithTheirLine) {
  const std::string header = "train_examples,test_error_percent,train_error_percent\n";
  EXPECT_THAT(reason_of_failure(""), HasSubstr("is empty"));
  EXPECT_THAT(reason_of_failure("a,b\n1,2\n"), HasSubstr("has no column train_examples"));
  EXPECT_THAT(reason_of_failure(header), HasSubstr("holds no errors yet"));
  EXPECT_THAT(reason_of_failure(header + "0,1,2\n1,2\n"), HasSubstr("metrics.csv:3: 2 values"));
  EXPECT_THAT(reason_of_failure(header + "0,1x,2\n"), HasSubstr("test_error_percent is '1x'"));
  EXPECT_THAT(reason_of_failure(header + ",1,2\n"), HasSubstr("train_examples is empty"));
  EXPECT_THROW(read_learning_curve(file("none")), FileError);
  EXPECT_THROW(read_learning_curve(folder_), FileError);
}

LearningCurve curve(int rows, double scale) {
  LearningCurve curve{"run", {}, {}, {}};
  for (int i = 0; i < rows; ++i) {
    curve.train_examples.push_back(i * 1000.0);
    curve.test_error_percent.emplace_back(scale / (i + 1));
    curve.train_error_percent.push_back(i == 0 ? std::nullopt : std::optional(scale / (i + 2)));
  }
  return curve;
}

TEST_F(LearningCurveTest, CurvesOfAnyLengthAndHeightAreDrawn) {
  for (const int rows : {1, 2, 60, 500}) {
    for (const double scale : {0.0, 0.001, 90.0, 100.0}) {
      const std::vector<LearningCurve> curves = {curve(rows, scale)};
      const std::string script = learning_curve_script(curves, "", PictureFormat::kSvg);
      EXPECT_THAT(draw_with_gnuplot(script), HasSubstr("</svg>")) << script;
    }
  }
}

TEST_F(LearningCurveTest, OneMarkerIsVisible) {
  const std::vector<LearningCurve> curves = {curve(1, 90)};
  const std::string svg = draw_with_gnuplot(learning_curve_script(curves, "", PictureFormat::kSvg));
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
  const std::string svg =
      draw_with_gnuplot(learning_curve_script(curves, "All runs", PictureFormat::kSvg));
  EXPECT_THAT(svg, HasSubstr("All runs"));
  EXPECT_THAT(svg, HasSubstr("run_0: test 5.00 %, train 4.55 %"));
  EXPECT_THAT(svg, HasSubstr("run_8: test 5.80 %"));
}

}  // namespace
}  // namespace apical
