#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "learning/rate_rule.h"
#include "simulator/vector_math.h"

namespace apical {

// Feedback alignment (Lillicrap, Cownden, Tweed & Akerman, Nature Communications 7:13276, 2016):
// backpropagation with fixed random weights B_{l+1} in place of W_{l+1}^T on the way back,
//   dL/dh_l ~ B_{l+1} dL/da_{l+1},   dL/da_l = dL/dh_l s'(a_l)
// B_{l+1} has the connectivity of W_{l+1}^T and is drawn as W_{l+1} is.
class FeedbackAlignment final : public RateRule {
 public:
  explicit FeedbackAlignment(const RateRuleContext& context);

  // The transpose of B_l, l >= 2, stored as the weights of layer l are.
  std::span<float> feedback(std::size_t l) { return feedback_[l - 2]; }

  void find_error(std::size_t l, RateBatch& batch) override;

 private:
  RateRuleContext context_;
  std::vector<AlignedFloats> feedback_;
};

}  // namespace apical
