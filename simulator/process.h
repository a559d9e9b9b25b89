#pragma once

#include <cstdint>

#include "simulator/time.h"

namespace apical {

// The place of a process in its simulation, in the order of `Simulation::add`. Of two simultaneous
// events the one of the lower process comes first.
using ProcessId = std::uint32_t;

// The first event of another process that may not yet be passed. Events are ordered by
// (time, process).
struct Horizon {
  Time time = kNever;
  ProcessId process = 0;

  // Whether an event of process `self` at `time_of_event` comes before the horizon.
  bool admits(Time time_of_event, ProcessId self) const {
    return time_of_event < time || (time_of_event == time && self < process);
  }

  bool operator<(const Horizon& other) const {
    return time < other.time || (time == other.time && process < other.process);
  }
};

// A process owns part of the state, says when it next acts, and acts.
//
// Contract. `next()` is a promise: whatever the process receives, it sends nothing before that
// time (a delay line, which forwards what it receives, states its latency to the simulation). The
// promise may change only inside `advance` of this process or of one that influences it; one that
// brings it forward influences also whatever this process influences.
class Process {
 public:
  virtual ~Process() = default;

  // Time of its next own event; kNever if it has none.
  virtual Time next() const = 0;

  // Takes all of its own steps that `horizon` admits, and takes in everything received before it.
  // Afterwards the horizon no longer admits next(), but for a process that has brought the promise
  // of another forward, for which the horizon holds no longer: it stops there and is called again.
  // How a stretch of time is cut into calls never changes a result.
  virtual void advance(Horizon horizon) = 0;

  ProcessId id() const { return id_; }

 private:
  friend class Simulation;
  ProcessId id_ = 0;
};

}  // namespace apical
