#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "datasets/image_set.h"
#include "simulator/spike.h"
#include "tools/bench/peers/clock_driven_soma.h"

namespace apical::peers {

// Each image's pixels as Poisson spikes of the inputs, in continuous time: the first `images` of
// the set, `shown_ms` each, one after the other. In order of time.
std::vector<Spike> spikes_of_images(const ImageSet& set, std::size_t images, double shown_ms,
                                    std::uint64_t seed);

// How far the potentials V of the clock-driven peer's hidden neurons are from the exact ones, at
// all whole ms from 0 to `end_ms`, which is whole.
struct PotentialError {
  double rms = 0;  // over neurons and times
  double largest = 0;
  double spread = 0;  // standard deviation of the exact V over neurons and times, for scale
};

// For given spikes, so that nothing random is in the difference: exactly, a spike acts at its time
// (models/soma.h); by the peer's scheme it does so at the end of its step of 1 ms / `steps_per_ms`.
// Of spikes of one neuron in one step, all arrive here. (The network itself draws at most one, with
// the same mean number.) Both start from V = 0 without input under way.
PotentialError potential_error(const WeightRows& weights, std::span<const float> bias,
                               std::span<const Spike> spikes, std::size_t end_ms,
                               std::size_t steps_per_ms);

}  // namespace apical::peers
