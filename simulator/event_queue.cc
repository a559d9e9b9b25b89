#include "simulator/event_queue.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace apical {
namespace {

constexpr std::size_t kArity = 4;

}  // namespace

ProcessId EventQueue::add_process() {
  const auto process = static_cast<ProcessId>(heap_.size());
  place_.push_back(heap_.size());
  heap_.push_back({kNever, process});
  return process;
}

void EventQueue::schedule(ProcessId process, Time time) {
  assert(!std::isnan(time));
  const std::size_t at = place_[process];
  const Entry before = heap_[at];
  const Entry entry{time, process};
  if (entry.before(before)) {
    rise(at, entry);
  } else if (before.before(entry)) {
    sink(at, entry);
  }
}

void EventQueue::rise(std::size_t at, Entry entry) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / kArity;
    if (!entry.before(heap_[parent])) break;
    put(at, heap_[parent]);
    at = parent;
  }
  put(at, entry);
}

void EventQueue::sink(std::size_t at, Entry entry) {
  for (;;) {
    const std::size_t first = at * kArity + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + kArity, heap_.size());
    std::size_t best = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child].before(heap_[best])) best = child;
    }
    if (!heap_[best].before(entry)) break;
    put(at, heap_[best]);
    at = best;
  }
  put(at, entry);
}

}  // namespace apical
