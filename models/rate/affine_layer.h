#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "models/rate/activation.h"
#include "models/rate/linear_map.h"
#include "proto/rate_network.pb.h"
#include "simulator/random_stream.h"
#include "simulator/vector_math.h"

namespace apical {

// h = s(a), a = W x + b, for a batch: a layer of a rate network, or an inverse model. It holds no
// parameters. An array of parameters is W, as the map stores it, and then b.
//
// There is a bias a neuron, or, where the neurons of a channel share their weights, a channel.
class AffineLayer {
 public:
  AffineLayer(std::unique_ptr<LinearMap> map, proto::Activation activation, std::size_t biases);

  Shape input() const { return map_->input(); }
  Shape output() const { return map_->output(); }
  LinearMap& map() { return *map_; }
  proto::Activation activation() const { return activation_; }

  std::size_t parameters() const { return map_->parameters() + biases_; }
  std::span<const float> weights(std::span<const float> parameters) const {
    return parameters.first(map_->parameters());
  }

  // Glorot & Bengio (AISTATS 2010): weights uniform in -/+ sqrt(6 / (fan-in + fan-out)), biases 0.
  AlignedFloats initial_parameters(RandomStream& stream) const;

  // h = s(W x + b).
  void apply(std::span<const float> parameters, ConstBatchView x, BatchView h);

  // a = W x + b.
  void apply_map(std::span<const float> parameters, ConstBatchView x, BatchView a);

  // Of errors dL/dh makes dL/da in place: times s'(a), which is a function of h. Not for SOFTMAX.
  void multiply_by_slope(ConstBatchView h, BatchView error) const;

  // The gradient of L by the parameters, summed over the batch, with `error` its dL/da; in parts.
  void gradient_in_parts(ConstBatchView x, ConstBatchView error, const TakeGradient& take);

 private:
  std::unique_ptr<LinearMap> map_;
  proto::Activation activation_;
  Activation elementwise_;  // unless it is a softmax
  std::size_t biases_;
  AlignedFloats bias_gradient_;
};

}  // namespace apical
