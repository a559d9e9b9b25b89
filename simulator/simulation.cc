#include "simulator/simulation.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace apical {

void Simulation::add(Process& process, Time latency_ms) {
  assert(latency_ms > 0);
  process.id_ = queue_.add_process();
  processes_.push_back(&process);
  latencies_.push_back(latency_ms);
  targets_.emplace_back();
  horizons_known_ = false;
}

void Simulation::influence(const Process& source, const Process& target) {
  auto& targets = targets_[source.id()];
  if (std::ranges::find(targets, target.id()) == targets.end()) targets.push_back(target.id());
  horizons_known_ = false;
}

// The shortest way from each process to each other one, where passing through a process costs its
// latency. Processes with an infinite latency pass nothing on, so most ways are a single step. Of
// equally short ways that counts whose last process is the lowest, for its arrivals come first.
void Simulation::find_horizons() {
  const std::size_t n = processes_.size();
  influences_.assign(n, {});
  for (ProcessId source = 0; source < n; ++source) {
    std::vector<Horizon> distance(n);
    std::vector<ProcessId> to_visit;
    const auto reach = [&](ProcessId from, Time at) {
      for (const ProcessId target : targets_[from]) {
        const Horizon way{at, from};
        if (way < distance[target]) {
          distance[target] = way;
          to_visit.push_back(target);
        }
      }
    };
    reach(source, 0);
    while (!to_visit.empty()) {
      const ProcessId at = to_visit.back();
      to_visit.pop_back();
      if (latencies_[at] < kNever) reach(at, distance[at].time + latencies_[at]);
    }
    for (ProcessId target = 0; target < n; ++target) {
      // A process that influences itself at once sees to that itself.
      const auto [lookahead, via] = distance[target];
      if (lookahead == kNever || (target == source && lookahead == 0)) continue;
      influences_[target].push_back({source, lookahead, via});
    }
  }
  horizons_known_ = true;
}

Horizon Simulation::horizon_of(ProcessId process, Time end) const {
  Horizon horizon{end, std::numeric_limits<ProcessId>::max()};
  for (const Influence& influence : influences_[process]) {
    const Horizon other{queue_.time_of(influence.source) + influence.lookahead, influence.via};
    if (other < horizon) horizon = other;
  }
  return horizon;
}

void Simulation::run_until(Time end) {
  assert(end >= now_ && end < kNever);
  if (!horizons_known_) find_horizons();
  // Between calls the owner may have changed any process.
  for (const Process* process : processes_) queue_.schedule(process->id(), process->next());
  while (queue_.size() > 0 && queue_.earliest_time() <= end) {
    const ProcessId id = queue_.earliest_process();
    now_ = queue_.earliest_time();
    Process& process = *processes_[id];
    process.advance(horizon_of(id, std::min(end, now_ + max_run_ahead_)));
    ++activations_;
    queue_.schedule(id, process.next());
    for (const ProcessId target : targets_[id]) {
      queue_.schedule(target, processes_[target]->next());
    }
  }
  now_ = end;
  for (Process* process : processes_) {
    process->advance({end, std::numeric_limits<ProcessId>::max()});
  }
}

void Simulation::restart() { now_ = 0; }

void Simulation::checkpoint(const Checkpoint& state) {
  state.number("now_ms", now_);
  state.number("activations", activations_);
}

}  // namespace apical
