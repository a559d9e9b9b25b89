#include "learning/backpropagated_errors.h"

#include <algorithm>
#include <cassert>

#include "models/feedforward_order.h"
#include "models/neuron_constants.h"
#include "models/population_kind.h"

namespace apical {

BackpropagatedErrors::BackpropagatedErrors(const proto::Network& network,
                                           const Parameters& parameters)
    : layers_(static_cast<std::size_t>(network.population_size())) {
  auto order = feedforward_order(network);
  assert(order.has_value());
  std::ranges::reverse(*order);
  for (const std::size_t p : *order) {
    const proto::Population& population = network.population(static_cast<int>(p));
    if (is_source(population)) continue;
    if (population.has_output()) output_ = p;
    const SpikingPopulation::Constants constants = constants_of(population);
    layers_[p].slope =
        static_cast<float>(constants.feedforward_share() * constants.max_rate_per_ms);
    layers_[p].difference.resize(padded(static_cast<std::size_t>(population.size())));
    layers_[p].error = layers_[p].difference;
    down_.push_back(p);
  }
  std::size_t number = 0;
  for (const proto::Projection& projection : network.projection()) {
    const DenseWeights& weights = parameters.weights[number++];
    if (projection.compartment() == proto::APICAL) continue;
    layers_[population_index(network, projection.source())].outgoing.push_back(
        {&weights, population_index(network, projection.target())});
  }
}

void BackpropagatedErrors::set_output_difference(std::span<const float> difference) {
  std::ranges::copy(difference, layers_[output_].difference.begin());
}

void BackpropagatedErrors::pass_down(std::size_t population, std::span<const float> v) {
  Layer& layer = layers_[population];
  if (population != output_) std::ranges::fill(layer.difference, 0.0F);
  for (const Outgoing& each : layer.outgoing) {
    each.weights->add_products_with_rows(layers_[each.target].error, layer.difference);
  }
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float probability = sigmoid(v[i]);
    layer.error[i] = layer.slope * layer.difference[i] * (probability * (1 - probability));
  }
}

}  // namespace apical
