#include "tools/pictures/confusion_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::HasSubstr;

class ConfusionMatrixTest : public TestWithFolder {
 protected:
  void write(const std::vector<std::int64_t>& labels, const std::vector<std::int64_t>& examples,
             const std::vector<std::int64_t>& answers) {
    Hdf5File made = Hdf5File::create(path_);
    made.write<std::int64_t>("/labels", labels);
    made.write<std::int64_t>("/train_examples", examples);
    made.write<std::int64_t>("/answers", answers,
                             std::vector<std::uint64_t>{examples.size(), labels.size()});
    made.close();
  }

  std::string reason(std::optional<std::int64_t> examples) {
    try {
      read_confusion_matrix(path_, examples);
    } catch (const FileError& error) {
      return error.what();
    }
    return "no failure";
  }

  const std::filesystem::path path_ = file("tests.h5");
};

TEST_F(ConfusionMatrixTest, CountsEachPairOfClassAndAnswer) {
  write({0, 1, 1, 2}, {0, 100}, {0, 0, 0, 0, 0, 1, 2, 2});
  const ConfusionMatrix last = read_confusion_matrix(path_, std::nullopt);
  EXPECT_EQ(last.train_examples, 100);
  EXPECT_EQ(last.classes, 3);
  EXPECT_THAT(last.counts, testing::ElementsAre(1, 0, 0, 0, 1, 1, 0, 0, 1));
  EXPECT_EQ(last.error_percent(), 25);
  EXPECT_EQ(read_confusion_matrix(path_, 0).error_percent(), 75);
  const std::string svg = draw_with_gnuplot(confusion_matrix_script(last, "", PictureFormat::kSvg));
  for (const char* text : {"after 100 training images", "25.00 % of 4 test images", "50.0"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST_F(ConfusionMatrixTest, ImagesThatCouldNotBeReadDoNotCount) {
  write({0, -1, 1, -1}, {0}, {0, -1, 0, -1});
  const ConfusionMatrix matrix = read_confusion_matrix(path_, std::nullopt);
  EXPECT_THAT(matrix.counts, testing::ElementsAre(1, 0, 1, 0));
  EXPECT_EQ(matrix.error_percent(), 50);
  write({-1}, {0}, {-1});
  EXPECT_THAT(reason(std::nullopt), HasSubstr("no image could be read"));
}

TEST_F(ConfusionMatrixTest, FaultsAreNamed) {
  write({0, 1}, {0}, {0, -1});
  EXPECT_THAT(reason(std::nullopt), HasSubstr("classes beyond 0"));
  EXPECT_THAT(reason(7), HasSubstr("it holds those after 0"));
  write({0, 1}, {}, {});
  EXPECT_THAT(reason(std::nullopt), HasSubstr("no test yet"));
}

}  // namespace
}  // namespace apical
