#include "simulator/delay_line.h"

#include <cassert>

namespace apical {

DelayLine::DelayLine(Time delay_ms, SpikeReceiver& target) : delay_(delay_ms), target_(&target) {
  assert(delay_ms > 0);
}

void DelayLine::receive(std::span<const Spike> spikes) {
  for (const Spike& spike : spikes) under_way_.push_back({spike.time + delay_, spike.neuron});
}

Time DelayLine::next() const { return under_way_.empty() ? kNever : under_way_.front().time; }

void DelayLine::advance(Horizon horizon) {
  arriving_.clear();
  while (!under_way_.empty() && horizon.admits(under_way_.front().time, id())) {
    arriving_.push_back(under_way_.front());
    under_way_.pop_front();
  }
  if (!arriving_.empty()) target_->receive(arriving_);
}

void DelayLine::checkpoint(const Checkpoint& state) {
  std::vector<Spike> spikes(under_way_.begin(), under_way_.end());
  apical::checkpoint(state, spikes);
  under_way_.assign(spikes.begin(), spikes.end());
}

}  // namespace apical
