#include "learning/simplified_difference_target_propagation.h"

namespace apical {

SimplifiedDifferenceTargetPropagation::SimplifiedDifferenceTargetPropagation(
    const RateRuleContext& context)
    : TargetRule(context, context.network.layers()) {
  make_inverses();
}

void SimplifiedDifferenceTargetPropagation::find_target(std::size_t l, const RateBatch& batch,
                                                        BatchView target) {
  find_difference_target(l, batch, target);
}

}  // namespace apical
