#include "tools/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace apical {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Style = ProgressDisplay::Style;

// A screen and a clock that the test sets.
class ProgressTest : public testing::Test {
 protected:
  ProgressDisplay display(Style style) {
    return {.style = style,
            .unicode = false,
            .write = [this](std::string_view text) { writes_.emplace_back(text); },
            .columns = [this] { return columns_; },
            .now = [this] { return now_; }};
  }

  std::string last() const { return writes_.empty() ? "" : writes_.back(); }

  std::vector<std::string> writes_;
  int columns_ = 100;
  std::chrono::steady_clock::time_point now_;
};

constexpr std::string_view kErase = "\r\x1b[K";

TEST_F(ProgressTest, BarShowsRateAndTimeLeft) {
  Progress progress(60000, "examples", display(Style::kBar));
  progress.set_status("test error 4.1 %");
  now_ += 10s;
  progress.update(15000);
  EXPECT_EQ(
      last(),
      std::string(kErase) +
          " 25%  ########..........................  15000/60000  1500 examples/s  0:30 left  "
          "test error 4.1 %");
}

TEST_F(ProgressTest, ResumedRunsRateIsOfThisRun) {
  Progress progress(60000, "examples", display(Style::kBar), 30000);
  now_ += 10s;
  progress.update(45000);
  EXPECT_THAT(last(), HasSubstr("1500 examples/s  0:10 left"));
}

TEST_F(ProgressTest, BarNeverWraps) {
  for (const bool unicode : {false, true}) {
    for (columns_ = 1; columns_ < 140; ++columns_) {
      ProgressDisplay shown = display(Style::kBar);
      shown.unicode = unicode;
      Progress progress(60000, "examples", shown);
      progress.set_status("test error 4.1 %, train error 3.0 % – gut");
      now_ += 10s;
      progress.update(12345);
      const std::string line = last().substr(kErase.size());
      int columns = 0;
      for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
      EXPECT_LE(columns, std::max(columns_ - 1, 1)) << line;
      if (columns_ > 20) {
        EXPECT_THAT(line, HasSubstr("12345/60000"));
      }
      if (columns_ > 70) {
        EXPECT_THAT(line, HasSubstr("4.1 %")) << "errors matter more than the bar";
      }
    }
  }
}

TEST_F(ProgressTest, BarIsDrawnTenTimesASecond) {
  Progress progress(1000, "examples", display(Style::kBar));
  for (int i = 0; i < 1000; ++i, now_ += 1ms) progress.update(i);
  EXPECT_EQ(writes_.size(), 10U);
}

TEST_F(ProgressTest, MessageTakesTheBarsPlace) {
  Progress progress(100, "examples", display(Style::kBar));
  progress.update(10);
  const std::string bar = last();
  writes_.clear();
  progress.message("hello");
  EXPECT_THAT(writes_, testing::ElementsAre(kErase, "hello\n", bar));
}

TEST_F(ProgressTest, LeavesACleanLine) {
  {
    Progress progress(100, "examples", display(Style::kBar));
    progress.update(10);
  }
  EXPECT_EQ(last(), kErase);
  writes_.clear();
  {
    Progress progress(100, "examples", display(Style::kBar));
    progress.update(10);
    now_ += 50s;
    progress.update(100);
    progress.finish();
  }
  EXPECT_EQ(last(), "100 of 100 examples in 0:50, 2.00 examples/s\n");
}

TEST_F(ProgressTest, PlainLinesComeEveryTenSecondsAndAtTheEnd) {
  Progress progress(7200, "examples", display(Style::kLines));
  for (int i = 0; i < 36; ++i, now_ += 1s) progress.update(i);
  progress.set_status("test error 5 %");
  progress.finish();
  EXPECT_THAT(writes_,
              testing::ElementsAre("10/7200 examples (0 %), 1.00 examples/s, 1:59:50 left\n",
                                   "20/7200 examples (0 %), 1.00 examples/s, 1:59:40 left\n",
                                   "30/7200 examples (0 %), 1.00 examples/s, 1:59:30 left\n",
                                   "35 of 7200 examples in 0:36, 0.97 examples/s, "
                                   "test error 5 %\n"));
}

TEST_F(ProgressTest, QuietShowsMessagesOnly) {
  Progress progress(10, "examples", display(Style::kSilent));
  now_ += 60s;
  progress.update(10);
  progress.message("stopping");
  progress.finish();
  EXPECT_THAT(writes_, testing::ElementsAre("stopping\n"));
}

TEST_F(ProgressTest, NothingToDoIsDone) {
  Progress progress(0, "examples", display(Style::kBar));
  progress.update(0);
  EXPECT_THAT(last(), HasSubstr("100%"));
  progress.finish();
  EXPECT_EQ(last(), "0 of 0 examples in 0:00\n");
}

}  // namespace
}  // namespace apical
