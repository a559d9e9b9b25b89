#include "simulator/event_queue.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "simulator/random_stream.h"

namespace apical {
namespace {

TEST(EventQueueTest, NewProcessesHaveNoEvent) {
  EventQueue queue;
  EXPECT_EQ(queue.add_process(), 0U);
  EXPECT_EQ(queue.add_process(), 1U);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.earliest_time(), kNever);
  EXPECT_EQ(queue.time_of(1), kNever);
}

TEST(EventQueueTest, SimultaneousEventsComeInTheOrderOfProcesses) {
  constexpr ProcessId kProcesses = 37;
  EventQueue queue;
  for (ProcessId p = 0; p < kProcesses; ++p) queue.add_process();
  for (ProcessId p = kProcesses; p-- > 0;) queue.schedule(p, 5.0);
  for (ProcessId p = 0; p < kProcesses; ++p) {
    EXPECT_EQ(queue.earliest_process(), p);
    EXPECT_EQ(queue.earliest_time(), 5.0);
    queue.schedule(p, 6.0);
  }
  EXPECT_EQ(queue.earliest_process(), 0U);
}

// Against a sorted set, with few different times so that most events tie.
TEST(EventQueueTest, FollowsASortedModelThroughRandomOperations) {
  for (const ProcessId processes : {1U, 2U, 5U, 6U, 100U}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      RandomStream random({.seed = seed});
      EventQueue queue;
      std::set<std::pair<Time, ProcessId>> model;
      for (ProcessId p = 0; p < processes; ++p) model.emplace(kNever, queue.add_process());
      for (int step = 0; step < 3000; ++step) {
        const bool earliest = random.below(2) == 0;
        const ProcessId p = earliest ? queue.earliest_process() : random.below(processes);
        const Time time = random.below(8) == 0 ? kNever : random.below(10);
        model.erase({queue.time_of(p), p});
        model.emplace(time, p);
        queue.schedule(p, time);
        ASSERT_EQ(queue.time_of(p), time);
        ASSERT_EQ(queue.earliest_time(), model.begin()->first);
        ASSERT_EQ(queue.earliest_process(), model.begin()->second);
      }
      for (const auto& [time, p] : model) ASSERT_EQ(queue.time_of(p), time);
    }
  }
}

}  // namespace
}  // namespace apical
