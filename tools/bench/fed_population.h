#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/dense_projection.h"
#include "models/dense_weights.h"
#include "models/pyramidal_population.h"
#include "simulator/spike.h"

namespace apical {

// A population of pyramidal neurons that receives spikes of random sources through a dense
// projection, a batch after another, and nothing else: its own maximal rate is so low that it has
// no candidates, so all its work is the fan-out.
class FedPopulation {
 public:
  // As in the trials of models/zoo/segregated_500.textproto: 784 pixels, of mean 0.13, at up to 0.2
  // spikes per ms, reach the hidden layer in stretches of 20 to 30 ms, those between the boundaries
  // of phases and windows.
  static constexpr std::size_t kSources = 784;
  static constexpr std::size_t kSpikesPerBatch = 500;
  static constexpr Time kBatchMs = 25;

  explicit FedPopulation(std::size_t targets, std::size_t sources = kSources,
                         std::size_t spikes_per_batch = kSpikesPerBatch);

  FedPopulation(const FedPopulation&) = delete;
  FedPopulation& operator=(const FedPopulation&) = delete;

  const DenseWeights& weights() const { return weights_; }

  // The sources of a batch of spikes, in their order; batches repeat after kBatches.
  static constexpr std::size_t kBatches = 16;
  std::span<const Spike> batch(std::size_t index) const { return batches_[index % kBatches]; }

  // The next batch arrives and is taken in.
  void take_in_batch();

  // Spikes that arrived times the neurons they arrived at.
  std::uint64_t synaptic_events() const { return projection_.synaptic_events(); }

 private:
  DenseWeights weights_;
  AlignedFloats bias_;
  PyramidalPopulation population_;
  DenseProjection projection_;
  std::vector<std::vector<Spike>> batches_;  // times from 0
  std::vector<Spike> arriving_;
  std::size_t taken_in_ = 0;
};

}  // namespace apical
