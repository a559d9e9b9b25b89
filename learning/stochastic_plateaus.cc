#include "learning/stochastic_plateaus.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace apical {

StochasticPlateaus::StochasticPlateaus(const proto::StochasticPlateaus& plateaus, Network& network)
    : plateaus_(plateaus) {
  for (std::uint32_t p = 0; p < network.populations(); ++p) {
    const auto* pyramidal = dynamic_cast<const PyramidalPopulation*>(&network.population(p));
    if (pyramidal == nullptr) continue;
    Layer& layer = layers_.emplace_back(
        pyramidal, RandomStream({network.seed(), p, Purpose::kPlateauTimes, 0}));
    layer.times.resize(pyramidal->size());
    layer.means.resize(pyramidal->size());
    for (std::size_t k = 0; k < network.projections(); ++k) {
      DenseProjection& projection = network.projection(k);
      if (&projection.target() == pyramidal && projection.compartment() == proto::APICAL) {
        layer.inputs.emplace_back(projection);
      }
    }
  }
}

void StochasticPlateaus::begin_phase(Time now) {
  for (Layer& layer : layers_) {
    for (IndividualWindows& input : layer.inputs) input.begin(now);
  }
}

void StochasticPlateaus::end_phase(Time now) {
  for (Layer& layer : layers_) {
    layer.times_before = layer.times;
    for (Time& time : layer.times) {
      const double jitter = std::abs(plateaus_.jitter_sd_ms() * layer.stream.normal());
      time = now - std::min(jitter, plateaus_.max_jitter_ms());
    }
    std::ranges::fill(layer.means, 0.0F);
    for (IndividualWindows& input : layer.inputs) {
      input.add_means(layer.times, plateaus_.window_ms(), layer.means);
    }
  }
}

void StochasticPlateaus::checkpoint(const Checkpoint& state) {
  for (Layer& layer : layers_) layer.stream.checkpoint(state.in(layer.population->name()));
}

const StochasticPlateaus::Layer& StochasticPlateaus::layer_of(
    const SpikingPopulation& population) const {
  const auto found = std::ranges::find(layers_, &population, &Layer::population);
  assert(found != layers_.end());
  return *found;
}

std::span<const Time> StochasticPlateaus::times(const SpikingPopulation& population) const {
  return layer_of(population).times;
}

std::span<const Time> StochasticPlateaus::times_before(const SpikingPopulation& population) const {
  return layer_of(population).times_before;
}

std::span<const float> StochasticPlateaus::apical_means(const SpikingPopulation& population) const {
  return layer_of(population).means;
}

}  // namespace apical
