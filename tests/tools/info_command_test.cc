#include "tools/info_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"
#include "tools/exit_code.h"
#include "tools/spike_text.h"
#include "tools/sweep_table.h"

namespace apical {
namespace {

using testing::HasSubstr;

class InfoCommand : public TestWithFolder {
 protected:
  static std::pair<ExitCode, std::string> run(const std::vector<std::string>& files) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto code = static_cast<ExitCode>(info_command(files));
    return {code, testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr()};
  }

  void expect_description(const std::string& name, const std::vector<std::string>& texts) {
    const auto [code, text] = run({file(name)});
    EXPECT_EQ(code, ExitCode::kDone) << text;
    for (const std::string& each : texts) EXPECT_THAT(text, HasSubstr(each));
  }

  void expect_error(const std::string& name, const std::string& reason,
                    ExitCode expected = ExitCode::kBadData) {
    const auto [code, text] = run({file(name)});
    EXPECT_EQ(code, expected) << text;
    EXPECT_THAT(
        text, testing::AllOf(testing::StartsWith("apical: "), HasSubstr(name), HasSubstr(reason)));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
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
  const auto [code, text] = run({file("")});
  EXPECT_EQ(code, ExitCode::kBadData);
  EXPECT_THAT(text, HasSubstr("metrics.csv  metrics of a run, 1 test"));
  EXPECT_THAT(text, HasSubstr("spikes.h5  damaged\n"));
  EXPECT_THAT(text, HasSubstr("spikes.h5: is cut off"));
}

TEST_F(InfoCommand, AnExperimentWithMistakesDoesNotHideTheOthers) {
  put(file("metrics.csv"), "train_examples,test_error_percent\n0,90\n");
  put(file("experiment.textproto"), "no_such_field: 1");
  const auto [code, text] = run({file("")});
  EXPECT_EQ(code, ExitCode::kBadModelFile);
  EXPECT_THAT(text, HasSubstr("metrics.csv  metrics of a run, 1 test"));
  EXPECT_THAT(text, HasSubstr("experiment.textproto  damaged\n"));
  EXPECT_THAT(text, HasSubstr("experiment.textproto:1: "));
}

TEST_F(InfoCommand, EachFileThatCannotBeReadIsALine) {
  put(file("metrics.csv"), "train_examples,test_error_percent\n0,90\n");
  const auto [code, text] = run({file("none"), file("other.gdf"), file("metrics.csv")});
  EXPECT_EQ(code, ExitCode::kBadData);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("none: there is no such file\n"),
                                   HasSubstr("other.gdf: there is no such file\n"),
                                   HasSubstr("metrics of a run, 1 test")));
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

// Input 0 fires at 1 and 4 ms, input 2 at 2.5 ms, and one neuron of a population with a difficult
// name at 20 ms.
const std::vector<SpikeTrain> kSpikes = {{"input", 3, {1, 2.5, 4}, {0, 2, 0}},
                                         {"a, \"b\"\nc", 2, {20}, {1}}};

TEST_F(InfoCommand, ExportedSpikesAreCounted) {
  put(file("spikes.gdf"), gdf_text(kSpikes));
  expect_description("spikes.gdf",
                     {": spikes (GDF), 4 spikes of 3 neurons (ids 1 to 5), 1.0 to 20.0 ms\n"});
  put(file("spikes.csv"), std::string(kCsvHeader) + csv_text(kSpikes));
  expect_description("spikes.csv",
                     {": spikes (CSV), 4 spikes in 2 populations\n",
                      "  input  3 spikes of 2 neurons (ids 0 to 2), 1.0 to 4.0 ms\n",
                      "  a, \"b\" c  1 spike of 1 neuron (id 1), 20.0 to 20.0 ms\n"});
  put(file("silent.gdf"), "");
  expect_description("silent.gdf", {"spikes (GDF), 0 spikes\n"});
  put(file("silent.csv"), std::string(kCsvHeader));
  expect_description("silent.csv", {"spikes (CSV), 0 spikes in 0 populations\n"});
  // As NEST writes it with several threads.
  put(file("nest.gdf"), "7\t3.100\t\n2\t1.200\t\n");
  expect_description("nest.gdf", {"2 spikes of 2 neurons (ids 2 to 7), 1.2 to 3.1 ms"});
}

TEST_F(InfoCommand, ManyIdsAreNotAllToldApart) {
  std::string text;
  for (int id = 1; id <= 1'000'002; ++id) text += std::to_string(id) + "\t1.0\n";
  put(file("wide.gdf"), text);
  expect_description("wide.gdf",
                     {"1000002 spikes of more than 1000000 neurons (ids 1 to 1000002)"});
}

TEST_F(InfoCommand, DamagedSpikesAreOneLine) {
  const std::string gdf = gdf_text(kSpikes);
  put(file("cut.gdf"), gdf.substr(0, gdf.size() - 2));
  expect_error("cut.gdf", "cut.gdf:4: is cut off");
  for (const char* line : {"1\n", "\n", "\t1.0\n", "-1\t1.0\n", "1\tsoon\n", "1\tnan\n",
                           "1\t1.0\t2\n", "# NEST\n", "1,1.0\n"}) {
    put(file("bad.gdf"), "1\t1.0\n" + std::string(line));
    expect_error("bad.gdf", "bad.gdf:2: is no spike");
  }
  put(file("long.gdf"), std::string(3 << 20, '1') + "\t1.0\n");
  expect_error("long.gdf", "is longer than 1048576 bytes");
  const std::string csv = std::string(kCsvHeader) + csv_text(kSpikes);
  put(file("cut.csv"), csv.substr(0, csv.size() - 1));
  expect_error("cut.csv", "is cut off");
  put(file("cut.csv"), csv.substr(0, csv.rfind('\n', csv.size() - 2) + 1));
  expect_error("cut.csv", "is cut off in a name");
  put(file("cut.csv"), csv.substr(0, 12));
  expect_error("cut.csv", "is cut off");
  put(file("header.csv"), "population,node\n");
  expect_error("header.csv", "population,node_id,time_ms would be right");
  for (const char* line : {"1,1.0\n", "\n", ",\n", "input,one,1.0\n", "input,1,\n"}) {
    put(file("bad.csv"), std::string(kCsvHeader) + line);
    expect_error("bad.csv", "bad.csv:2: is no spike");
  }
}

TEST_F(InfoCommand, ASweepTellsWhatItsVariantsSet) {
  put(file("sweep.textproto"), R"(
name: "windows"
description: "How long?"
experiment: "not_here.textproto"
set: "training.epochs=10"
seeds: 2
variant { name: "reference" }
variant { name: "short" description: "Half of it" set: "trial.window_ms=10" set: "a.b=1" }
variant { name: "other" experiment: "other.textproto" })");
  expect_description("sweep.textproto",
                     {": sweep windows, 3 variants with seeds 1 to 2, 6 runs\n", "  How long?\n",
                      "  experiment not_here.textproto\n", "  all variants  training.epochs=10\n",
                      "  variant reference  nothing set\n",
                      "  variant short  Half of it; trial.window_ms=10, a.b=1\n",
                      "  variant other  experiment other.textproto\n"});
  put(file("cut.textproto"), "name: 'windows'\nvariant { name: 'a'\n");
  expect_error("cut.textproto", "cut.textproto:2", ExitCode::kBadModelFile);
  put(file("bare.textproto"), "seeds: 2");
  expect_error("bare.textproto", "no variant", ExitCode::kBadModelFile);
  put(file("seeds.textproto"), "seeds: 0 variant { name: 'a' }");
  expect_error("seeds.textproto", "`seeds` is 0", ExitCode::kBadModelFile);
}

SweepResult result(const std::string& variant, std::uint64_t seed, RunStatus status) {
  SweepResult result{
      {variant, seed, "", {}}, variant + "/seed_" + std::to_string(seed), status, {}};
  if (status == RunStatus::kDone) {
    result.summary = {{"test_error_percent", 12.5}, {"train_examples", 60}};
  }
  return result;
}

// Two variants with two seeds; of `b` one run has failed and one is not done.
const std::vector<SweepResult> kResults = {
    result("a", 4, RunStatus::kDone), result("b", 4, RunStatus::kFailed),
    result("a", 5, RunStatus::kDone), result("b", 5, RunStatus::kNotDone)};

TEST_F(InfoCommand, ABatchTellsWhatIsDone) {
  const std::vector<std::string> texts = {
      "batch of 4 runs, 2 variants with seeds 4 to 5: 2 done, 1 failed, 1 not done\n",
      "  variant a  2 done\n", "  variant b  1 failed, 1 not done\n", "  failed  b/seed_4\n"};
  put(file("batch.csv"), sweep_csv(kResults));
  expect_description("batch.csv", texts);
  expect_description("", texts);
  expect_description("", {": folder of a batch of 4 runs"});
  put(file("batch.md"), sweep_markdown({"", {"a", "b"}, {}, {}}, kResults));
  expect_description("batch.md",
                     {": results of a batch (Markdown), 2 variants\n",
                      "  variant a  2 done, test error 12.50 ± 0.00 %\n", "  variant b  0 done\n"});
  std::vector<SweepResult> failed;
  for (const int seed : {1, 2, 3, 4, 5, 7, 8}) {
    failed.push_back(result("a", seed, RunStatus::kFailed));
  }
  put(file("batch.csv"), sweep_csv(failed));
  expect_description("batch.csv",
                     {"batch of 7 runs, 1 variant with 7 seeds from 1 to 8: 7 failed\n",
                      "a/seed_4, a/seed_5 and 2 more\n"});
}

TEST_F(InfoCommand, ADamagedBatchIsOneLine) {
  const std::string csv = sweep_csv(kResults);
  const std::string header = csv.substr(0, csv.find('\n') + 1);
  std::filesystem::create_directories(file("batch"));
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {csv.substr(0, csv.size() - 1), "batch.csv:5: is cut off"},
           {csv.substr(0, 20), "is cut off"},
           {header, "it has no run"},
           {"variant,seed\n", "variant,seed,status,folder would be right"},
           {"", "has another header"},
           {header + "a,1,done,a/seed_1,1\n", "batch.csv:2: 5 values; the header names 6"},
           {header + "a,one,done,a/seed_1,1,1\n", "its seed or its status"},
           {header + "a,0,done,a/seed_0,1,1\n", "its seed or its status"},
           {header + "a,1,fine,a/seed_1,1,1\n", "its seed or its status"}}) {
    put(file("batch/batch.csv"), text);
    expect_error("batch", reason);
    if (!text.empty()) expect_error("batch/batch.csv", reason);
  }
  const std::string markdown = sweep_markdown({"", {"a", "b"}, {}, {}}, kResults);
  for (const std::size_t size : {markdown.size() - 1, markdown.size() - 9, markdown.find("\n\n"),
                                 markdown.find("\n\n") + 1, markdown.find('\n') + 1}) {
    put(file("batch.md"), markdown.substr(0, size));
    expect_error("batch.md", "is cut off");
  }
  put(file("README.md"), "# Read me\n\nText.\n");
  expect_error("README.md", "is no batch.md");
}

TEST_F(InfoCommand, AnythingElseIsOneLine) {
  put(file("text.txt"), "no file of a run");
  put(file("other.csv"), "a,b\n1,2\n");
  put(file("other.json"), "[1]");
  Hdf5File other = Hdf5File::create(file("other.h5"));
  other.create_group("/something");
  other.close();
  std::filesystem::create_directories(file("folder"));
  put(file("empty.csv"), "");
  for (const char* name : {"text.txt", "other.csv", "empty.csv", "other.json", "other.h5", "folder",
                           "none", "none.gdf", "none.csv", "none.md"}) {
    expect_error(name, "");
  }
}

}  // namespace
}  // namespace apical
