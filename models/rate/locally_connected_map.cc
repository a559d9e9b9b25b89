#include "models/rate/locally_connected_map.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cassert>

namespace apical {
namespace {

// The rows of a window are contiguous in the input, and one product per row needs no copy. Below so
// many floats, copying the window's rows together for one product is faster
// (tools/bench/locally_connected_bench.cc).
constexpr std::size_t kNarrow = 64;

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

ConstMatrix LocallyConnectedMap::copied_window(ConstBatchView x, const Window& window) {
  AlignedFloats& patches = patches_.local();
  const std::size_t taps = field_.taps(window);
  patches.resize(std::max(patches.size(), x.batch * taps));
  for (std::size_t b = 0; b < x.batch; ++b) {
    field_.copy_window(window, x.values + b * x.size, &patches[b * taps], field_.row_taps(window));
  }
  return {patches.data(), x.batch, taps, taps};
}

template <typename F>
void LocallyConnectedMap::for_each_block(ConstBatchView x, const F& f) {
  const std::size_t channels = output().channels;
  tbb::parallel_for(std::size_t{0}, field_.positions(), [&](std::size_t p) {
    const Window window = field_.window(p);
    if (narrow_) return f(p, start_[p], copied_window(x, window), true);
    const std::size_t taps = field_.row_taps(window);
    for (std::size_t row = 0; row < window.rows.count; ++row) {
      const float* const inputs = x.values + field_.row_start(window, row);
      f(p, start_[p] + row * taps * channels, ConstMatrix{inputs, x.batch, taps, x.size}, row == 0);
    }
  });
}

void LocallyConnectedMap::apply(std::span<const float> w, ConstBatchView x, BatchView y) {
  assert(w.size() == parameters() && x.size == input().size() && y.size == output().size());
  assert(x.batch == y.batch);
  const std::size_t channels = output().channels;
  for_each_block(x, [&](std::size_t p, std::size_t start, ConstMatrix inputs, bool first) {
    multiply(inputs, {&w[start], inputs.columns, channels, channels}, outputs(y, p),
             first ? Sum::kReplace : Sum::kAdd);
  });
}

void LocallyConnectedMap::gradient(ConstBatchView x, ConstBatchView dy, std::span<float> dw) {
  assert(dw.size() == parameters() && x.size == input().size() && dy.size == output().size());
  assert(x.batch == dy.batch);
  const std::size_t channels = output().channels;
  for_each_block(x, [&](std::size_t p, std::size_t start, ConstMatrix inputs, bool) {
    multiply_transpose_by(inputs, outputs(dy, p), {&dw[start], inputs.columns, channels, channels});
  });
}

void LocallyConnectedMap::apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) {
  assert(w.size() == parameters() && dx.size == input().size() && dy.size == output().size());
  assert(dx.batch == dy.batch);
  if (narrow_) {
    adjoint_by_window(w, dy, dx);
  } else {
    adjoint_by_kernel_row(w, dy, dx);
  }
}

// Windows overlap. A task owns a row of the input, and adds to it from one position after the
// other.
void LocallyConnectedMap::adjoint_by_kernel_row(std::span<const float> w, ConstBatchView dy,
                                                BatchView dx) const {
  const Shape from = input();
  const Shape to = output();
  tbb::parallel_for(std::size_t{0}, from.height, [&](std::size_t input_row) {
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

// Windows `apart` rows of positions from each other do not overlap: these rows are tasks, and what
// lies between waits for its round.
void LocallyConnectedMap::adjoint_by_window(std::span<const float> w, ConstBatchView dy,
                                            BatchView dx) {
  const Shape to = output();
  const std::size_t apart = (field_.kernel() + field_.stride() - 1) / field_.stride();
  std::ranges::fill(dx.all(), 0.0F);
  for (std::size_t round = 0; round < std::min(apart, to.height); ++round) {
    tbb::parallel_for(round, to.height, apart, [&](std::size_t output_row) {
      AlignedFloats& patches = patches_.local();
      for (std::size_t column = 0; column < to.width; ++column) {
        const std::size_t p = output_row * to.width + column;
        const Window window = field_.window(p);
        const std::size_t taps = field_.taps(window);
        patches.resize(std::max(patches.size(), dx.batch * taps));
        multiply_by_transpose(outputs(dy, p), {&w[start_[p]], taps, to.channels, to.channels},
                              {patches.data(), dx.batch, taps, taps});
        for (std::size_t b = 0; b < dx.batch; ++b) {
          field_.add_to_window(window, &patches[b * taps], field_.row_taps(window),
                               dx.row(b).data());
        }
      }
    });
  }
}

}  // namespace apical
