#include "learning/backpropagation.h"

namespace apical {

void Backpropagation::find_error(std::size_t l, RateBatch& batch) {
  context_.layer(l + 1).map().apply_adjoint(context_.weights_of(l + 1), batch.e(l + 1), batch.e(l));
  context_.layer(l).multiply_by_slope(batch.h(l), batch.e(l));
}

}  // namespace apical
