// How much work a training trial and a test image are, in instructions. Unlike a time this is the
// same in every run, whatever else the machine does, so it can be held against a figure in CI. The
// tolerance is for what differs between machines of one build: the C library binds the best exp,
// log and memcpy for the processor.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/program/program.h"

namespace apical {
namespace {

#if defined(APICAL_CONFIG) && !defined(__clang__)
constexpr const char* kConfig = APICAL_CONFIG;
#else
constexpr const char* kConfig =
    "";  // no figure: not optimized, with a sanitizer, by another compiler
#endif

TEST(TrialInstructions, AreAsCommitted) {
  const std::string config = kConfig;
  if (config.empty()) GTEST_SKIP() << "figures are of --config=v3 and --config=opt only";
  const std::string folder = "tools/bench/";
  const auto committed = nlohmann::json::parse(content_of(folder + "trial_instructions.json"));
  const double tolerance = committed["tolerance_percent"];

  const Finished finished =
      run_command_line({"python3", folder + "trial_instructions.py", folder + "trial_instructions"},
                       std::filesystem::current_path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const auto measured = nlohmann::json::parse(finished.out);
  for (const char* work : {"training", "test"}) {
    const double before = committed["instructions"][config][work];
    const double now = measured[work];
    const double change = 100 * (now / before - 1);
    EXPECT_LE(std::abs(change), tolerance)
        << work << " takes " << measured[work] << " instructions with --config=" << config << ", "
        << committed["instructions"][config][work] << " were committed: " << std::showpos << change
        << std::noshowpos << " %, where " << tolerance
        << " % are tolerated. If more is meant, or if it is less, so that it stays so, run\n"
        << "  tools/bench/trial_instructions.py --update\nand commit " << folder
        << "trial_instructions.json.";
  }
}

}  // namespace
}  // namespace apical
