#include "learning/auxiliary_output_target_propagation.h"

#include <algorithm>

#include "models/rate/dense_map.h"
#include "models/rate/tiles.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

constexpr std::size_t kExamples = 8;  // whose rows a thread copies at a time

}  // namespace

AuxiliaryOutputTargetPropagation::AuxiliaryOutputTargetPropagation(const RateRuleContext& context)
    : TargetRule(context, context.network.layers()),
      auxiliary_outputs_(static_cast<std::size_t>(context.settings.auxiliary_outputs())) {
  make_inverses();
  if (auxiliary_outputs_ == 0 || layers() < 2) return;
  AffineLayer& penultimate = context.layer(layers() - 1);
  features_ = std::make_unique<AffineLayer>(
      std::make_unique<DenseMap>(penultimate.output(), Shape{1, 1, auxiliary_outputs_}),
      penultimate.activation(), auxiliary_outputs_);
  RandomStream stream({context.seed, 0, Purpose::kAuxiliaryWeights, 0});
  feature_parameters_ = features_->initial_parameters(stream);
  z_ = Activities(capacity(), auxiliary_outputs_);
  output_and_z_ = Activities(capacity(), context.network.size(layers()) + auxiliary_outputs_);
}

void AuxiliaryOutputTargetPropagation::find_target(std::size_t l, const RateBatch& batch,
                                                   BatchView target) {
  find_difference_target(l, batch, target);
}

std::unique_ptr<AffineLayer> AuxiliaryOutputTargetPropagation::make_inverse(std::size_t l) const {
  const bool beside_z = l == layers() && auxiliary_outputs_ > 0;
  return beside_z ? context().network.inverse_of(l, auxiliary_outputs_)
                  : context().network.inverse_of(l);
}

ConstBatchView AuxiliaryOutputTargetPropagation::seen(std::size_t l, ConstBatchView below,
                                                      ConstBatchView above) {
  if (l < layers() || features_ == nullptr) return above;
  const BatchView z = z_.of(below.batch);
  features_->apply(feature_parameters_, below, z);
  const BatchView both = output_and_z_.of(below.batch);
  for_each_tile(below.batch, kExamples, [&](std::size_t first, std::size_t count) {
    for (std::size_t n = first; n < first + count; ++n) {
      const auto beside = std::ranges::copy(above.row(n), both.row(n).begin()).out;
      std::ranges::copy(z.row(n), beside);
    }
  });
  return both;
}

}  // namespace apical
