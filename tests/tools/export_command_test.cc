#include "tools/export_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"
#include "tools/exit_code.h"

namespace apical {
namespace {

using testing::HasSubstr;

class ExportCommand : public TestWithFolder {
 protected:
  ExportCommand() {
    write_sonata_spikes(spikes_,
                        std::vector<SpikeTrain>{{"input", 3, {1, 2.125, 0.1 + 20.2}, {0, 2, 1}},
                                                {"output", 2, {1.2345678901234567e-05, 2}, {1, 0}}},
                        {});
  }

  struct Result {
    ExitCode code;
    std::string out;
    std::string err;
  };

  static Result run(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto code = static_cast<ExitCode>(export_command(arguments));
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }

  static void expect_failure(const std::vector<std::string>& arguments, ExitCode code,
                             const std::string& message) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_THAT(result.err, testing::AllOf(testing::StartsWith("apical: "), HasSubstr(message)));
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << "one line";
  }

  const std::string spikes_ = file("spikes.h5");
};

TEST_F(ExportCommand, GdfCountsIdsFromOneOverAllPopulations) {
  const Result result = run({spikes_, "--format", "gdf", "-o", file("spikes.gdf")});
  EXPECT_EQ(result.code, ExitCode::kDone) << result.err;
  EXPECT_EQ(result.out, "input: ids 1 to 3\noutput: ids 4 to 5\n");
  const std::string text = content(file("spikes.gdf"));
  EXPECT_THAT(text, testing::StartsWith("5\t0.000012345678901234568\n"));
  EXPECT_THAT(text, HasSubstr("\n1\t1.0\n4\t2.0\n3\t2.125\n2\t20.3"));
  // One population keeps its ids.
  EXPECT_EQ(run({spikes_, "--format", "gdf", "--population", "output"}).out.substr(0, 2), "5\t");
}

TEST_F(ExportCommand, NeoReadsTheGdf) {
  ASSERT_EQ(run({spikes_, "-o", file("spikes.gdf")}).code, ExitCode::kDone);
  put(file("check.py"), R"(
import sys
import neo
import quantities as pq
segment = neo.io.NestIO(sys.argv[1]).read_segment(
    gid_list=[], t_start=0 * pq.ms, t_stop=100 * pq.ms, id_column_gdf=0, time_column_gdf=1)
trains = {train.annotations["id"]: list(train.magnitude) for train in segment.spiketrains}
assert trains == {1: [1], 2: [0.1 + 20.2], 3: [2.125], 4: [2], 5: [1.2345678901234567e-05]}, trains
)");
  const std::string command =
      "/usr/bin/python3 '" + file("check.py").string() + "' '" + file("spikes.gdf").string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(ExportCommand, CsvHasAHeader) {
  EXPECT_THAT(run({spikes_, "--format", "csv"}).out,
              testing::MatchesRegex("population,node_id,time_ms\noutput,1,0.000012345678901234568\n"
                                    "input,0,1.0\noutput,0,2.0\ninput,2,2.125\ninput,1,20.3.*\n"));
}

TEST_F(ExportCommand, FaultsAreOneLine) {
  put(file("there.gdf"), "old");
  put(file("bad.h5"), "no HDF5");
  expect_failure({}, ExitCode::kWrongUsage, "one file");
  expect_failure({spikes_}, ExitCode::kWrongUsage, "no format");
  expect_failure({spikes_, "--format", "nwb"}, ExitCode::kWrongUsage, "gdf or csv");
  expect_failure({spikes_, "-o", file("there.gdf")}, ExitCode::kCannotWrite, "--force");
  expect_failure({spikes_, "-o", file("none") / "a.gdf"}, ExitCode::kCannotWrite, "a.gdf");
  expect_failure({file("bad.h5"), "-o", file("there.gdf"), "--force"}, ExitCode::kBadData,
                 "not an HDF5 file");
  expect_failure({spikes_, "--format", "csv", "--population", "x"}, ExitCode::kBadData,
                 "it holds input, output");
  EXPECT_EQ(content(file("there.gdf")), "old");
}

}  // namespace
}  // namespace apical
