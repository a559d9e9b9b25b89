#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <cstddef>
#include <span>
#include <vector>

#include "models/rate/linear_map.h"
#include "models/rate/matrix_product.h"
#include "models/rate/receptive_field.h"
#include "simulator/vector_math.h"

namespace apical {

// Receptive fields as in a convolution, but each position has weights of its own (Bartunov et al.
// 2018). Parameters are stored by position, then row, column and channel of the input within the
// window, then output channel. Where a kernel overlaps the edge of the image, the weights that
// would multiply padding do not exist: they would never be used nor learn, and cost up to a fifth
// of the memory and the arithmetic (3 x 3 kernels on 8 x 8 positions).
//
// Fan-in and fan-out are the kernel's area times the channels of input and output, as libraries
// count for convolutions; edges and strides are not taken into account.
class LocallyConnectedMap final : public LinearMap {
 public:
  explicit LocallyConnectedMap(ReceptiveField field);

  Shape input() const override { return field_.input(); }
  Shape output() const override { return field_.output(); }
  std::size_t parameters() const override { return start_.back(); }
  std::size_t fan_in() const override { return field_.area() * field_.input().channels; }
  std::size_t fan_out() const override { return field_.area() * field_.output().channels; }

  void apply(std::span<const float> w, ConstBatchView x, BatchView y) override;
  void apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) override;
  void gradient_in_parts(ConstBatchView x, ConstBatchView dy, const TakeGradient& take) override;

 private:
  // The outputs of a position for the batch, among those of the whole layer.
  ConstMatrix outputs(ConstBatchView y, std::size_t position) const;
  Matrix outputs(BatchView y, std::size_t position) const;

  // Two ways to each product. With a product of the BLAS for each row of a kernel:
  void apply_by_kernel_row(std::span<const float> w, ConstBatchView x, BatchView y) const;
  void adjoint_by_kernel_row(std::span<const float> w, ConstBatchView dy, BatchView dx) const;
  void gradient_by_kernel_row(ConstBatchView x, ConstBatchView dy, const TakeGradient& take);

  // And, where these are short, with one of ours for a window:
  void apply_by_window(std::span<const float> w, ConstBatchView x, BatchView y);
  void adjoint_by_window(std::span<const float> w, ConstBatchView dy, BatchView dx);
  void gradient_by_window(ConstBatchView x, ConstBatchView dy, const TakeGradient& take);
  void gradient_of_positions(ConstBatchView x, ConstBatchView dy, std::size_t begin,
                             std::size_t end, const TakeGradient& take);

  // What a position sees, copied together.
  ConstMatrix copied_windows(ConstBatchView x, const Window& window, AlignedFloats& patches) const;

  // The transpose of a position's weights, rows padded with zeros, to floats from `to` on.
  void transpose(const float* weights, std::size_t taps, float* to) const;

  struct Scratch {
    AlignedFloats patches;  // of a position, for some examples
    AlignedFloats outputs;  // likewise
    AlignedFloats weights;  // of a row of positions; or gradients of some
  };

  ReceptiveField field_;
  std::vector<std::size_t> start_;  // of a position's parameters; and where the last ones end
  bool narrow_;                     // rows of kernels are short
  tbb::enumerable_thread_specific<Scratch> scratch_;
};

}  // namespace apical
