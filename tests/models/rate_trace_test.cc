#include "models/rate_trace.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace apical {
namespace {

TEST(RateTraceTest, MeansAreThoseOfAStaircase) {
  RateTrace trace(2);
  const std::array first = {0.1F, 0.0F};
  const std::array second = {0.3F, 0.2F};
  trace.hold(0, first);
  trace.open_window(2);
  trace.hold(5, second);  // after 3 ms of the window
  trace.close_window(10);
  EXPECT_FLOAT_EQ(trace.window_mean()[0], (3 * 0.1F + 5 * 0.3F) / 8);
  EXPECT_FLOAT_EQ(trace.window_mean()[1], 5 * 0.2F / 8);
  EXPECT_EQ(trace.rates()[1], 0.2F);
  trace.open_window(10);
  trace.close_window(11);
  EXPECT_FLOAT_EQ(trace.window_mean()[0], 0.3F);
}

TEST(RateTraceTest, ClearedItIsSilent) {
  RateTrace trace(1);
  const std::array rates = {0.1F};
  trace.hold(0, rates);
  trace.clear(500);
  EXPECT_EQ(trace.rates()[0], 0.0F);
  trace.clear(0);  // time may start again
  trace.open_window(1);
  trace.hold(2, rates);
  trace.close_window(3);
  EXPECT_FLOAT_EQ(trace.window_mean()[0], 0.05F);
}

}  // namespace
}  // namespace apical
