#include "tools/interrupt.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "tools/exit_code.h"

namespace apical {
namespace {

using namespace std::chrono_literals;

// Far more than any machine needs; nothing waits that long unless the test fails.
template <typename Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 10000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
  return condition();
}

TEST(Interrupt, FirstSignalAsksToStopAndSaysSo) {
  for (const int signal : {SIGINT, SIGTERM}) {
    std::atomic<int> lines = 0;
    {
      const Interrupt interrupt([&](std::string_view) { ++lines; });
      EXPECT_FALSE(interrupt.requested());
      std::raise(signal);
      EXPECT_TRUE(comes_true([&] { return interrupt.requested(); }));
      EXPECT_TRUE(comes_true([&] { return lines == 1; }));
    }
    EXPECT_EQ(lines, 1);
  }
}

TEST(InterruptDeathTest, SecondSignalEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto twice = [] {
    const Interrupt interrupt([](std::string_view) {});
    std::raise(SIGINT);
    comes_true([&] { return interrupt.requested(); });
    std::raise(SIGTERM);
    std::this_thread::sleep_for(10s);
  };
  EXPECT_EXIT(twice(), testing::ExitedWithCode(static_cast<int>(ExitCode::kInterrupted)), "");
}

TEST(InterruptDeathTest, AfterwardsSignalsHaveTheirUsualEffect) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto after = [] {
    {
      const Interrupt interrupt([](std::string_view) {});
    }
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(after(), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace apical
