#include "learning/target_propagation.h"

namespace apical {

TargetPropagation::TargetPropagation(const RateRuleContext& context)
    : TargetRule(context, context.network.layers()) {
  make_inverses();
}

void TargetPropagation::find_target(std::size_t l, const RateBatch& batch, BatchView target) {
  inverse(l + 1).apply(seen(l + 1, batch.h(l), this->target(l + 1, batch)), target);
}

}  // namespace apical
