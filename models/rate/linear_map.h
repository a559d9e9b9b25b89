#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>

#include "models/rate/batch.h"
#include "models/rate/shape.h"

namespace apical {

// Takes the elements of a gradient from `first` on. It is called on several threads at once, for
// each element once; `part` is valid until it returns.
using TakeGradient = std::function<void(std::size_t first, std::span<const float> part)>;

// y = W x for a batch: the linear map between two layers of a rate network, with parameters w. It
// holds no parameters, so that one map serves the weights of the forward path, the fixed random
// weights of feedback alignment, and their gradients. The bias belongs to the layer.
//
// Results are overwritten, not added to; inputs and results may not overlap. Each result has the
// same bits for any number of threads, because the partition into tiles and the order of every sum
// depend on shapes alone. They may differ in the last bits between batches of different sizes, and
// between kinds of processors, for which the BLAS has different kernels.
//
// A map may keep scratch memory, so one map is used by one caller at a time; it is itself parallel,
// on the calling task arena's threads.
class LinearMap {
 public:
  LinearMap() = default;
  LinearMap(const LinearMap&) = delete;
  LinearMap& operator=(const LinearMap&) = delete;
  virtual ~LinearMap() = default;

  virtual Shape input() const = 0;
  virtual Shape output() const = 0;

  // Floats of w.
  virtual std::size_t parameters() const = 0;

  // Inputs that an output sums and outputs that an input feeds, for initial weights in the manner
  // of Glorot & Bengio (AISTATS 2010).
  virtual std::size_t fan_in() const = 0;
  virtual std::size_t fan_out() const = 0;

  // y = W x.
  virtual void apply(std::span<const float> w, ConstBatchView x, BatchView y) = 0;

  // dx = W^T dy.
  virtual void apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) = 0;

  // dw = the sum over the batch of dy x^T, at the places of w. It is handed over in parts, which
  // are still in the nearest caches: stepping the parameters there and then takes less than two
  // thirds of the traffic of memory, and no array as large as w.
  virtual void gradient_in_parts(ConstBatchView x, ConstBatchView dy, const TakeGradient& take) = 0;

  // The same as a whole.
  void gradient(ConstBatchView x, ConstBatchView dy, std::span<float> dw) {
    gradient_in_parts(x, dy, [dw](std::size_t first, std::span<const float> part) {
      std::ranges::copy(part, dw.begin() + static_cast<std::ptrdiff_t>(first));
    });
  }
};

}  // namespace apical
