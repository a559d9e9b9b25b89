#include "simulator/spike.h"

namespace apical {

void checkpoint(const Checkpoint& state, std::vector<Spike>& spikes) {
  std::vector<Time> times;
  std::vector<std::uint32_t> neurons;
  for (const Spike& spike : spikes) {
    times.push_back(spike.time);
    neurons.push_back(spike.neuron);
  }
  state.list("spike_times_ms", times);
  state.list("spike_neurons", neurons);
  state.same("spikes", static_cast<std::int64_t>(neurons.size()));
  if (!state.restores()) return;
  spikes.clear();
  for (std::size_t n = 0; n < times.size(); ++n) spikes.push_back({times[n], neurons[n]});
}

}  // namespace apical
