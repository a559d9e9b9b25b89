#include "models/rate/locally_connected_map.h"

#include <algorithm>
#include <cassert>

#include "models/rate/small_product.h"
#include "models/rate/tiles.h"

namespace apical {
namespace {

// A kernel's row is contiguous in the input, and one product of the BLAS for each needs no copy. Of
// fewer floats than this, a window's rows are copied together and multiplied by our own loops
// (tools/bench/locally_connected_bench.cc).
constexpr std::size_t kNarrow = 64;

// Our own loops go through a row of positions for so many examples after each other: their inputs
// and outputs then stay in the nearest caches.
constexpr std::size_t kExamples = 24;

// Positions whose gradients make a part: so many that this many floats are theirs, which the
// second-level cache holds beside what the optimizer reads.
constexpr std::size_t kPart = 65536;

// Calls f(first, x, y) for these examples after each other; x and y are the views of them.
template <typename X, typename Y, typename F>
void for_some_examples(X x, Y y, const F& f) {
  for (std::size_t first = 0; first < x.batch; first += kExamples) {
    const std::size_t count = std::min(kExamples, x.batch - first);
    f(first, X{x.values + first * x.size, count, x.size},
      Y{y.values + first * y.size, count, y.size});
  }
}

float* enough(AlignedFloats& values, std::size_t count) {
  if (values.size() < count) values.resize(count);
  return values.data();
}

}  // namespace

LocallyConnectedMap::LocallyConnectedMap(ReceptiveField field)
    : field_(field),
      start_(field.positions() + 1),
      narrow_(field.kernel() * field.input().channels < kNarrow) {
  for (std::size_t p = 0; p < field.positions(); ++p) {
    start_[p + 1] = start_[p] + field.taps(field.window(p)) * field.output().channels;
  }
}

ConstMatrix LocallyConnectedMap::outputs(ConstBatchView y, std::size_t position) const {
  const std::size_t channels = field_.output().channels;
  return {y.values + position * channels, y.batch, channels, y.size};
}

Matrix LocallyConnectedMap::outputs(BatchView y, std::size_t position) const {
  const std::size_t channels = field_.output().channels;
  return {y.values + position * channels, y.batch, channels, y.size};
}

void LocallyConnectedMap::apply(std::span<const float> w, ConstBatchView x, BatchView y) {
  assert(w.size() == parameters() && x.size == input().size() && y.size == output().size());
  assert(x.batch == y.batch);
  narrow_ ? apply_by_window(w, x, y) : apply_by_kernel_row(w, x, y);
}

void LocallyConnectedMap::apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) {
  assert(w.size() == parameters() && dx.size == input().size() && dy.size == output().size());
  assert(dx.batch == dy.batch);
  narrow_ ? adjoint_by_window(w, dy, dx) : adjoint_by_kernel_row(w, dy, dx);
}

void LocallyConnectedMap::gradient_in_parts(ConstBatchView x, ConstBatchView dy,
                                            const TakeGradient& take) {
  assert(x.size == input().size() && dy.size == output().size() && x.batch == dy.batch);
  narrow_ ? gradient_by_window(x, dy, take) : gradient_by_kernel_row(x, dy, take);
}

void LocallyConnectedMap::apply_by_kernel_row(std::span<const float> w, ConstBatchView x,
                                              BatchView y) const {
  const std::size_t channels = output().channels;
  for_each_task(0, field_.positions(), 1, [&](std::size_t p) {
    const Window window = field_.window(p);
    const std::size_t taps = field_.row_taps(window);
    for (std::size_t row = 0; row < window.rows.count; ++row) {
      multiply({x.values + field_.row_start(window, row), x.batch, taps, x.size},
               {&w[start_[p] + row * taps * channels], taps, channels, channels}, outputs(y, p),
               row == 0 ? Sum::kReplace : Sum::kAdd);
    }
  });
}

// Windows overlap. A task owns a row of the input, and adds to it from one position after the
// other.
void LocallyConnectedMap::adjoint_by_kernel_row(std::span<const float> w, ConstBatchView dy,
                                                BatchView dx) const {
  const Shape from = input();
  const Shape to = output();
  for_each_task(0, from.height, 1, [&](std::size_t input_row) {
    const std::size_t size = from.width * from.channels;
    for (std::size_t b = 0; b < dx.batch; ++b) {
      std::ranges::fill(dx.row(b).subspan(input_row * size, size), 0.0F);
    }
    for (std::size_t output_row = 0; output_row < to.height; ++output_row) {
      const Extent rows = field_.rows(output_row);
      if (input_row < rows.first || input_row >= rows.first + rows.count) continue;
      for (std::size_t column = 0; column < to.width; ++column) {
        const std::size_t p = output_row * to.width + column;
        const Window window = {rows, field_.columns(column)};
        const std::size_t row = input_row - rows.first;
        const std::size_t taps = field_.row_taps(window);
        const float* const weights = &w[start_[p] + row * taps * to.channels];
        multiply_by_transpose(outputs(dy, p), {weights, taps, to.channels, to.channels},
                              {dx.values + field_.row_start(window, row), dx.batch, taps, dx.size},
                              Sum::kAdd);
      }
    }
  });
}

