#include "models/rate/dense_map.h"

#include <cassert>

#include "models/rate/matrix_product.h"
#include "models/rate/tiles.h"

namespace apical {

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

void DenseMap::gradient(ConstBatchView x, ConstBatchView dy, std::span<float> dw) {
  assert(dw.size() == parameters() && x.size == inputs_ && dy.size == outputs_);
  assert(x.batch == dy.batch);
  for_each_tile(inputs_, tile_width(inputs_), [&](std::size_t first, std::size_t count) {
    multiply_transpose_by({x.values + first, x.batch, count, inputs_},
                          {dy.values, dy.batch, outputs_, outputs_},
                          {&dw[first * outputs_], count, outputs_, outputs_});
  });
}

}  // namespace apical
