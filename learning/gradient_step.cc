#include "learning/gradient_step.h"

#include <cassert>
#include <cstddef>

namespace apical {

void step_down(Optimizer& optimizer, AffineLayer& layer, ConstBatchView x, ConstBatchView error,
               std::span<float> parameters) {
  assert(parameters.size() == layer.parameters() && x.batch == error.batch);
  const float scale = 1.0F / static_cast<float>(x.batch);
  optimizer.begin_step();
  layer.gradient_in_parts(x, error, [&](std::size_t first, std::span<const float> part) {
    optimizer.step(first, parameters.subspan(first, part.size()), part, scale);
  });
}

}  // namespace apical
