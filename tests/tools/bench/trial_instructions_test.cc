// How much work a training trial and a test image are, in instructions. Unlike a time this is the
// same in every run, whatever else the machine does, so it can be held against a figure in CI. The
// tolerance is for what differs between machines of one build: the C library binds the best exp,
// log and memcpy for the processor.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/program/program.h"

namespace apical {
namespace {

// Empty where there is no figure: not optimized, with a sanitizer, by another compiler.
#ifdef __clang__
constexpr const char* kConfig = "";
#else
constexpr const char* kConfig = APICAL_CONFIG;
#endif

TEST(TrialInstructions, AreAsCommitted) {
  const std::string config = kConfig;
  if (config.empty()) GTEST_SKIP() << "figures are of --config=v3 and --config=opt only";
  const std::string folder = "tools/bench/";
  const auto committed = nlohmann::json::parse(content_of(folder + "trial_instructions.json"));
  const double tolerance = committed.at("tolerance_percent");

  const Finished finished =
      run_command_line({"python3", folder + "trial_instructions.py", folder + "trial_instructions"},
                       std::filesystem::current_path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const auto measured = nlohmann::json::parse(finished.out);
  for (const char* work : {"training", "test"}) {
    const auto before = committed.at("instructions").at(config).at(work).get<std::int64_t>();
    const auto now = measured.at(work).get<std::int64_t>();
    const double change = 100 * (static_cast<double>(now) / static_cast<double>(before) - 1);
    EXPECT_LE(std::abs(change), tolerance)
        << work << " with --config=" << config << ": " << now << " instructions measured, "
        << before << " committed, tolerance " << tolerance << " %.\n"
        << "If that is meant, run and commit, so that a gain stays one too:\n"
        << "  tools/bench/trial_instructions.py --update";
  }
}

}  // namespace
}  // namespace apical
