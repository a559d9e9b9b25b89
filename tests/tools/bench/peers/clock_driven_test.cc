// The C++ peer as compare_peers.py runs it, on a small sample of digits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/program/program.h"

namespace apical::peers {
namespace {

Finished clock_driven(std::vector<std::string> arguments) {
  const std::filesystem::path root = std::filesystem::current_path();
  arguments.insert(arguments.begin(), root / "tools/bench/peers/clock_driven");
  return run_command_line(arguments, root);
}

TEST(ClockDriven, ReportsOneLineOfJsonAtTheEnd) {
  const Finished run = clock_driven({"--data", "tests/data/digits", "--examples", "60"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string lines = run.out.substr(0, run.out.find_last_not_of('\n') + 1);
  const auto result = nlohmann::json::parse(lines.substr(lines.rfind('\n') + 1));
  EXPECT_EQ(result["peer"], "C++");
  EXPECT_EQ(result["dt_ms"], 1);
  EXPECT_EQ(result["examples"], 60);
  EXPECT_GT(result["train_ms_per_example"], 0);
  EXPECT_GE(result["train_error_percent"], 0);
  EXPECT_LE(result["train_error_percent"], 100);
  // No neuron can fire faster than 200 Hz.
  for (const char* population : {"input", "hidden", "output"}) {
    const double rate = result[std::string(population) + "_rate_hz"];
    EXPECT_GT(rate, 0);
    EXPECT_LT(rate, 200);
  }
}

TEST(ClockDriven, TakesATimeStep) {
  const Finished run =
      clock_driven({"--data", "tests/data/digits", "--examples", "5", "--dt", "0.25"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, testing::HasSubstr("\"dt_ms\":0.25"));
  for (const char* wrong : {"0.3", "2", "0", "-1", "1e-9", "nan"}) {
    const Finished refused = clock_driven({"--dt", wrong});
    EXPECT_EQ(refused.exit_code, 2) << wrong;
    EXPECT_THAT(refused.err, testing::HasSubstr("--dt")) << wrong;
  }
}

TEST(ClockDriven, HasTheExitCodesOfApical) {
  EXPECT_EQ(clock_driven({"--help"}).exit_code, 0);
  const Finished unknown = clock_driven({"--exmaples", "60"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, testing::HasSubstr("--exmaples"));
  const Finished missing = clock_driven({"--data", "no/such/folder"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, testing::HasSubstr("no/such/folder"));
}

}  // namespace
}  // namespace apical::peers
