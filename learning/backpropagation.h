#pragma once

#include <cstddef>

#include "learning/rate_rule.h"

namespace apical {

// Backpropagation of errors (Rumelhart, Hinton & Williams, Nature 323, 1986):
//   dL/dh_l = W_{l+1}^T dL/da_{l+1},   dL/da_l = dL/dh_l s'(a_l)
class Backpropagation final : public RateRule {
 public:
  explicit Backpropagation(const RateRuleContext& context) : context_(context) {}

  void find_error(std::size_t l, RateBatch& batch) override;

 private:
  RateRuleContext context_;
};

}  // namespace apical
