#include "tools/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using Use = RunFolder::Use;

class RunFolderTest : public TestWithFolder {
 protected:
  std::filesystem::path run_ = file("runs") / "name-1";
};

std::vector<Metric> row(int examples, double error) {
  return {Metric("train_examples", examples), Metric("test_error_percent", error),
          Metric("train_error_percent")};
}

TEST_F(RunFolderTest, WritesEachFileWhole) {
  RunFolder folder = RunFolder::create(run_, Use::kNew);
  folder.write_experiment("name: \"x\"\n");
  folder.append_metrics(row(0, 90.25));
  folder.append_metrics(row(60000, 0.1));
  folder.write_summary({{"test_error_percent", 0.1}, {"epochs", 1}, {"version", "1"}});
  EXPECT_EQ(content(run_ / "experiment.textproto"), "name: \"x\"\n");
  EXPECT_EQ(content(run_ / "metrics.csv"),
            "train_examples,test_error_percent,train_error_percent\n0,90.25,\n60000,0.1,\n");
  EXPECT_EQ(content(run_ / "summary.json"),
            "{\n  \"test_error_percent\": 0.1,\n  \"epochs\": 1,\n  \"version\": \"1\"\n}\n");
}

TEST_F(RunFolderTest, NumbersReadBackAsTheSame) {
  for (const double value : {0.1, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, -0.0}) {
    const std::string text = Metric("x", value).text();
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
  EXPECT_EQ(Metric("x", std::numeric_limits<std::uint64_t>::max()).text(), "18446744073709551615");
  EXPECT_EQ(Metric("x", std::numeric_limits<std::int64_t>::min()).text(), "-9223372036854775808");
}

TEST_F(RunFolderTest, AnotherHeaderIsOurMistake) {
  RunFolder folder = RunFolder::create(run_, Use::kNew);
  folder.append_metrics(row(0, 90));
  const std::vector<Metric> other = {Metric("train_examples", 1)};
  EXPECT_THROW(folder.append_metrics(other), std::logic_error);
  EXPECT_THAT(content(run_ / "metrics.csv"), testing::EndsWith("\n0,90,\n"));
}

TEST_F(RunFolderTest, AFailedRowLeavesTheRowsBefore) {
  RunFolder folder = RunFolder::create(run_, Use::kNew);
  folder.append_metrics(row(0, 90));
  const std::string before = content(run_ / "metrics.csv");
  {
    const FileSizeLimit limit(before.size() + 2);
    folder.append_metrics(row(60000, 10));  // is written within a second, or with the summary
    EXPECT_THROW(folder.write_summary({{"complete", true}}), WriteError);
  }
  EXPECT_EQ(content(run_ / "metrics.csv"), before);
}

TEST_F(RunFolderTest, NeverOverwritesUnasked) {
  std::filesystem::create_directories(run_);
  EXPECT_NO_THROW(RunFolder::create(run_, Use::kNew)) << "an empty folder is free";
  put(run_ / "summary.json", "{}");
  try {
    RunFolder::create(run_, Use::kNew);
    FAIL();
  } catch (const RunFolderInUse& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(run_.string()));
    EXPECT_THAT(error.what(), testing::HasSubstr("--force"));
  }
  EXPECT_EQ(content(run_ / "summary.json"), "{}");
}

TEST_F(RunFolderTest, ForceReplacesEachFileOnceItsSuccessorIsThere) {
  std::filesystem::create_directories(run_);
  for (const char* name : {"metrics.csv", "summary.json", "report.h5", "spikes.h5", "notes.txt"}) {
    put(run_ / name, "old");
  }
  RunFolder folder = RunFolder::create(run_, Use::kReplace);
  folder.append_metrics(row(0, 90));
  EXPECT_EQ(content(run_ / "summary.json"), "old");
  EXPECT_EQ(content(run_ / "report.h5"), "old");
  put(folder.file("spikes.h5"), "new");
  folder.write_summary({{"epochs", 0}});
  EXPECT_EQ(content(run_ / "spikes.h5"), "new");
  EXPECT_EQ(content(run_ / "notes.txt"), "old") << "no file of a run";
  EXPECT_FALSE(std::filesystem::exists(run_ / "report.h5")) << "of the earlier run only";
}

// What a run left that ended before its first checkpoint.
TEST_F(RunFolderTest, AnEarlyEndDoesNotBlockARepeat) {
  std::filesystem::create_directories(run_);
  for (const char* name : {"experiment.textproto", "metrics.csv", "checkpoint.h5.partial"}) {
    put(run_ / name, "old");
  }
  EXPECT_NO_THROW(RunFolder::create(run_, Use::kNew));
  EXPECT_FALSE(std::filesystem::exists(run_ / "checkpoint.h5.partial"));
  const auto put_spikes = [&](const TrialTimes& trials) {
    write_sonata_spikes(run_ / "spikes.h5", std::vector<SpikeTrain>{{"input", 1, {}, {}}}, trials);
  };
  put_spikes({});
  EXPECT_NO_THROW(RunFolder::create(run_, Use::kNew)) << "nothing is recorded";
  put_spikes({{0}, {50}, {100}, {0}, {3}});
  EXPECT_THROW(RunFolder::create(run_, Use::kNew), RunFolderInUse);
  std::filesystem::remove(run_ / "spikes.h5");
  put(run_ / "checkpoint.h5", "old");
  EXPECT_THROW(RunFolder::create(run_, Use::kNew), RunFolderInUse);
  EXPECT_NO_THROW(RunFolder::create(run_, Use::kResume));
}

TEST_F(RunFolderTest, OnlyARunIsResumed) {
  std::filesystem::create_directories(run_);
  EXPECT_NO_THROW(RunFolder::create(run_, Use::kResume)) << "as good as none";
  put(run_ / "thesis.tex", "mine");
  EXPECT_THROW(RunFolder::create(run_, Use::kResume), WriteError);
}

TEST_F(RunFolderTest, IsOneRunsAtATime) {
  RunFolder folder = RunFolder::create(run_, Use::kNew);
  for (const Use use : {Use::kNew, Use::kReplace, Use::kResume}) {
    try {
      RunFolder::create(run_, use);
      FAIL();
    } catch (const WriteError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("another run is writing here"));
    }
  }
}

TEST_F(RunFolderTest, RowsAfterACheckpointAreForgotten) {
  const auto path = file("checkpoint.h5");
  std::string at_checkpoint;
  {
    RunFolder folder = RunFolder::create(run_, Use::kNew);
    folder.write_experiment("name: \"x\"\n");
    folder.append_metrics(row(0, 90));
    at_checkpoint = content(run_ / "metrics.csv");
    CheckpointWriter writer(path);
    folder.checkpoint(writer.root());
    writer.commit();
    folder.append_metrics(row(100, 50));
  }
  RunFolder folder = RunFolder::create(run_, Use::kResume);
  CheckpointReader reader(path);
  folder.checkpoint(reader.root());
  EXPECT_EQ(content(run_ / "metrics.csv"), at_checkpoint);
  folder.append_metrics(row(200, 40));
  EXPECT_EQ(content(run_ / "metrics.csv"), at_checkpoint + "200,40,\n");
}

TEST_F(RunFolderTest, WrongPlacesAreNamed) {
  put(file("a"), "a file");
  EXPECT_THROW(RunFolder::create(file("a"), Use::kReplace), WriteError);
  EXPECT_THROW(RunFolder::create(file("a") / "b", Use::kNew), WriteError);
}

}  // namespace
}  // namespace apical
