#include "learning/target_rule.h"

#include <algorithm>
#include <span>
#include <string>

#include "models/rate/loss.h"
#include "models/rate/tiles.h"

namespace apical {
namespace {

// Floats that a thread computes at a time, of which a random stream makes four a draw, in blocks
// that divide it.
constexpr std::size_t kTile = 8192;
constexpr std::size_t kNormalsOfADraw = 4;

}  // namespace

TargetRule::TargetRule(const RateRuleContext& context, std::size_t highest_inverse)
    : context_(context), highest_inverse_(highest_inverse) {
  for (std::size_t l = 1; l < layers(); ++l) {
    targets_.emplace_back(capacity(), context.network.size(l));
  }
  std::size_t below = 0;
  std::size_t above = 0;
  for (std::size_t l = 2; l <= highest_inverse; ++l) {
    below = std::max(below, context.network.size(l - 1));
    above = std::max(above, context.network.size(l));
  }
  below_.resize(capacity() * below);
  above_.resize(capacity() * above);
}

void TargetRule::make_inverses() {
  for (std::size_t l = 2; l <= highest_inverse_; ++l) {
    const auto process = static_cast<std::uint32_t>(l);
    inverses_.push_back(std::make_unique<InverseModel>(
        make_inverse(l), RandomStream({context_.seed, process, Purpose::kInverseWeights, 0}),
        context_.settings.inverse_optimizer(), capacity()));
    noise_.push_back({.key = {context_.seed, process, Purpose::kInverseNoise, 0}});
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
  const BatchView of_activity{below_.data(), batch.size, context_.network.size(l)};
  g.apply(seen(l + 1, batch.h(l), target(l + 1, batch)), result);
  g.apply(seen(l + 1, batch.h(l), batch.h(l + 1)), of_activity);
  const std::span<const float> h = batch.h(l).all();
  const std::span<const float> from_activity = of_activity.all();
  const std::span<float> target = result.all();
  for_each_tile(h.size(), kTile, [&](std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
      target[i] = h[i] + (target[i] - from_activity[i]);
    }
  });
}

void TargetRule::add_noise(std::size_t l, ConstBatchView h, BatchView result) {
  Noise& noise = noise_[l - 2];
  const auto sigma = static_cast<float>(context_.settings.sigma());
  const std::span<float> values = result.all();
  for_each_tile(values.size(), kTile, [&](std::size_t first, std::size_t count) {
    RandomStream stream(noise.key, noise.position + first / kNormalsOfADraw);
    stream.normals(sigma, values.subspan(first, count));
    for (std::size_t i = first; i < first + count; ++i) values[i] += h.values[i];
  });
  noise.position += (values.size() + kTile - 1) / kTile * (kTile / kNormalsOfADraw);
}

void TargetRule::learn(std::size_t l, const RateBatch& batch) {
  if (l < 2 || l > highest_inverse_) return;
  const BatchView noisy{below_.data(), batch.size, context_.network.size(l - 1)};
  add_noise(l, batch.h(l - 1), noisy);
  const BatchView above{above_.data(), batch.size, context_.network.size(l)};
  context_.layer(l).apply(context_.parameters_of(l), noisy, above);
  const bool preserving = context_.settings.inverse_loss() == proto::NOISE_PRESERVING;
  inverse(l).learn(seen(l, noisy, above), preserving ? ConstBatchView(noisy) : batch.h(l - 1));
}

void TargetRule::set_learning_rate_factor(double factor) {
  for (const auto& inverse : inverses_) inverse->set_learning_rate_factor(factor);
}

void TargetRule::checkpoint(const Checkpoint& state) {
  for (std::size_t l = 2; l <= highest_inverse_; ++l) {
    const Checkpoint place = state.in("inverse_" + std::to_string(l));
    inverse(l).checkpoint(place);
    place.number("random_position", noise_[l - 2].position);
  }
}

}  // namespace apical
