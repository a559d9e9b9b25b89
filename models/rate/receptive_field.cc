#include "models/rate/receptive_field.h"

#include <algorithm>
#include <cassert>

namespace apical {
namespace {

std::size_t strides(std::size_t length, std::size_t stride) {
  return (length + stride - 1) / stride;
}

// Rows of a few floats: a call of memmove would cost more than the copy.
void copy(const float* __restrict from, std::size_t count, float* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
}

void add(const float* __restrict from, std::size_t count, float* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace

ReceptiveField::ReceptiveField(Shape input, std::size_t kernel, std::size_t stride,
                               std::size_t channels)
    : input_(input),
      output_{strides(input.height, stride), strides(input.width, stride), channels},
      kernel_(kernel),
      stride_(stride) {
  assert(input.size() > 0 && kernel > 0 && stride > 0 && channels > 0);
}

Extent ReceptiveField::extent(std::size_t output, std::size_t length) const {
  const std::size_t covered = (strides(length, stride_) - 1) * stride_ + kernel_;
  const std::size_t padding = covered > length ? (covered - length) / 2 : 0;
  const std::size_t start = output * stride_;  // in the padded image
  const std::size_t first = std::max(start, padding);
  const std::size_t end = std::min(start + kernel_, padding + length);
  return {first - padding, end - first, first - start};
}

Extent ReceptiveField::rows(std::size_t output_row) const {
  assert(output_row < output_.height);
  return extent(output_row, input_.height);
}

Extent ReceptiveField::columns(std::size_t output_column) const {
  assert(output_column < output_.width);
  return extent(output_column, input_.width);
}

Window ReceptiveField::window(std::size_t position) const {
  return {rows(position / output_.width), columns(position % output_.width)};
}

void ReceptiveField::copy_window(const Window& window, const float* example, float* patch,
                                 std::size_t stride) const {
  const std::size_t taps = row_taps(window);
  for (std::size_t row = 0; row < window.rows.count; ++row) {
    copy(example + row_start(window, row), taps, patch + row * stride);
  }
}

void ReceptiveField::add_to_window(const Window& window, const float* patch, std::size_t stride,
                                   float* example) const {
  const std::size_t taps = row_taps(window);
  for (std::size_t row = 0; row < window.rows.count; ++row) {
    add(patch + row * stride, taps, example + row_start(window, row));
  }
}

}  // namespace apical
