#include "learning/feedback_alignment.h"

#include "simulator/random_stream.h"

namespace apical {

FeedbackAlignment::FeedbackAlignment(const RateRuleContext& context) : context_(context) {
  for (std::size_t l = 2; l <= context.network.layers(); ++l) {
    RandomStream stream(
        {context.seed, static_cast<std::uint32_t>(l), Purpose::kFeedbackWeights, 0});
    feedback_.push_back(context.layer(l).initial_parameters(stream));
    feedback_.back().resize(context.weights_of(l).size());  // without biases
  }
}

void FeedbackAlignment::find_error(std::size_t l, RateBatch& batch) {
  context_.layer(l + 1).map().apply_adjoint(feedback(l + 1), batch.e(l + 1), batch.e(l));
  context_.layer(l).multiply_by_slope(batch.h(l), batch.e(l));
}

}  // namespace apical
