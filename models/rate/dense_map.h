#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <cstddef>
#include <span>

#include "models/rate/linear_map.h"
#include "simulator/vector_math.h"

namespace apical {

// Every output sums every input. Parameters are stored by input: w[j * outputs + i] is the weight
// of input j onto output i.
class DenseMap final : public LinearMap {
 public:
  // No shape may be empty.
  DenseMap(Shape input, Shape output);

  Shape input() const override { return input_; }
  Shape output() const override { return output_; }
  std::size_t parameters() const override { return inputs_ * outputs_; }
  std::size_t fan_in() const override { return inputs_; }
  std::size_t fan_out() const override { return outputs_; }

  void apply(std::span<const float> w, ConstBatchView x, BatchView y) override;
  void apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) override;
  void gradient_in_parts(ConstBatchView x, ConstBatchView dy, const TakeGradient& take) override;

 private:
  Shape input_;
  Shape output_;
  std::size_t inputs_;
  std::size_t outputs_;
  tbb::enumerable_thread_specific<AlignedFloats> parts_;  // of the gradient
};

}  // namespace apical
