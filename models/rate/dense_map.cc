#include "models/rate/dense_map.h"

#include <algorithm>
#include <cassert>

#include "models/rate/matrix_product.h"
#include "models/rate/tiles.h"

namespace apical {
namespace {

// Rows of the gradient that make a part have up to this many floats: few enough to stay in the
// caches until the optimizer has used them, enough that the BLAS need not pack its operands too
// often.
constexpr std::size_t kPart = 131072;  // floats

std::size_t rows_of_a_part(std::size_t inputs, std::size_t outputs) {
  return std::clamp<std::size_t>(kPart / outputs, 64, tile_width(inputs));
}

}  // namespace

DenseMap::DenseMap(Shape input, Shape output)
    : input_(input), output_(output), inputs_(input.size()), outputs_(output.size()) {
  assert(inputs_ > 0 && outputs_ > 0);
}

void DenseMap::apply(std::span<const float> w, ConstBatchView x, BatchView y) {
  assert(w.size() == parameters() && x.size == inputs_ && y.size == outputs_);
  assert(x.batch == y.batch);
  for_each_tile(outputs_, tile_width(outputs_), [&](std::size_t first, std::size_t count) {
    multiply({x.values, x.batch, inputs_, inputs_}, {&w[first], inputs_, count, outputs_},
             {y.values + first, y.batch, count, outputs_});
  });
}

void DenseMap::apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) {
  assert(w.size() == parameters() && dx.size == inputs_ && dy.size == outputs_);
  assert(dx.batch == dy.batch);
  for_each_tile(inputs_, tile_width(inputs_), [&](std::size_t first, std::size_t count) {
    multiply_by_transpose({dy.values, dy.batch, outputs_, outputs_},
                          {&w[first * outputs_], count, outputs_, outputs_},
                          {dx.values + first, dx.batch, count, inputs_});
  });
}

void DenseMap::gradient_in_parts(ConstBatchView x, ConstBatchView dy, const TakeGradient& take) {
  assert(x.size == inputs_ && dy.size == outputs_ && x.batch == dy.batch);
  const std::size_t rows = rows_of_a_part(inputs_, outputs_);
  for_each_tile(inputs_, rows, [&](std::size_t first, std::size_t count) {
    AlignedFloats& part = parts_.local();
    if (part.empty()) part.resize(std::min(rows, inputs_) * outputs_);
    multiply_transpose_by({x.values + first, x.batch, count, inputs_},
                          {dy.values, dy.batch, outputs_, outputs_},
                          {part.data(), count, outputs_, outputs_});
    take(first * outputs_, std::span(part).first(count * outputs_));
  });
}

}  // namespace apical
