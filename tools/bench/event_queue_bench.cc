// The event queue against others, in the hold model (Jones, CACM 1986): take the earliest of N
// pending events and schedule it anew, a random interval later. That is what the engine does for
// each event. All queues hold the same entries, compare them by (time, process), and get the same
// intervals. Intervals are exponential, so that what is left of them is too: the queue is in its
// stationary state from the start.

#include <benchmark/benchmark.h>

#include <boost/heap/d_ary_heap.hpp>
#include <boost/heap/fibonacci_heap.hpp>
#include <boost/heap/pairing_heap.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

#include "simulator/event_queue.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

struct Entry {
  Time time;
  ProcessId process;
};

// For heaps whose top is the greatest.
struct Later {
  bool operator()(const Entry& a, const Entry& b) const {
    return a.time > b.time || (a.time == b.time && a.process > b.process);
  }
};

class ApicalQueue {
 public:
  void add(Entry entry) { queue_.schedule(queue_.add_process(), entry.time); }
  Entry earliest() const { return {queue_.earliest_time(), queue_.earliest_process()}; }
  void postpone_earliest(Entry entry) { queue_.schedule(entry.process, entry.time); }

 private:
  EventQueue queue_;
};

// A heap of Boost that can move an entry that it has.
template <typename Heap>
class BoostQueue {
 public:
  void add(Entry entry) { handles_.push_back(heap_.push(entry)); }
  Entry earliest() const { return heap_.top(); }
  // Later is lower in a heap of the greatest.
  void postpone_earliest(Entry entry) { heap_.decrease(handles_[entry.process], entry); }

 private:
  Heap heap_;
  std::vector<typename Heap::handle_type> handles_;  // by process
};

namespace heap = boost::heap;
using DAryQueue =
    BoostQueue<heap::d_ary_heap<Entry, heap::arity<4>, heap::mutable_<true>, heap::compare<Later>>>;
using PairingQueue = BoostQueue<heap::pairing_heap<Entry, heap::compare<Later>>>;
using FibonacciQueue = BoostQueue<heap::fibonacci_heap<Entry, heap::compare<Later>>>;

// Cannot move an entry: takes it out and puts it in again.
class StandardQueue {
 public:
  void add(Entry entry) { queue_.push(entry); }
  Entry earliest() const { return queue_.top(); }
  void postpone_earliest(Entry entry) {
    queue_.pop();
    queue_.push(entry);
  }

 private:
  std::priority_queue<Entry, std::vector<Entry>, Later> queue_;
};

// 512 KiB of them, read in sequence, stay in the second-level cache with the smaller queues.
std::vector<Time> exponential_intervals() {
  constexpr std::size_t kCount = std::size_t{1} << 16;
  RandomStream stream({.seed = 1});
  std::vector<Time> intervals(kCount);
  for (Time& interval : intervals) interval = -std::log(stream.uniform());
  return intervals;
}

constexpr int kWarmUp = 1000;

template <typename Queue>
void hold(benchmark::State& state) {
  static const std::vector<Time> kIntervals = exponential_intervals();
  const auto pending = static_cast<std::size_t>(state.range(0));
  Queue queue;
  RandomStream stream({.seed = 2});
  for (std::size_t n = 0; n < pending; ++n) {
    queue.add({-std::log(stream.uniform()), static_cast<ProcessId>(n)});
  }
  std::size_t next = 0;
  const auto hold_once = [&] {
    const Entry earliest = queue.earliest();
    queue.postpone_earliest({earliest.time + kIntervals[next], earliest.process});
    next = (next + 1) % kIntervals.size();
  };
  // Pairing and Fibonacci heaps put off all ordering of what was added until the first removal.
  for (int n = 0; n < kWarmUp; ++n) hold_once();
  for (auto _ : state) hold_once();
  benchmark::DoNotOptimize(queue.earliest());
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)->Range(10, 1'000'000);
}

BENCHMARK(hold<ApicalQueue>)->Name("event_queue/apical")->Apply(sizes);
BENCHMARK(hold<DAryQueue>)->Name("event_queue/boost_d_ary")->Apply(sizes);
BENCHMARK(hold<PairingQueue>)->Name("event_queue/boost_pairing")->Apply(sizes);
BENCHMARK(hold<FibonacciQueue>)->Name("event_queue/boost_fibonacci")->Apply(sizes);
BENCHMARK(hold<StandardQueue>)->Name("event_queue/std_priority_queue")->Apply(sizes);

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
