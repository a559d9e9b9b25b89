#pragma once

#include <ctime>

namespace apical {

// Adds up the time of the parts of a loop that are to be told apart. Two things that are timed in
// turn within one loop meet the same state of the machine, so that their ratio holds where neither
// time does. Measures the calling thread's own time, which leaves out other programs on its
// processor, unless told to take the wall's.
class Stopwatch {
 public:
  explicit Stopwatch(clockid_t clock = CLOCK_THREAD_CPUTIME_ID) : clock_(clock) {}

  void start() { start_ = now(); }
  // Returns the seconds since start().
  double stop() {
    const double seconds = now() - start_;
    total_ += seconds;
    return seconds;
  }
  double total_seconds() const { return total_; }

 private:
  double now() const {
    timespec time;
    clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  clockid_t clock_;
  double start_ = 0;
  double total_ = 0;
};

}  // namespace apical
