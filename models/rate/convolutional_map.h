#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <cstddef>
#include <span>

#include "models/rate/linear_map.h"
#include "models/rate/matrix_product.h"
#include "models/rate/receptive_field.h"
#include "simulator/vector_math.h"

namespace apical {

// A convolution: the same weights at each position. Parameters are stored by row, column and
// channel of the input within the kernel, then output channel.
//
// Fan-in and fan-out are the kernel's area times the channels of input and output, as is usual;
// edges and strides are not taken into account.
class ConvolutionalMap final : public LinearMap {
 public:
  explicit ConvolutionalMap(ReceptiveField field) : field_(field) {}

  Shape input() const override { return field_.input(); }
  Shape output() const override { return field_.output(); }
  std::size_t parameters() const override { return fan_in() * field_.output().channels; }
  std::size_t fan_in() const override { return field_.area() * field_.input().channels; }
  std::size_t fan_out() const override { return field_.area() * field_.output().channels; }

  void apply(std::span<const float> w, ConstBatchView x, BatchView y) override;
  void apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) override;
  void gradient_in_parts(ConstBatchView x, ConstBatchView dy, const TakeGradient& take) override;

 private:
  // The rows of positions of all examples, numbered through: those that are copied and multiplied
  // together.
  struct Rows {
    std::size_t first;
    std::size_t count;
  };
  template <typename F>
  void for_each_rows(std::size_t first_example, std::size_t examples, const F& f) const;

  // The outputs at the positions of these rows.
  ConstMatrix outputs(ConstBatchView y, Rows rows) const;
  Matrix outputs(BatchView y, Rows rows) const;

  // Calls f(example, window, start, inside) for each of their positions; its patch begins at float
  // `start`, and what is not padding in it at `inside`.
  template <typename F>
  void for_each_patch(Rows rows, const F& f) const;

  // A patch for each of their positions, what its kernel sees, with zeros for the padding.
  Matrix patches(Rows rows);
  ConstMatrix copied_windows(ConstBatchView x, Rows rows);
  void add_to_windows(ConstMatrix patches, Rows rows, BatchView dx) const;

  ReceptiveField field_;
  tbb::enumerable_thread_specific<AlignedFloats> patches_;
  AlignedFloats partial_;  // gradients of groups of examples
};

}  // namespace apical
