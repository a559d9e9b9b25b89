#include "learning/target_rule.h"

#include <span>
#include <string>

#include "models/rate/loss.h"

namespace apical {

TargetRule::TargetRule(const RateRuleContext& context, std::size_t highest_inverse)
    : context_(context), highest_inverse_(highest_inverse) {
  for (std::size_t l = 0; l <= layers(); ++l) {
    const std::size_t size = context.network.size(l);
    if (l >= 1 && l < layers()) targets_.emplace_back(capacity(), size);
    below_.emplace_back(capacity(), size);
    above_.emplace_back(capacity(), size);
  }
}

void TargetRule::make_inverses() {
  for (std::size_t l = 2; l <= highest_inverse_; ++l) {
    const auto process = static_cast<std::uint32_t>(l);
    inverses_.push_back(std::make_unique<InverseModel>(
        make_inverse(l), RandomStream({context_.seed, process, Purpose::kInverseWeights, 0}),
        context_.settings.inverse_optimizer(), capacity()));
    noise_.emplace_back(StreamKey{context_.seed, process, Purpose::kInverseNoise, 0});
  }
}

std::unique_ptr<AffineLayer> TargetRule::make_inverse(std::size_t l) const {
  return context_.network.inverse_of(l);
}

ConstBatchView TargetRule::seen(std::size_t /*l*/, ConstBatchView /*below*/, ConstBatchView above) {
  return above;
}

ConstBatchView TargetRule::target(std::size_t l, const RateBatch& batch) const {
  return l == layers() ? batch.target.of(batch.size) : targets_[l - 1].of(batch.size);
}

void TargetRule::find_error(std::size_t l, RateBatch& batch) {
  const BatchView target = targets_[l - 1].of(batch.size);
  find_target(l, batch, target);
  squared_error(batch.h(l), target, batch.e(l));
  context_.layer(l).multiply_by_slope(batch.h(l), batch.e(l));
}

void TargetRule::find_difference_target(std::size_t l, const RateBatch& batch, BatchView result) {
  InverseModel& g = inverse(l + 1);
  const BatchView of_activity = below_[l].of(batch.size);
  g.apply(seen(l + 1, batch.h(l), target(l + 1, batch)), result);
  g.apply(seen(l + 1, batch.h(l), batch.h(l + 1)), of_activity);
  const std::span<const float> h = batch.h(l).all();
  const std::span<const float> from_activity = of_activity.all();
  const std::span<float> target = result.all();
  for (std::size_t i = 0; i < h.size(); ++i) target[i] = h[i] + (target[i] - from_activity[i]);
}

void TargetRule::learn(std::size_t l, const RateBatch& batch) {
  if (l < 2 || l > highest_inverse_) return;
  const BatchView noisy = below_[l - 1].of(batch.size);
  noise_[l - 2].normals(static_cast<float>(context_.settings.sigma()), noisy.all());
  const std::span<const float> h = batch.h(l - 1).all();
  for (std::size_t i = 0; i < h.size(); ++i) noisy.all()[i] += h[i];
  const BatchView above = above_[l].of(batch.size);
  context_.layer(l).apply(context_.parameters_of(l), noisy, above);
  const bool preserving = context_.settings.inverse_loss() == proto::NOISE_PRESERVING;
  inverse(l).learn(seen(l, noisy, above), preserving ? ConstBatchView(noisy) : batch.h(l - 1));
}

void TargetRule::checkpoint(const Checkpoint& state) {
  for (std::size_t l = 2; l <= highest_inverse_; ++l) {
    const Checkpoint place = state.in("inverse_" + std::to_string(l));
    inverse(l).checkpoint(place);
    noise_[l - 2].checkpoint(place);
  }
}

}  // namespace apical
