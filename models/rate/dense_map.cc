#include "models/rate/dense_map.h"

#include <cassert>

#include "models/rate/matrix_product.h"

namespace apical {

DenseMap::DenseMap(Shape input, Shape output)
    : input_(input), output_(output), inputs_(input.size()), outputs_(output.size()) {
  assert(inputs_ > 0 && outputs_ > 0);
}

void DenseMap::apply(std::span<const float> w, ConstBatchView x, BatchView y) {
  assert(w.size() == parameters() && x.size == inputs_ && y.size == outputs_);
  assert(x.batch == y.batch);
  multiply({x.values, x.batch, inputs_, inputs_}, {w.data(), inputs_, outputs_, outputs_},
           {y.values, y.batch, outputs_, outputs_});
}

void DenseMap::apply_adjoint(std::span<const float> w, ConstBatchView dy, BatchView dx) {
  assert(w.size() == parameters() && dx.size == inputs_ && dy.size == outputs_);
  assert(dx.batch == dy.batch);
  multiply_by_transpose({dy.values, dy.batch, outputs_, outputs_},
                        {w.data(), inputs_, outputs_, outputs_},
                        {dx.values, dx.batch, inputs_, inputs_});
}

void DenseMap::gradient(ConstBatchView x, ConstBatchView dy, std::span<float> dw) {
  assert(dw.size() == parameters() && x.size == inputs_ && dy.size == outputs_);
  assert(x.batch == dy.batch);
  multiply_transpose_by({x.values, x.batch, inputs_, inputs_},
                        {dy.values, dy.batch, outputs_, outputs_},
                        {dw.data(), inputs_, outputs_, outputs_});
}

}  // namespace apical
