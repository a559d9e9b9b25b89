#include "learning/direct_feedback_alignment.h"

#include <cmath>
#include <utility>

#include "models/rate/dense_map.h"
#include "simulator/random_stream.h"

namespace apical {

DirectFeedbackAlignment::DirectFeedbackAlignment(const RateRuleContext& context)
    : context_(context) {
  const std::size_t outputs = context.network.size(context.network.layers());
  for (std::size_t l = 1; l < context.network.layers(); ++l) {
    const std::size_t size = context.network.size(l);
    AffineLayer layer(std::make_unique<DenseMap>(Shape{1, 1, outputs}, Shape{1, 1, size}),
                      proto::LINEAR, size);
    RandomStream stream(
        {context.seed, static_cast<std::uint32_t>(l), Purpose::kFeedbackWeights, 1});
    AlignedFloats weights = layer.initial_parameters(stream);
    weights.resize(layer.map().parameters());
    feedback_.push_back(
        {std::make_unique<DenseMap>(layer.input(), layer.output()), std::move(weights)});
  }
}

void DirectFeedbackAlignment::find_error(std::size_t l, RateBatch& batch) {
  const Feedback& feedback = feedback_[l - 1];
  feedback.map->apply(feedback.weights, batch.e(context_.network.layers()), batch.e(l));
  context_.layer(l).multiply_by_slope(batch.h(l), batch.e(l));
}

}  // namespace apical
