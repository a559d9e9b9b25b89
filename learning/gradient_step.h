#pragma once

#include <span>

#include "learning/optimizer.h"
#include "models/rate/affine_layer.h"

namespace apical {

// A step of a layer's parameters down the mean over the batch of the gradient of a loss L, with
// `error` its dL/da. The gradient is never there as a whole: each part is used up where and when
// the layer has computed it, on the calling task arena's threads.
void step_down(Optimizer& optimizer, AffineLayer& layer, ConstBatchView x, ConstBatchView error,
               std::span<float> parameters);

}  // namespace apical
