#include "tools/info_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"
#include "tools/exit_code.h"

namespace apical {
namespace {

using testing::HasSubstr;

class InfoCommand : public TestWithFolder {
 protected:
  static std::pair<ExitCode, std::string> run(const std::string& file) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto code = static_cast<ExitCode>(info_command(std::vector<std::string>{file}));
    return {code, testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr()};
  }

  void expect_description(const std::string& name, const std::vector<std::string>& texts) {
    const auto [code, text] = run(file(name));
    EXPECT_EQ(code, ExitCode::kDone) << text;
    for (const std::string& each : texts) EXPECT_THAT(text, HasSubstr(each));
  }
};

TEST_F(InfoCommand, FilesOfARunAreKnownByWhatIsInThem) {
  write_sonata_spikes(file("spikes.h5"), std::vector<SpikeTrain>{{"input", 3, {1, 2}, {0, 2}}},
                      {{0}, {50}, {100}, {7}, {3}});
  expect_description("spikes.h5", {"spikes (SONATA), 2 spikes in 1 population",
                                   "input  2 spikes of 3 neurons, 1.0 to 2.0 ms",
                                   "1 trial, from 7 to 7, 0.0 to 100.0 ms"});
  Hdf5File tests = Hdf5File::create(file("tests.h5"));
  tests.write<std::int64_t>("/labels", std::vector<std::int64_t>{0, 1});
  tests.write<std::int64_t>("/train_examples", std::vector<std::int64_t>{60});
  tests.write<std::int64_t>("/answers", std::vector<std::int64_t>{0, 0},
                            std::vector<std::uint64_t>{1, 2});
  tests.close();
  expect_description("tests.h5", {"1 test on 2 images", "after 60 training images  50.00 % wrong"});
  Hdf5File skipped = Hdf5File::create(file("tests.h5"));
  skipped.write<std::int64_t>("/labels", std::vector<std::int64_t>{0, 1, -1});
  skipped.write<std::int64_t>("/train_examples", std::vector<std::int64_t>{60});
  skipped.write<std::int64_t>("/answers", std::vector<std::int64_t>{0, 0, -1},
                              std::vector<std::uint64_t>{1, 3});
  skipped.close();
  expect_description("tests.h5", {"after 60 training images  50.00 % wrong"});
  Hdf5File untested = Hdf5File::create(file("tests.h5"));
  untested.write<std::int64_t>("/labels", {});
  untested.write<std::int64_t>("/train_examples", {});
  untested.write<std::int64_t>("/answers", {}, std::vector<std::uint64_t>{0, 2});
  untested.close();
  expect_description("tests.h5", {"answers of 0 tests"});
  Hdf5File report = Hdf5File::create(file("report.h5"));
  report.write<float>("/report/hidden/data", {}, std::vector<std::uint64_t>{0, 3});
  report.write<double>("/report/hidden/mapping/time", {});
  report.close();
  expect_description("report.h5", {"report (SONATA) of 1 population", "hidden  nothing yet"});
  Hdf5File weights = Hdf5File::create(file("weights.h5"));
  weights.write<std::int64_t>("/epochs", std::vector<std::int64_t>{0, 2});
  weights.write<float>("/weights/a_to_b", std::vector<float>(12),
                       std::vector<std::uint64_t>{2, 3, 2});
  weights.close();
  expect_description("weights.h5", {"weights after 0, 2 epochs", "weights a_to_b  3 x 2"});
  put(file("metrics.csv"), "train_examples,test_error_percent\n0,90\n60,12.5\n");
  expect_description("metrics.csv",
                     {"2 tests, the last after 60 training images", "test_error_percent  12.5"});
  put(file("summary.json"), R"({"complete": false, "train_examples": 60, "seed": 1,
                                "test_error_percent": 12.5})");
  expect_description("summary.json", {"an unfinished run", "train_examples  60"});
  put(file("experiment.textproto"), "name: 'small' data { name: 'mnist' } training { epochs: 3 }");
  expect_description("experiment.textproto", {"experiment small, seed 1", "mnist, 3 epochs"});
  expect_description("", {"folder of a run, test_error_percent 12.5", "spikes.h5  spikes (SONATA)",
                          "experiment.textproto  experiment small"});
}

TEST_F(InfoCommand, ADamagedFileDoesNotHideTheOthers) {
  put(file("metrics.csv"), "train_examples,test_error_percent\n0,90\n");
  write_sonata_spikes(file("spikes.h5"), std::vector<SpikeTrain>{{"input", 3, {1, 2}, {0, 2}}}, {});
  std::filesystem::resize_file(file("spikes.h5"),
                               std::filesystem::file_size(file("spikes.h5")) - 9);
  const auto [code, text] = run(file(""));
  EXPECT_EQ(code, ExitCode::kBadData);
  EXPECT_THAT(text, HasSubstr("metrics.csv  metrics of a run, 1 test"));
  EXPECT_THAT(text, HasSubstr("spikes.h5  damaged\n"));
  EXPECT_THAT(text, HasSubstr("spikes.h5: is cut off"));
}

TEST_F(InfoCommand, SonataFilesOfOthersAreDescribed) {
  Hdf5File spikes = Hdf5File::create(file("foreign.h5"));
  spikes.write<double>("/spikes/cortex/timestamps", std::vector<double>{5, 1});
  spikes.write<std::uint64_t>("/spikes/cortex/node_ids", std::vector<std::uint64_t>{4, 9});
  spikes.close();
  expect_description("foreign.h5", {"cortex  2 spikes\n"});
  Hdf5File nodes = Hdf5File::create(file("nodes.h5"));
  nodes.write_attribute<std::uint32_t>("/", "magic", 0x0A7A);
  nodes.create_group("/nodes");
  nodes.close();
  expect_description("nodes.h5", {"SONATA file with nodes"});
}

TEST_F(InfoCommand, AnythingElseIsOneLine) {
  put(file("text.txt"), "no file of a run");
  put(file("other.csv"), "a,b\n1,2\n");
  put(file("other.json"), "[1]");
  Hdf5File other = Hdf5File::create(file("other.h5"));
  other.create_group("/something");
  other.close();
  std::filesystem::create_directories(file("folder"));
  std::filesystem::create_directories(file("batch"));
  put(file("batch/batch.csv"), "variant,seed\n");
  for (const char* name :
       {"text.txt", "other.csv", "other.json", "other.h5", "folder", "batch", "none"}) {
    const auto [code, text] = run(file(name));
    EXPECT_EQ(code, ExitCode::kBadData) << text;
    EXPECT_THAT(text, testing::AllOf(testing::StartsWith("apical: "), HasSubstr(name)));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  }
}

}  // namespace
}  // namespace apical
