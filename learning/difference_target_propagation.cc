#include "learning/difference_target_propagation.h"

#include <span>

#include "models/rate/tiles.h"

namespace apical {
namespace {

constexpr std::size_t kTile = 8192;  // floats

}  // namespace

DifferenceTargetPropagation::DifferenceTargetPropagation(const RateRuleContext& context)
    : TargetRule(context, context.network.layers() - 1) {
  make_inverses();
}

void DifferenceTargetPropagation::find_target(std::size_t l, const RateBatch& batch,
                                              BatchView target) {
  if (l < layers() - 1) return find_difference_target(l, batch, target);
  const BatchView gradient = target;
  context().layer(l + 1).map().apply_adjoint(context().weights_of(l + 1),
                                             batch.error[l + 1].of(batch.size), gradient);
  const auto alpha = static_cast<float>(context().settings.alpha());
  const std::span<const float> h = batch.h(l).all();
  const std::span<float> values = target.all();
  for_each_tile(h.size(), kTile, [&](std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) values[i] = h[i] - alpha * values[i];
  });
}

}  // namespace apical
