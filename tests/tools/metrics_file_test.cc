#include "tools/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::HasSubstr;

class MetricsFileTest : public TestWithFolder {
 protected:
  std::string reason_of_failure(const std::string& text) {
    put(file("metrics.csv"), text);
    try {
      MetricsFile::read(file("metrics.csv"));
    } catch (const FileError& error) {
      return error.what();
    }
    return "no failure";
  }
};

TEST_F(MetricsFileTest, ReadsColumnsWhereverTheyAre) {
  put(file("metrics.csv"),
      "train_examples,epoch,test_error_percent,train_error_percent,angle\r\n"
      "0,0,90.5,,nan\r\n60000,1,8,,\r\n");
  const MetricsFile metrics = MetricsFile::read(file("metrics.csv"));
  EXPECT_EQ(metrics.rows(), 2);
  EXPECT_THAT(metrics.column("train_examples"), testing::ElementsAre(0, 60000));
  EXPECT_THAT(metrics.column("test_error_percent"), testing::ElementsAre(90.5, 8));
  EXPECT_EQ(metrics.last_value("test_error_percent"), 8);
  for (const char* name : {"train_error_percent", "angle", "test_loss"}) {
    EXPECT_FALSE(metrics.has_values(name)) << name;
  }
  EXPECT_TRUE(metrics.has("angle"));
  EXPECT_FALSE(metrics.has("test_loss"));
}

TEST_F(MetricsFileTest, FaultsAreNamedWithTheirLine) {
  const std::string header = "train_examples,test_error_percent,train_error_percent\n";
  EXPECT_THAT(reason_of_failure(""), HasSubstr("is empty"));
  EXPECT_THAT(reason_of_failure("a,b\n1,2\n"), HasSubstr("is no metrics.csv of a run"));
  EXPECT_THAT(reason_of_failure(header + "0,1,2\n1,2\n"), HasSubstr("metrics.csv:3: 2 values"));
  EXPECT_THAT(reason_of_failure(header + "0,1x,2\n"), HasSubstr("test_error_percent is '1x'"));
  EXPECT_THROW(MetricsFile::read(file("none")), FileError);
  EXPECT_THROW(MetricsFile::read(folder_), FileError);
}

}  // namespace
}  // namespace apical
