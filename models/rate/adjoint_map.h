#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "models/rate/linear_map.h"

namespace apical {

// The adjoint W^T of a map W, with the same parameters at the same places: a transposed dense,
// locally connected or convolutional map, from the layer above to the layer below. The inverse
// models of target propagation are such maps, with parameters of their own.
class AdjointMap final : public LinearMap {
 public:
  explicit AdjointMap(std::unique_ptr<LinearMap> map) : map_(std::move(map)) {}

  Shape input() const override { return map_->output(); }
  Shape output() const override { return map_->input(); }
  std::size_t parameters() const override { return map_->parameters(); }
  std::size_t fan_in() const override { return map_->fan_out(); }
  std::size_t fan_out() const override { return map_->fan_in(); }

  void apply(std::span<const float> w, ConstBatchView x, BatchView y) override {
    map_->apply_adjoint(w, x, y);
  }
  void apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) override {
    map_->apply(w, dy, dx);
  }
  // The sum of x dy^T, which is what W is to learn for dy W^T x.
  void gradient_in_parts(ConstBatchView x, ConstBatchView dy, const TakeGradient& take) override {
    map_->gradient_in_parts(dy, x, take);
  }

 private:
  std::unique_ptr<LinearMap> map_;
};

}  // namespace apical
