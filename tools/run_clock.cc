#include "tools/run_clock.h"

#include <sys/resource.h>

#include <chrono>

namespace apical {
namespace {

double now_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

double process_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

RunClock::RunClock() : start_(now_seconds()) {}

double RunClock::wall_seconds() const { return wall_before_ + now_seconds() - start_; }
double RunClock::cpu_seconds() const { return cpu_before_ + process_seconds(); }

void RunClock::checkpoint(const Checkpoint& state) {
  double wall = wall_seconds();
  double cpu = cpu_seconds();
  state.number("wall_seconds", wall);
  state.number("cpu_seconds", cpu);
  if (!state.restores()) return;
  wall_before_ = wall;
  cpu_before_ = cpu;
}

}  // namespace apical
