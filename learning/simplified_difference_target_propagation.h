#pragma once

#include <cstddef>

#include "learning/target_rule.h"

namespace apical {

// Simplified difference target propagation (Bartunov et al., NeurIPS 2018): DTP without a gradient
// anywhere,
//   h^_L = the label's distribution,   h^_l = h_l + g_{l+1}(h^_{l+1}) - g_{l+1}(h_{l+1})
// also in the penultimate layer; h_L is the output's distribution.
class SimplifiedDifferenceTargetPropagation final : public TargetRule {
 public:
  explicit SimplifiedDifferenceTargetPropagation(const RateRuleContext& context);

 private:
  void find_target(std::size_t l, const RateBatch& batch, BatchView target) override;
};

}  // namespace apical
