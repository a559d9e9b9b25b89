#include "tools/bench/fed_population.h"

#include "simulator/random_stream.h"

namespace apical {
namespace {

proto::Pyramidal silent_pyramidal() {
  proto::Pyramidal pyramidal;
  pyramidal.set_max_rate_hz(1e-9);
  return pyramidal;
}

}  // namespace

FedPopulation::FedPopulation(std::size_t targets, std::size_t sources, std::size_t spikes_per_batch)
    : weights_(sources, targets),
      bias_(padded(targets), 0.0F),
      population_("driven", targets, silent_pyramidal(), bias_, {.seed = 1}),
      projection_("driving", weights_, population_, proto::BASAL) {
  RandomStream stream({.seed = 2});
  for (std::size_t j = 0; j < sources; ++j) {
    float* const row = weights_.row(j);
    for (std::size_t i = 0; i < targets; ++i) row[i] = static_cast<float>(stream.uniform() - 0.5);
  }
  for (std::size_t n = 0; n < kBatches; ++n) {
    std::vector<Spike>& batch = batches_.emplace_back();
    for (std::size_t k = 0; k < spikes_per_batch; ++k) {
      const double at = (static_cast<double>(k) + stream.uniform()) /
                        static_cast<double>(spikes_per_batch) * kBatchMs;
      batch.push_back({at, stream.below(static_cast<std::uint32_t>(sources))});
    }
  }
}

void FedPopulation::take_in_batch() {
  const Time start = static_cast<Time>(taken_in_) * kBatchMs;
  arriving_.clear();
  for (const Spike& spike : batch(taken_in_)) {
    arriving_.push_back({start + spike.time, spike.neuron});
  }
  ++taken_in_;
  projection_.receive(arriving_);
  population_.catch_up(start + kBatchMs);
}

}  // namespace apical
