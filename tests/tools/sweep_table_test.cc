#include "tools/sweep_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace apical {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

SweepResult done(const std::string& variant, std::uint64_t seed, const std::string& measure,
                 double value) {
  return {{variant, seed, "", {}},
          "",
          RunStatus::kDone,
          {{"seed", seed}, {"test_" + measure, value}, {"train_" + measure, value + 1}}};
}

// Seeds that are good or bad for all variants say nothing of how variants differ.
TEST(SweepTable, DifferencesAreTakenSeedBySeed) {
  const Sweep sweep{"", {"a", "b", "c"}, {}};
  const std::string error = "error_percent";
  const std::vector<SweepResult> results = {done("a", 1, error, 4),  done("b", 1, error, 5),
                                            done("a", 2, error, 14), done("b", 2, error, 15.5),
                                            done("c", 2, error, 13), done("b", 3, error, 1000)};
  const std::string table = sweep_markdown(sweep, results);
  // 1 and 1.5: a mean of 1.25 and a standard error of 0.35 / sqrt(2).
  EXPECT_THAT(table, HasSubstr("| `a` | 2 | 9.00 ± 7.07 % | 10.00 ± 7.07 % |  |"));
  EXPECT_THAT(table, HasSubstr("| +1.25 ± 0.25 % |"));
  EXPECT_THAT(table, HasSubstr("| `c` | 1 | 13.00 % | 14.00 % | -1.00 % |"));
}

TEST(SweepTable, VariantsOfOtherTasksAreNotCompared) {
  const Sweep sweep{"", {"a", "b"}, {}};
  const std::string table = sweep_markdown(
      sweep, std::vector{done("a", 1, "error_percent", 4), done("b", 1, "loss", 1e39)});
  EXPECT_THAT(table, HasSubstr("test error or loss"));
  EXPECT_THAT(table, HasSubstr("| `a` | 1 | 4.00 % |"));
  EXPECT_THAT(table, HasSubstr("| `b` | 1 | 1e+39 | 1e+39 |  |"));
}

TEST(SweepTable, WhatIsNoNumberIsAnEmptyCell) {
  std::vector<SweepResult> results = {done("a", 1, "loss", 4), done("a", 2, "loss", 5)};
  results[1].summary["test_loss"] = nullptr;
  EXPECT_THAT(sweep_csv(results), AllOf(HasSubstr("\na,1,done,"), Not(HasSubstr("null"))));
}

TEST(SweepTable, AutoencodersHaveALoss) {
  const Sweep sweep{"", {"a"}, {}};
  EXPECT_THAT(sweep_markdown(sweep, std::vector{done("a", 1, "loss", 4)}),
              HasSubstr("| variant | runs | test loss |"));
  EXPECT_THAT(sweep_markdown(sweep, {}), HasSubstr("| variant | runs | test error |"));
}

}  // namespace
}  // namespace apical
