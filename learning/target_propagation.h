#pragma once

#include <cstddef>

#include "learning/target_rule.h"

namespace apical {

// Target propagation (Bengio, arXiv:1407.7906, 2014): the inverse models carry the output's target
// down,
//   h^_L = the label's distribution,   h^_l = g_{l+1}(h^_{l+1})
class TargetPropagation final : public TargetRule {
 public:
  explicit TargetPropagation(const RateRuleContext& context);

 private:
  void find_target(std::size_t l, const RateBatch& batch, BatchView target) override;
};

}  // namespace apical
