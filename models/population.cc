#include "models/population.h"

namespace apical {

void Population::send(std::span<const Spike> spikes) {
  if (spikes.empty()) return;
  spikes_ += spikes.size();
  for (SpikeReceiver* receiver : receivers_) receiver->receive(spikes);
}

void Population::checkpoint(const Checkpoint& state) {
  state.number("events", events_);
  state.number("spikes", spikes_);
}

}  // namespace apical
