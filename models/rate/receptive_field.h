#pragma once

#include <cstddef>
#include <span>

#include "models/rate/batch.h"
#include "models/rate/shape.h"

namespace apical {

// A run of neighbouring rows (or columns) of the input that an output sees through its kernel.
struct Extent {
  std::size_t first;  // of the input
  std::size_t count;  // at least 1
  std::size_t tap;    // of the kernel, that sees `first`
};

// What the outputs at a position see: a rectangle of the input, all its channels.
struct Window {
  Extent rows;
  Extent columns;
};

// Square receptive fields on an image, `stride` apart. The output is ceil(input / stride) high and
// wide, so that it keeps the input's shape at stride 1; what the kernels overlap the image by is
// split evenly between its two sides, the odd one behind (the "SAME" padding of TensorFlow).
// Padding counts as zeros. Positions are numbered by row, then column.
class ReceptiveField {
 public:
  // No argument may be 0.
  ReceptiveField(Shape input, std::size_t kernel, std::size_t stride, std::size_t channels);

  Shape input() const { return input_; }
  Shape output() const { return output_; }
  std::size_t kernel() const { return kernel_; }
  std::size_t stride() const { return stride_; }
  std::size_t area() const { return kernel_ * kernel_; }  // of the kernel
  std::size_t positions() const { return output_.height * output_.width; }

  // The rows of the input that an output's row sees, and likewise for columns.
  Extent rows(std::size_t output_row) const;
  Extent columns(std::size_t output_column) const;
  Window window(std::size_t position) const;

  // Inputs in a window; in a row of it, which is contiguous.
  std::size_t taps(const Window& window) const { return window.rows.count * row_taps(window); }
  std::size_t row_taps(const Window& window) const {
    return window.columns.count * input_.channels;
  }

  // Where, in an example, row `row` of a window begins.
  std::size_t row_start(const Window& window, std::size_t row) const {
    return ((window.rows.first + row) * input_.width + window.columns.first) * input_.channels;
  }

  // The window's inputs to and from patches, one for each of a batch of examples: row, column,
  // channel, with the rows of a patch `row_stride` floats apart, and patches `stride`. Copies them
  // there, and adds them back.
  void copy_windows(const Window& window, ConstBatchView x, float* patches, std::size_t row_stride,
                    std::size_t stride) const;
  void add_to_windows(const Window& window, const float* patches, std::size_t row_stride,
                      std::size_t stride, BatchView x) const;

 private:
  Extent extent(std::size_t output, std::size_t length) const;

  Shape input_;
  Shape output_;
  std::size_t kernel_;
  std::size_t stride_;
};

}  // namespace apical
