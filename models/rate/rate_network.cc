#include "models/rate/rate_network.h"

#include <utility>

#include "models/rate/adjoint_map.h"
#include "models/rate/convolutional_map.h"
#include "models/rate/dense_map.h"
#include "models/rate/locally_connected_map.h"
#include "models/rate/receptive_field.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

std::size_t count(int value) { return static_cast<std::size_t>(value); }

ReceptiveField field_of(const proto::LocalLayer& layer, Shape input) {
  return {input, count(layer.kernel()), count(layer.stride()), count(layer.channels())};
}

std::unique_ptr<LinearMap> make_map(const proto::RateLayer& layer, Shape input) {
  switch (layer.connectivity_case()) {
    case proto::RateLayer::kLocallyConnected:
      return std::make_unique<LocallyConnectedMap>(field_of(layer.locally_connected(), input));
    case proto::RateLayer::kConvolutional:
      return std::make_unique<ConvolutionalMap>(field_of(layer.convolutional(), input));
    case proto::RateLayer::kDense:
    case proto::RateLayer::CONNECTIVITY_NOT_SET:
      break;
  }
  return std::make_unique<DenseMap>(input, output_shape(layer, input));
}

// Of neurons of this shape whose incoming weights are those of `layer`, or of its adjoint.
std::size_t biases(const proto::RateLayer& layer, Shape shape) {
  return layer.has_convolutional() ? shape.channels : shape.size();
}

}  // namespace

Shape output_shape(const proto::RateLayer& layer, Shape input) {
  const auto grid = [&](const proto::LocalLayer& local) {
    const std::size_t stride = count(local.stride());
    return Shape{(input.height + stride - 1) / stride, (input.width + stride - 1) / stride,
                 count(local.channels())};
  };
  if (layer.has_locally_connected()) return grid(layer.locally_connected());
  if (layer.has_convolutional()) return grid(layer.convolutional());
  return {1, 1, count(layer.dense().units())};
}

RateNetwork::RateNetwork(const proto::RateNetwork& description, Shape image)
    : description_(description), shapes_{image} {
  for (const proto::RateLayer& layer : description.layer()) {
    auto map = make_map(layer, shapes_.back());
    shapes_.push_back(map->output());
    layers_.push_back(std::make_unique<AffineLayer>(std::move(map), layer.activation(),
                                                    biases(layer, shapes_.back())));
  }
}

std::unique_ptr<LinearMap> RateNetwork::map_of(std::size_t l) const {
  return make_map(description_.layer(static_cast<int>(l) - 1), shapes_[l - 1]);
}

std::unique_ptr<AffineLayer> RateNetwork::inverse_of(std::size_t l) const {
  const proto::RateLayer& layer = description_.layer(static_cast<int>(l) - 1);
  return std::make_unique<AffineLayer>(std::make_unique<AdjointMap>(map_of(l)),
                                       layers_[l - 2]->activation(), biases(layer, shapes_[l - 1]));
}

std::unique_ptr<AffineLayer> RateNetwork::inverse_of(std::size_t l,
                                                     std::size_t further_values) const {
  const Shape above{1, 1, size(l) + further_values};
  return std::make_unique<AffineLayer>(
      std::make_unique<AdjointMap>(std::make_unique<DenseMap>(shapes_[l - 1], above)),
      layers_[l - 2]->activation(), size(l - 1));
}

RateParameters initial_parameters(RateNetwork& network, std::uint64_t seed) {
  RateParameters parameters;
  for (std::size_t l = 1; l <= network.layers(); ++l) {
    RandomStream stream({seed, static_cast<std::uint32_t>(l), Purpose::kInitialWeights, 0});
    parameters.push_back(network.layer(l).initial_parameters(stream));
  }
  return parameters;
}

}  // namespace apical
