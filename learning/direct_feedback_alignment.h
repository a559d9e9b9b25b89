#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "learning/rate_rule.h"
#include "models/rate/affine_layer.h"
#include "simulator/vector_math.h"

namespace apical {

// Direct feedback alignment (Nokland, NIPS 2016): the output's error goes to every hidden layer
// through a fixed random matrix,
//   dL/dh_l ~ B_l dL/da_L,   dL/da_l = dL/dh_l s'(a_l)
// B_l is dense, whatever the layer's connectivity, with Glorot's uniform distribution.
class DirectFeedbackAlignment final : public RateRule {
 public:
  explicit DirectFeedbackAlignment(const RateRuleContext& context);

  void find_error(std::size_t l, RateBatch& batch) override;

 private:
  struct Feedback {
    std::unique_ptr<LinearMap> map;
    AlignedFloats weights;
  };

  RateRuleContext context_;
  std::vector<Feedback> feedback_;  // [l - 1] to layer l
};

}  // namespace apical
