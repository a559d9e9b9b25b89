#pragma once

#include <deque>
#include <span>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/process.h"
#include "simulator/spike.h"

namespace apical {

// Passes each spike on after a fixed delay. All delays are equal, so the spikes leave in the order
// in which they came: a FIFO, of which only the head is an event in the queue. Add it to the
// simulation with its delay as the latency.
class DelayLine final : public Process, public SpikeReceiver {
 public:
  // `delay_ms` is above 0; `target` must outlive the delay line.
  DelayLine(Time delay_ms, SpikeReceiver& target);

  Time delay() const { return delay_; }
  void receive(std::span<const Spike> spikes) override;
  Time next() const override;
  void advance(Horizon horizon) override;

  void checkpoint(const Checkpoint& state);

  // Forgets all spikes under way.
  void clear() { under_way_.clear(); }

 private:
  Time delay_;
  SpikeReceiver* target_;
  std::deque<Spike> under_way_;  // with their times of arrival
  std::vector<Spike> arriving_;
};

}  // namespace apical
