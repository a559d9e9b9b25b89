#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/rate/affine_layer.h"
#include "models/rate/shape.h"
#include "proto/rate_network.pb.h"
#include "simulator/vector_math.h"

namespace apical {

// The output shape of a layer above one of shape `input`: SAME padding, sizes divided by the
// stride and rounded up.
Shape output_shape(const proto::RateLayer& layer, Shape input);

// Layers l = 1 .. L of a rate network, as in the literature: h_l = s_l(W_l h_{l-1} + b_l), with h_0
// the image. The description has been checked and its defaults are filled in.
class RateNetwork {
 public:
  RateNetwork(const proto::RateNetwork& description, Shape image);

  std::size_t layers() const { return layers_.size(); }  // L
  AffineLayer& layer(std::size_t l) { return *layers_[l - 1]; }
  // Neurons of layer l; of the image for l = 0.
  std::size_t size(std::size_t l) const { return shapes_[l].size(); }

  // A map of its own with the connectivity of layer l.
  std::unique_ptr<LinearMap> map_of(std::size_t l) const;

  // A model that predicts the activity below layer l >= 2 from layer l's: transposed, and with the
  // activation of the layer that it predicts.
  std::unique_ptr<AffineLayer> inverse_of(std::size_t l) const;

  // The same from layer l's activity with further values beside it; layer l is dense.
  std::unique_ptr<AffineLayer> inverse_of(std::size_t l, std::size_t further_values) const;

 private:
  proto::RateNetwork description_;
  std::vector<Shape> shapes_;  // of h_0 .. h_L
  std::vector<std::unique_ptr<AffineLayer>> layers_;
};

// Parameters of layers 1 .. L at [0] .. [L - 1].
using RateParameters = std::vector<AlignedFloats>;

// Weights by Glorot & Bengio, a random stream a layer; biases 0.
RateParameters initial_parameters(RateNetwork& network, std::uint64_t seed);

}  // namespace apical
