#pragma once

#include "models/rate/batch.h"

namespace apical {

// The activation functions h = f(z) of rate neurons.
enum class Activation { kLinear, kTanh, kRelu, kSigmoid };

// h = f(z) in place, for every value of the batch, on the calling task arena's threads. Relative
// error below 4e-7; not-a-number stays so.
void activate(Activation f, BatchView values);

// f'(z) from h = f(z). For ReLU it is 1 where h > 0 and 0 elsewhere.
inline float derivative(Activation f, float h) {
  switch (f) {
    case Activation::kLinear:
      return 1.0F;
    case Activation::kTanh:
      return 1.0F - h * h;
    case Activation::kRelu:
      return h > 0.0F ? 1.0F : 0.0F;
    case Activation::kSigmoid:
      return h * (1.0F - h);
  }
  return 0.0F;
}

// dh f'(z), in place: the derivatives by h of a loss become those by z.
void multiply_by_derivative(Activation f, ConstBatchView h, BatchView dh);

}  // namespace apical
