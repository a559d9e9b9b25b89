#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/time.h"

namespace apical {

struct Spike {
  Time time;             // ms
  std::uint32_t neuron;  // index in its population
};

// Spikes that wait, as a list of times and one of neurons.
void checkpoint(const Checkpoint& state, std::vector<Spike>& spikes);

// Where spikes go: a projection, a delay line, a recorder. One call a batch, not one a spike.
class SpikeReceiver {
 public:
  virtual ~SpikeReceiver() = default;

  // Spikes in order of time, none earlier than those of the call before. They may lie ahead of
  // the receiver's own time; it takes them in when it gets there.
  virtual void receive(std::span<const Spike> spikes) = 0;
};

}  // namespace apical
