#include "learning/segregated_dendrites.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace apical {
namespace {

constexpr double kStep = 20;  // the 20 of P, as in the published code

}  // namespace

SegregatedDendrites::SegregatedDendrites(const proto::Network& description, Network& network,
                                         Parameters& parameters) {
  for (std::size_t p = 0; p < network.populations(); ++p) {
    auto* population = dynamic_cast<SpikingPopulation*>(&network.population(p));
    if (population == nullptr) continue;
    const std::size_t size = padded(population->size());
    layers_.push_back({population,
                       &parameters.biases[p],
                       {},
                       population == &network.output(),
                       AlignedFloats(size),
                       AlignedFloats(size),
                       AlignedFloats(size),
                       AlignedFloats(size)});
  }
  for (std::size_t p = 0; p < network.projections(); ++p) {
    const proto::Plasticity& plasticity = description.projection(static_cast<int>(p)).plasticity();
    if (plasticity.has_segregated_dendrites()) {
      const double rate = plasticity.segregated_dendrites().learning_rate();
      synapses_.push_back(synapses_of(network, parameters, p, rate));
      Layer& layer = layers_[synapses_.back().layer];
      if (!layer.learning_rate) layer.learning_rate = rate;
    } else if (plasticity.has_learned_feedback()) {
      learned_feedback_.push_back(
          synapses_of(network, parameters, p, plasticity.learned_feedback().learning_rate()));
    } else if (plasticity.has_symmetric_feedback()) {
      symmetric_feedback_.emplace_back(description, static_cast<int>(p), network, parameters);
    }
  }
  output_rates_.resize(network.output().size());
}

SegregatedDendrites::Synapses SegregatedDendrites::synapses_of(Network& network,
                                                               Parameters& parameters,
                                                               std::size_t projection,
                                                               double learning_rate) const {
  DenseProjection& synapses = network.projection(projection);
  const auto layer = static_cast<std::size_t>(
      std::ranges::find(layers_, &synapses.target(), &Layer::population) - layers_.begin());
  return {&synapses,
          &parameters.weights[projection],
          layer,
          learning_rate,
          std::vector<float>(synapses.weights().sources()),
          AlignedFloats(padded(synapses.weights().targets()))};
}

void SegregatedDendrites::end_forward_phase() {
  for (Layer& layer : layers_) {
    layer.population->somatic_mean(layer.v_forward);
    if (layer.teaches) continue;
    find_plateaus(layer, layer.plateau_forward);
  }
  for (auto* all : {&synapses_, &learned_feedback_}) {
    for (Synapses& each : *all) {
      std::ranges::copy(each.projection->window_mean(), each.s_forward.begin());
    }
  }
}

void SegregatedDendrites::find_plateaus(const Layer& layer, AlignedFloats& plateaus) const {
  if (stochastic_plateaus_ == nullptr) {
    layer.population->compartment_mean(proto::APICAL, plateaus);
  } else {
    std::ranges::copy(stochastic_plateaus_->apical_means(*layer.population), plateaus.begin());
  }
  for (float& v : plateaus) v = sigmoid(v);
}

void SegregatedDendrites::end_target_phase(std::span<const double> mean_output_rates) {
  std::ranges::copy(mean_output_rates, output_rates_.begin());
  for (Layer& layer : layers_) {
    if (layer.teaches) continue;
    find_plateaus(layer, layer.plateau_target);
  }
}

void SegregatedDendrites::find_change(const Layer& layer, double learning_rate,
                                      AlignedFloats& change) const {
  const SpikingPopulation::Constants& constants = layer.population->constants();
  const double max_rate = constants.max_rate_per_ms;
  const double k =
      constants.compartments.front().conductance_per_ms / constants.total_conductance();
  const double p = layer.teaches ? kStep / (max_rate * max_rate) : kStep / max_rate;
  const auto factor = static_cast<float>(learning_rate * p * k * max_rate);
  const std::size_t size = layer.population->size();
  if (layer.teaches) {
    const auto rate = static_cast<float>(max_rate);
    for (std::size_t i = 0; i < size; ++i) {
      const float probability = sigmoid(layer.v_forward[i]);
      const float error = static_cast<float>(output_rates_[i]) - rate * probability;
      change[i] = factor * error * (probability * (1 - probability));
    }
  } else {
    for (std::size_t i = 0; i < size; ++i) {
      const float probability = sigmoid(layer.v_forward[i]);
      const float error = layer.plateau_target[i] - layer.plateau_forward[i];
      change[i] = factor * error * (probability * (1 - probability));
    }
  }
}

// sigmoid' of the mean apical potential is alpha (1 - alpha).
void SegregatedDendrites::find_feedback_change(const Layer& layer, double learning_rate,
                                               AlignedFloats& change) {
  const auto max_rate = static_cast<float>(layer.population->constants().max_rate_per_ms);
  const auto factor = static_cast<float>(learning_rate);
  for (std::size_t i = 0; i < layer.population->size(); ++i) {
    const float plateau = layer.plateau_forward[i];
    const float error = max_rate * sigmoid(layer.v_forward[i]) - plateau;
    change[i] = factor * error * (plateau * (1 - plateau));
  }
}

void SegregatedDendrites::add_changes(Synapses& synapses, Time now) {
  synapses.weights->add_outer_product(synapses.change, synapses.s_forward);
  synapses.projection->weights_changed(now, synapses.change, synapses.s_forward);
}

void SegregatedDendrites::update(Time now) {
  for (Layer& layer : layers_) {
    if (layer.learning_rate.value_or(0) == 0) continue;
    find_change(layer, *layer.learning_rate, layer.change);
    for (std::size_t i = 0; i < layer.population->size(); ++i) {
      (*layer.biases)[i] += layer.change[i];
    }
    layer.population->bias_changed(now);
  }
  for (Synapses& each : synapses_) {
    if (each.learning_rate == 0) continue;
    find_change(layers_[each.layer], each.learning_rate, each.change);
    add_changes(each, now);
  }
  for (Synapses& each : learned_feedback_) {
    if (each.learning_rate == 0) continue;
    find_feedback_change(layers_[each.layer], each.learning_rate, each.change);
    add_changes(each, now);
  }
  for (SymmetricFeedback& each : symmetric_feedback_) each.mirror(now);
}

void SegregatedDendrites::checkpoint(const Checkpoint& state) {
  for (std::size_t i = 0; i < symmetric_feedback_.size(); ++i) {
    symmetric_feedback_[i].checkpoint(state.in("symmetric_feedback_" + std::to_string(i)));
  }
}

std::span<const float> SegregatedDendrites::output_potentials() const {
  const Layer& layer = *std::ranges::find(layers_, true, &Layer::teaches);
  return std::span(layer.v_forward).first(layer.population->size());
}

const SegregatedDendrites::Layer& SegregatedDendrites::layer_of(
    const SpikingPopulation& population) const {
  const auto found = std::ranges::find(layers_, &population, &Layer::population);
  assert(found != layers_.end());
  return *found;
}

SegregatedDendrites::Plateaus SegregatedDendrites::plateaus(
    const SpikingPopulation& population) const {
  const Layer& layer = layer_of(population);
  return {std::span(layer.plateau_forward).first(population.size()),
          std::span(layer.plateau_target).first(population.size())};
}

std::span<const float> SegregatedDendrites::change(const SpikingPopulation& population) const {
  return layer_of(population).change;
}

}  // namespace apical
