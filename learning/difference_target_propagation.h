#pragma once

#include <cstddef>

#include "learning/target_rule.h"

namespace apical {

// Difference target propagation (Lee, Zhang, Fischer & Bengio, ECML 2015), as in Bartunov et al.
// (NeurIPS 2018): the penultimate layer's target is a step down the gradient of the task's loss,
// below it differences are propagated,
//   h^_{L-1} = h_{L-1} - alpha dL/dh_{L-1},   h^_l = h_l + g_{l+1}(h^_{l+1}) - g_{l+1}(h_{l+1})
// with dL/dh_{L-1} = W_L^T dL/da_L of each example. There is no inverse model of the output layer.
class DifferenceTargetPropagation final : public TargetRule {
 public:
  explicit DifferenceTargetPropagation(const RateRuleContext& context);

 private:
  void find_target(std::size_t l, const RateBatch& batch, BatchView target) override;
};

}  // namespace apical
