#include "learning/inverse_model.h"

#include <utility>

#include "learning/gradient_step.h"
#include "models/rate/loss.h"

namespace apical {

InverseModel::InverseModel(std::unique_ptr<AffineLayer> layer, RandomStream stream,
                           const proto::Optimizer& optimizer, std::size_t capacity)
    : layer_(std::move(layer)),
      parameters_(layer_->initial_parameters(stream)),
      optimizer_(make_optimizer(optimizer, parameters_.size())),
      prediction_(capacity, outputs()),
      error_(capacity, outputs()) {}

void InverseModel::learn(ConstBatchView x, ConstBatchView below) {
  const BatchView prediction = prediction_.of(x.batch);
  const BatchView error = error_.of(x.batch);
  apply(x, prediction);
  squared_error(prediction, below, error);
  layer_->multiply_by_slope(prediction, error);
  step_down(*optimizer_, *layer_, x, error, parameters_);
}

void InverseModel::checkpoint(const Checkpoint& state) {
  state.array("parameters", std::span(parameters_));
  optimizer_->checkpoint(state);
}

}  // namespace apical
