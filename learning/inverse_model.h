#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "learning/optimizer.h"
#include "models/rate/activities.h"
#include "models/rate/affine_layer.h"
#include "simulator/checkpoint.h"
#include "simulator/random_stream.h"
#include "simulator/vector_math.h"

namespace apical {

// g(x) = s(V x + c), which learns to predict the activity below a layer from the layer's own.
class InverseModel {
 public:
  // V is drawn from the stream by Glorot & Bengio, c is 0. For batches of up to `capacity`.
  InverseModel(std::unique_ptr<AffineLayer> layer, RandomStream stream,
               const proto::Optimizer& optimizer, std::size_t capacity);

  std::size_t inputs() const { return layer_->input().size(); }
  std::size_t outputs() const { return layer_->output().size(); }
  std::span<float> parameters() { return parameters_; }
  AffineLayer& layer() { return *layer_; }

  void apply(ConstBatchView x, BatchView below) { layer_->apply(parameters_, x, below); }

  // A step of the optimizer on the mean over the batch of ||g(x) - below||^2.
  void learn(ConstBatchView x, ConstBatchView below);

  // The optimizer's.
  void set_learning_rate_factor(double factor) { optimizer_->set_learning_rate_factor(factor); }

  void checkpoint(const Checkpoint& state);

 private:
  std::unique_ptr<AffineLayer> layer_;
  AlignedFloats parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Activities prediction_;
  Activities error_;
};

}  // namespace apical
