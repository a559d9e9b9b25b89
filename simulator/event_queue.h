#pragma once

#include <cstddef>
#include <vector>

#include "simulator/process.h"
#include "simulator/time.h"

namespace apical {

// The pending event of every process, earliest first.
//
// Each process has exactly one entry, its next event (kNever when it has none), so the order by
// (time, process) is total; a process that has several events at one time keeps their sequence
// itself. A 4-ary heap with the place of each process: changing one entry costs O(log processes)
// and touches one cache line a level.
class EventQueue {
 public:
  // Adds an entry for the next process, numbered from 0, at kNever.
  ProcessId add_process();

  // Moves the entry of `process` to `time`.
  void schedule(ProcessId process, Time time);

  // The earliest event; the queue holds at least one process.
  Time earliest_time() const { return heap_.front().time; }
  ProcessId earliest_process() const { return heap_.front().process; }

  Time time_of(ProcessId process) const { return heap_[place_[process]].time; }
  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Time time;
    ProcessId process;

    bool before(const Entry& other) const {
      return time < other.time || (time == other.time && process < other.process);
    }
  };

  void rise(std::size_t at, Entry entry);
  void sink(std::size_t at, Entry entry);
  void put(std::size_t at, Entry entry) {
    heap_[at] = entry;
    place_[entry.process] = at;
  }

  std::vector<Entry> heap_;
  std::vector<std::size_t> place_;  // by process
};

}  // namespace apical
