#include "models/rate/convolutional_map.h"

#include <algorithm>
#include <cassert>

#include "models/rate/tiles.h"

namespace apical {
namespace {

// Positions whose windows are copied together for one product. More would leave the cache, fewer
// have the BLAS pack the weights too often (tools/bench/locally_connected_bench.cc).
constexpr std::size_t kPositions = 128;

// Groups of examples whose gradients are summed apart, then added up in order. There are never more
// tasks than groups, and each costs the memory of a gradient.
constexpr std::size_t kGroups = 16;

constexpr std::size_t kSumTile = 4096;

}  // namespace

template <typename F>
void ConvolutionalMap::for_each_rows(std::size_t first_example, std::size_t examples,
                                     const F& f) const {
  const std::size_t height = output().height;
  const std::size_t step = std::max<std::size_t>(1, kPositions / output().width);
  const std::size_t end = (first_example + examples) * height;
  for (std::size_t first = first_example * height; first < end; first += step) {
    f(Rows{first, std::min(step, end - first)});
  }
}

ConstMatrix ConvolutionalMap::outputs(ConstBatchView y, Rows rows) const {
  const Shape to = output();
  const std::size_t row_size = to.width * to.channels;
  return {y.values + rows.first * row_size, rows.count * to.width, to.channels, to.channels};
}

Matrix ConvolutionalMap::outputs(BatchView y, Rows rows) const {
  const Shape to = output();
  const std::size_t row_size = to.width * to.channels;
  return {y.values + rows.first * row_size, rows.count * to.width, to.channels, to.channels};
}

Matrix ConvolutionalMap::patches(Rows rows) {
  AlignedFloats& patches = patches_.local();
  const std::size_t count = rows.count * output().width;
  patches.resize(std::max(patches.size(), count * fan_in()));
  return {patches.data(), count, fan_in(), fan_in()};
}

template <typename F>
void ConvolutionalMap::for_each_patch(Rows rows, const F& f) const {
  const Shape to = output();
  std::size_t start = 0;
  for (std::size_t row = rows.first; row < rows.first + rows.count; ++row) {
    for (std::size_t column = 0; column < to.width; ++column) {
      const Window window = {field_.rows(row % to.height), field_.columns(column)};
      const std::size_t tap = window.rows.tap * field_.kernel() + window.columns.tap;
      f(row / to.height, window, start, start + tap * input().channels);
      start += fan_in();
    }
  }
}

ConstMatrix ConvolutionalMap::copied_windows(ConstBatchView x, Rows rows) {
  const Matrix to = patches(rows);
  for_each_patch(
      rows, [&](std::size_t example, const Window& window, std::size_t start, std::size_t inside) {
        if (field_.taps(window) < fan_in()) std::fill_n(to.values + start, fan_in(), 0.0F);
        field_.copy_windows(window, {x.row(example).data(), 1, x.size}, to.values + inside,
                            field_.kernel() * input().channels, fan_in());
      });
  return to;
}

void ConvolutionalMap::add_to_windows(ConstMatrix patches, Rows rows, BatchView dx) const {
  for_each_patch(
      rows, [&](std::size_t example, const Window& window, std::size_t, std::size_t inside) {
        field_.add_to_windows(window, patches.values + inside, field_.kernel() * input().channels,
                              fan_in(), {dx.row(example).data(), 1, dx.size});
      });
}

void ConvolutionalMap::apply(std::span<const float> w, ConstBatchView x, BatchView y) {
  assert(w.size() == parameters() && x.size == input().size() && y.size == output().size());
  assert(x.batch == y.batch);
  const ConstMatrix weights = {w.data(), fan_in(), output().channels, output().channels};
  const std::size_t examples = std::max<std::size_t>(1, kPositions / field_.positions());
  for_each_tile(x.batch, examples, [&](std::size_t first, std::size_t count) {
    for_each_rows(first, count,
                  [&](Rows rows) { multiply(copied_windows(x, rows), weights, outputs(y, rows)); });
  });
}

void ConvolutionalMap::apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) {
  assert(w.size() == parameters() && dx.size == input().size() && dy.size == output().size());
  assert(dx.batch == dy.batch);
  const ConstMatrix weights = {w.data(), fan_in(), output().channels, output().channels};
  const std::size_t examples = std::max<std::size_t>(1, kPositions / field_.positions());
  for_each_tile(dx.batch, examples, [&](std::size_t first, std::size_t count) {
    std::fill_n(dx.values + first * dx.size, count * dx.size, 0.0F);
    for_each_rows(first, count, [&](Rows rows) {
      const Matrix windows = patches(rows);
      multiply_by_transpose(outputs(dy, rows), weights, windows);
      add_to_windows(windows, rows, dx);
    });
  });
}

void ConvolutionalMap::gradient_in_parts(ConstBatchView x, ConstBatchView dy,
                                         const TakeGradient& take) {
  assert(x.size == input().size() && dy.size == output().size() && x.batch == dy.batch);
  const std::size_t weights = parameters();
  const std::size_t channels = output().channels;
  const std::size_t examples = (x.batch + kGroups - 1) / kGroups;
  const std::size_t groups = (x.batch + examples - 1) / examples;
  partial_.resize(groups * weights);
  for_each_tile(x.batch, examples, [&](std::size_t first, std::size_t count) {
    const Matrix sum = {&partial_[first / examples * weights], fan_in(), channels, channels};
    for_each_rows(first, count, [&](Rows rows) {
      multiply_transpose_by(copied_windows(x, rows), outputs(dy, rows), sum,
                            rows.first == first * output().height ? Sum::kReplace : Sum::kAdd);
    });
  });
  for_each_tile(weights, kSumTile, [&](std::size_t first, std::size_t count) {
    float* const sum = &partial_[first];
    for (std::size_t group = 1; group < groups; ++group) {
      const float* const part = &partial_[group * weights + first];
      for (std::size_t i = 0; i < count; ++i) sum[i] += part[i];
    }
    take(first, {sum, count});
  });
}

}  // namespace apical
