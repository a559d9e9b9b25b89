#pragma once

#include <cstdint>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/event_queue.h"
#include "simulator/process.h"
#include "simulator/time.h"

namespace apical {

// One clock, one queue, processes.
//
// The engine pops the process whose event is the earliest, lets it advance to its horizon (the
// first event of any process that can influence it) and reschedules. Processes that nothing
// influences thus run far ahead of the others, and hot loops stay inside one process. What it may
// run ahead is bounded by `max_run_ahead_ms`, so that received events do not pile up.
//
// The simulation does not own its processes; they must outlive it. The result does not depend on
// how run_until is called or on the bound.
class Simulation {
 public:
  explicit Simulation(Time max_run_ahead_ms = 100.0) : max_run_ahead_(max_run_ahead_ms) {}

  // Adds a process. `latency_ms` is the least time between what it receives and what it sends on
  // because of that; kNever (the default) for one that sends at times of its own choice only.
  void add(Process& process, Time latency_ms = kNever);

  // States that `source` may change the state of `target` at the time of its own events. A
  // process that only reads another also does so: it must not be overtaken.
  void influence(const Process& source, const Process& target);

  // Lets everything happen up to and including `end`, which may not precede now().
  void run_until(Time end);

  // Sets the clock back to 0; the processes have been set back by their owner.
  void restart();

  // The clock. Processes save what is theirs.
  void checkpoint(const Checkpoint& state);

  Time now() const { return now_; }

  // Number of times that a process was let advance.
  std::uint64_t activations() const { return activations_; }

 private:
  struct Influence {
    ProcessId source;
    Time lookahead;  // of a path from the source, through delay lines: the sum of their latencies
    ProcessId via;   // the last on the path, whose event the arrival is
  };

  void find_horizons();
  Horizon horizon_of(ProcessId process, Time end) const;

  Time max_run_ahead_;
  Time now_ = 0;
  std::uint64_t activations_ = 0;
  bool horizons_known_ = false;
  EventQueue queue_;
  std::vector<Process*> processes_;
  std::vector<Time> latencies_;
  std::vector<std::vector<ProcessId>> targets_;     // by source
  std::vector<std::vector<Influence>> influences_;  // by target
};

}  // namespace apical
