#include "learning/segregated_dendrites.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "models/feedforward_order.h"
#include "models/neuron_constants.h"
#include "models/population_kind.h"

namespace apical {
namespace {

constexpr double kStep = 20;  // the 20 of P, as in the published code

}  // namespace

SegregatedDendrites::SegregatedDendrites(const proto::Network& description, PlasticNetwork& network,
                                         Parameters& parameters)
    : network_(&network) {
  for (std::size_t p = 0; p < parameters.biases.size(); ++p) {
    add_layer(description, p, parameters.biases[p]);
  }
  for (std::size_t p = 0; p < parameters.weights.size(); ++p) {
    add_projection(description, p, parameters);
  }
  if (std::ranges::any_of(synapses_, &Synapses::backpropagates)) {
    backpropagated_.emplace(description, parameters);
  }
}

void SegregatedDendrites::add_layer(const proto::Network& description, std::size_t population,
                                    AlignedFloats& biases) {
  const proto::Population& each = description.population(static_cast<int>(population));
  if (is_source(each)) return;
  const SpikingPopulation::Constants constants = constants_of(each);
  const double max_rate = constants.max_rate_per_ms;
  const double p = each.has_output() ? kStep / (max_rate * max_rate) : kStep / max_rate;
  const auto size = static_cast<std::size_t>(each.size());
  layers_.push_back(
      {population, size, max_rate, p, constants.feedforward_share(), &biases, each.has_output()});
  Layer& layer = layers_.back();
  for (AlignedFloats* values : {&layer.v_forward, &layer.plateau_forward, &layer.plateau_target,
                                &layer.difference, &layer.change}) {
    values->resize(padded(size));
  }
}

void SegregatedDendrites::add_projection(const proto::Network& description, std::size_t projection,
                                         Parameters& parameters) {
  const auto index = static_cast<int>(projection);
  const proto::Plasticity& plasticity = description.projection(index).plasticity();
  const auto synapses = [&](double learning_rate, bool backpropagates = false) {
    return synapses_of(description, parameters, projection, learning_rate, backpropagates);
  };
  switch (plasticity.rule_case()) {
    case proto::Plasticity::kSegregatedDendrites:
      synapses_.push_back(synapses(plasticity.segregated_dendrites().learning_rate()));
      break;
    case proto::Plasticity::kBackpropagation:
      synapses_.push_back(synapses(plasticity.backpropagation().learning_rate(), true));
      break;
    case proto::Plasticity::kLearnedFeedback:
      learned_feedback_.push_back(synapses(plasticity.learned_feedback().learning_rate()));
      return;
    case proto::Plasticity::kSymmetricFeedback:
      symmetric_feedback_.emplace_back(description, index, *network_, parameters);
      return;
    case proto::Plasticity::RULE_NOT_SET:
      return;
  }
  Layer& layer = layers_[synapses_.back().layer];
  if (layer.learning_rate) return;
  layer.learning_rate = synapses_.back().learning_rate;
  layer.backpropagates = synapses_.back().backpropagates;
}

SegregatedDendrites::Synapses SegregatedDendrites::synapses_of(const proto::Network& description,
                                                               Parameters& parameters,
                                                               std::size_t projection,
                                                               double learning_rate,
                                                               bool backpropagates) const {
  const std::size_t target =
      population_index(description, description.projection(static_cast<int>(projection)).target());
  DenseWeights& weights = parameters.weights[projection];
  return {projection,
          &weights,
          static_cast<std::size_t>(&layer_of(target) - layers_.data()),
          learning_rate,
          backpropagates,
          std::vector<float>(weights.sources()),
          AlignedFloats(padded(weights.targets()))};
}

void SegregatedDendrites::end_forward_phase() {
  for (Layer& layer : layers_) {
    network_->somatic_mean(layer.population, layer.v_forward);
    if (layer.teaches) continue;
    find_plateaus(layer, layer.plateau_forward);
  }
  for (auto* all : {&synapses_, &learned_feedback_}) {
    for (Synapses& each : *all) {
      std::ranges::copy(network_->presynaptic_mean(each.projection), each.s_forward.begin());
    }
  }
}

void SegregatedDendrites::find_plateaus(const Layer& layer, AlignedFloats& plateaus) const {
  if (apical_means_) {
    std::ranges::copy(apical_means_(layer.population), plateaus.begin());
  } else {
    network_->apical_mean(layer.population, plateaus);
  }
  for (float& v : plateaus) v = sigmoid(v);
}

void SegregatedDendrites::end_target_phase(std::span<const double> mean_output_rates) {
  for (Layer& layer : layers_) {
    if (layer.teaches) {
      const auto max_rate = static_cast<float>(layer.max_rate);
      for (std::size_t i = 0; i < layer.size; ++i) {
        layer.difference[i] =
            static_cast<float>(mean_output_rates[i]) - max_rate * sigmoid(layer.v_forward[i]);
      }
      continue;
    }
    find_plateaus(layer, layer.plateau_target);
    for (std::size_t i = 0; i < layer.size; ++i) {
      layer.difference[i] = layer.plateau_target[i] - layer.plateau_forward[i];
    }
  }
  if (backpropagated_) {
    backpropagated_->find(output_difference(), [&](std::size_t p) { return potentials(p); });
  }
}

std::span<const float> SegregatedDendrites::difference_of(const Layer& layer,
                                                          bool backpropagates) const {
  return backpropagates ? backpropagated_->difference(layer.population) : layer.difference;
}

void SegregatedDendrites::find_change(const Layer& layer, double learning_rate, bool backpropagates,
                                      AlignedFloats& change) const {
  const auto factor = static_cast<float>(learning_rate * layer.step * layer.share * layer.max_rate);
  const std::span<const float> difference = difference_of(layer, backpropagates);
  for (std::size_t i = 0; i < layer.size; ++i) {
    const float probability = sigmoid(layer.v_forward[i]);
    change[i] = factor * difference[i] * (probability * (1 - probability));
  }
}

// sigmoid' of the mean apical potential is alpha (1 - alpha).
void SegregatedDendrites::find_feedback_change(const Layer& layer, double learning_rate,
                                               AlignedFloats& change) {
  const auto max_rate = static_cast<float>(layer.max_rate);
  const auto factor = static_cast<float>(learning_rate);
  for (std::size_t i = 0; i < layer.size; ++i) {
    const float plateau = layer.plateau_forward[i];
    const float error = max_rate * sigmoid(layer.v_forward[i]) - plateau;
    change[i] = factor * error * (plateau * (1 - plateau));
  }
}

void SegregatedDendrites::add_changes(Synapses& synapses, Time now) {
  synapses.weights->add_outer_product(synapses.change, synapses.s_forward);
  network_->weights_changed(now, synapses.projection, synapses.change, synapses.s_forward);
}

void SegregatedDendrites::update(Time now) {
  for (Layer& layer : layers_) {
    if (layer.learning_rate.value_or(0) == 0) continue;
    find_change(layer, learning_rate_factor_ * *layer.learning_rate, layer.backpropagates,
                layer.change);
    for (std::size_t i = 0; i < layer.size; ++i) (*layer.biases)[i] += layer.change[i];
    network_->bias_changed(now, layer.population);
  }
  for (Synapses& each : synapses_) {
    if (each.learning_rate == 0) continue;
    find_change(layers_[each.layer], learning_rate_factor_ * each.learning_rate,
                each.backpropagates, each.change);
    add_changes(each, now);
  }
  for (Synapses& each : learned_feedback_) {
    if (each.learning_rate == 0) continue;
    find_feedback_change(layers_[each.layer], learning_rate_factor_ * each.learning_rate,
                         each.change);
    add_changes(each, now);
  }
  for (SymmetricFeedback& each : symmetric_feedback_) each.mirror(now);
}

std::optional<std::size_t> SegregatedDendrites::diverged() const {
  const auto is_finite = [](float v) { return std::isfinite(v); };
  const auto diverges = [&](const Layer& layer) {
    return !std::ranges::all_of(std::span(layer.v_forward).first(layer.size), is_finite) ||
           !std::ranges::all_of(std::span(layer.change).first(layer.size), is_finite);
  };
  const auto found = std::ranges::find_if(layers_, diverges);
  if (found == layers_.end()) return std::nullopt;
  return found->population;
}

void SegregatedDendrites::checkpoint(const Checkpoint& state) {
  for (std::size_t i = 0; i < symmetric_feedback_.size(); ++i) {
    symmetric_feedback_[i].checkpoint(state.in("symmetric_feedback_" + std::to_string(i)));
  }
}

const SegregatedDendrites::Layer& SegregatedDendrites::layer_of(std::size_t population) const {
  const auto found = std::ranges::find(layers_, population, &Layer::population);
  assert(found != layers_.end());
  return *found;
}

std::span<const float> SegregatedDendrites::potentials(std::size_t population) const {
  const Layer& layer = layer_of(population);
  return std::span(layer.v_forward).first(layer.size);
}

std::span<const float> SegregatedDendrites::output_potentials() const {
  return potentials(std::ranges::find(layers_, true, &Layer::teaches)->population);
}

SegregatedDendrites::Plateaus SegregatedDendrites::plateaus(std::size_t population) const {
  const Layer& layer = layer_of(population);
  return {std::span(layer.plateau_forward).first(layer.size),
          std::span(layer.plateau_target).first(layer.size)};
}

std::span<const float> SegregatedDendrites::difference(std::size_t population) const {
  const Layer& layer = layer_of(population);
  return difference_of(layer, layer.backpropagates).first(layer.size);
}

std::span<const float> SegregatedDendrites::output_difference() const {
  const Layer& layer = *std::ranges::find(layers_, true, &Layer::teaches);
  return std::span(layer.difference).first(layer.size);
}

std::span<const float> SegregatedDendrites::change(std::size_t population) const {
  return layer_of(population).change;
}

}  // namespace apical
