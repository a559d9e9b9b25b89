#pragma once

#include <cstddef>
#include <memory>

#include "learning/target_rule.h"
#include "models/rate/activities.h"
#include "models/rate/affine_layer.h"
#include "simulator/vector_math.h"

namespace apical {

// SDTP with auxiliary outputs, AO-SDTP (Bartunov et al., NeurIPS 2018). The output o says too
// little of h_{L-1} to be inverted, so the inverse of the output layer also sees z, fixed random
// features of the penultimate layer that do not learn:
//   z = s_{L-1}(A h_{L-1}),   h^_{L-1} = h_{L-1} + g_L(o^, z) - g_L(o, z)
//   h^_l = h_l + g_{l+1}(h^_{l+1}) - g_{l+1}(h_{l+1}) below
// with o^ the label's distribution and A by Glorot & Bengio. Without any z it is SDTP.
class AuxiliaryOutputTargetPropagation final : public TargetRule {
 public:
  explicit AuxiliaryOutputTargetPropagation(const RateRuleContext& context);

 private:
  void find_target(std::size_t l, const RateBatch& batch, BatchView target) override;
  std::unique_ptr<AffineLayer> make_inverse(std::size_t l) const override;
  ConstBatchView seen(std::size_t l, ConstBatchView below, ConstBatchView above) override;

  std::size_t auxiliary_outputs_;
  std::unique_ptr<AffineLayer> features_;  // h_{L-1} to z; null if there is none
  AlignedFloats feature_parameters_;
  Activities z_;
  Activities output_and_z_;
};

}  // namespace apical