void LocallyConnectedMap::gradient_by_kernel_row(ConstBatchView x, ConstBatchView dy,
                                                 const TakeGradient& take) {
  const std::size_t channels = output().channels;
  for_each_task(0, field_.positions(), 1, [&](std::size_t p) {
    const std::size_t size = start_[p + 1] - start_[p];
    float* const part = enough(scratch_.local().weights, size);
    const Window window = field_.window(p);
    const std::size_t taps = field_.row_taps(window);
    for (std::size_t row = 0; row < window.rows.count; ++row) {
      multiply_transpose_by({x.values + field_.row_start(window, row), x.batch, taps, x.size},
                            outputs(dy, p),
                            {part + row * taps * channels, taps, channels, channels});
    }
    take(start_[p], {part, size});
  });
}

ConstMatrix LocallyConnectedMap::copied_windows(ConstBatchView x, const Window& window,
                                                AlignedFloats& patches) const {
  const std::size_t taps = field_.taps(window);
  float* const result = enough(patches, x.batch * taps);
  field_.copy_windows(window, x, result, field_.row_taps(window), taps);
  return {result, x.batch, taps, taps};
}

void LocallyConnectedMap::transpose(const float* weights, std::size_t taps, float* to) const {
  const std::size_t channels = output().channels;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t tap = 0; tap < taps; ++tap) to[tap] = weights[tap * channels + channel];
    std::fill(to + taps, to + padded(taps), 0.0F);
    to += padded(taps);
  }
}

void LocallyConnectedMap::apply_by_window(std::span<const float> w, ConstBatchView x, BatchView y) {
  const Shape to = output();
  for_each_task(0, to.height, 1, [&](std::size_t row) {
    AlignedFloats& patches = scratch_.local().patches;
    for_some_examples(x, y, [&](std::size_t, ConstBatchView x_part, BatchView y_part) {
      for (std::size_t p = row * to.width; p < (row + 1) * to.width; ++p) {
        const ConstMatrix windows = copied_windows(x_part, field_.window(p), patches);
        multiply_small({windows.values, windows.rows, windows.columns, windows.stride, 1},
                       {&w[start_[p]], windows.columns, to.channels, to.channels},
                       outputs(y_part, p));
      }
    });
  });
}

// Windows `apart` rows of positions from each other do not overlap: these rows are tasks, and what
// lies between waits for its round.
void LocallyConnectedMap::adjoint_by_window(std::span<const float> w, ConstBatchView dy,
                                            BatchView dx) {
  const Shape to = output();
  const std::size_t apart = (field_.kernel() + field_.stride() - 1) / field_.stride();
  const std::size_t most = to.channels * padded(field_.area() * input().channels);
  std::ranges::fill(dx.all(), 0.0F);
  for (std::size_t round = 0; round < std::min(apart, to.height); ++round) {
    for_each_task(round, to.height, apart, [&](std::size_t row) {
      Scratch& scratch = scratch_.local();
      float* const weights = enough(scratch.weights, to.width * most);
      const std::size_t first = row * to.width;
      for (std::size_t p = first; p < first + to.width; ++p) {
        transpose(&w[start_[p]], field_.taps(field_.window(p)), weights + (p - first) * most);
      }
      for_some_examples(dy, dx, [&](std::size_t, ConstBatchView dy_part, BatchView dx_part) {
        for (std::size_t p = first; p < first + to.width; ++p) {
          const Window window = field_.window(p);
          const std::size_t width = padded(field_.taps(window));
          const ConstMatrix from = outputs(dy_part, p);
          float* const patches = enough(scratch.patches, from.rows * width);
          multiply_small({from.values, from.rows, from.columns, from.stride, 1},
                         {weights + (p - first) * most, to.channels, width, width},
                         {patches, from.rows, width, width});
          field_.add_to_windows(window, patches, field_.row_taps(window), width, dx_part);
        }
      });
    });
  }
}

// The outputs of different examples are often a power of two apart, where a cache has few places;
// so they are copied as well.
void LocallyConnectedMap::gradient_by_window(ConstBatchView x, ConstBatchView dy,
                                             const TakeGradient& take) {
  const Shape to = output();
  const std::size_t at_once =
      std::max<std::size_t>(1, kPart / (field_.area() * input().channels * to.channels));
  for_each_task(0, to.height, 1, [&](std::size_t row) {
    const std::size_t end = (row + 1) * to.width;
    for (std::size_t p = row * to.width; p < end; p += at_once) {
      gradient_of_positions(x, dy, p, std::min(p + at_once, end), take);
    }
  });
}

void LocallyConnectedMap::gradient_of_positions(ConstBatchView x, ConstBatchView dy,
                                                std::size_t begin, std::size_t end,
                                                const TakeGradient& take) {
  const std::size_t channels = output().channels;
  const std::size_t start = start_[begin];
  const std::size_t size = start_[end] - start;
  Scratch& scratch = scratch_.local();
  float* const part = enough(scratch.weights, size);
  float* const copied = enough(scratch.outputs, std::min(kExamples, dy.batch) * channels);
  for_some_examples(x, dy, [&](std::size_t first, ConstBatchView x_part, ConstBatchView dy_part) {
    for (std::size_t p = begin; p < end; ++p) {
      const ConstMatrix windows = copied_windows(x_part, field_.window(p), scratch.patches);
      const ConstMatrix from = outputs(dy_part, p);
      for (std::size_t b = 0; b < from.rows; ++b) {
        std::copy_n(from.values + b * from.stride, channels, copied + b * channels);
      }
      multiply_small({windows.values, windows.columns, windows.rows, 1, windows.stride},
                     {copied, from.rows, channels, channels},
                     {part + (start_[p] - start), windows.columns, channels, channels},
                     first == 0 ? Sum::kReplace : Sum::kAdd);
    }
  });
  take(start, {part, size});
}

}  // namespace apical
