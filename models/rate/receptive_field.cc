#include "models/rate/receptive_field.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace apical {
namespace {

std::size_t strides(std::size_t length, std::size_t stride) {
  return (length + stride - 1) / stride;
}

// Copies of fixed sizes, the last of which may overlap: rows are often of a few floats, for which a
// call of memcpy would take longer than the copy.
void copy(const float* from, std::size_t count, float* to) {
  constexpr std::size_t kFloats = 4;
  if (count >= kFloats) {
    for (std::size_t i = 0; i + kFloats < count; i += kFloats) {
      std::memcpy(to + i, from + i, kFloats * sizeof(float));
    }
    const std::size_t last = count - kFloats;
    std::memcpy(to + last, from + last, kFloats * sizeof(float));
    return;
  }
  if (count >= 2) std::memcpy(to, from, 2 * sizeof(float));
  if (count % 2 == 1) to[count - 1] = from[count - 1];
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

void ReceptiveField::copy_windows(const Window& window, ConstBatchView x, float* patches,
                                  std::size_t row_stride, std::size_t stride) const {
  const std::size_t taps = row_taps(window);
  for (std::size_t row = 0; row < window.rows.count; ++row) {
    const float* const from = x.values + row_start(window, row);
    float* const to = patches + row * row_stride;
    for (std::size_t b = 0; b < x.batch; ++b) copy(from + b * x.size, taps, to + b * stride);
  }
}

void ReceptiveField::add_to_windows(const Window& window, const float* patches,
                                    std::size_t row_stride, std::size_t stride, BatchView x) const {
  const std::size_t taps = row_taps(window);
  for (std::size_t row = 0; row < window.rows.count; ++row) {
    const float* const from = patches + row * row_stride;
    float* const to = x.values + row_start(window, row);
    for (std::size_t b = 0; b < x.batch; ++b) add(from + b * stride, taps, to + b * x.size);
  }
}

}  // namespace apical
