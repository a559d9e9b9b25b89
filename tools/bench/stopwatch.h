#pragma once

#include <chrono>

namespace apical {

// Adds up the time of the parts of a loop that are to be told apart. Two things that are timed in
// turn within one loop meet the same state of the machine, so that their ratio holds where neither
// time does.
class Stopwatch {
 public:
  void start() { start_ = Clock::now(); }
  // Returns the seconds since start().
  double stop() {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    total_ += seconds;
    return seconds;
  }
  double total_seconds() const { return total_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_;
  double total_ = 0;
};

}  // namespace apical
