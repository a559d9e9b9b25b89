#include "models/rate/activation.h"

#include <cassert>
#include <cmath>
#include <cstddef>

#include "models/rate/tiles.h"
#include "simulator/vector_math.h"

namespace apical {
namespace {

constexpr std::size_t kTile = 8192;  // floats

// These are always inlined: a loop that calls a function is not made into vectors.

// Next to 0 a polynomial keeps the relative error small (coefficients as in Cephes tanhf).
[[gnu::always_inline]] inline float tanh(float x) {
  const float z = x * x;
  float p = -5.70498872745e-3F;
  p = fused(p, z, 2.06390887954e-2F);
  p = fused(p, z, -5.37397155531e-2F);
  p = fused(p, z, 1.33314422036e-1F);
  p = fused(p, z, -3.33332819422e-1F);
  const float near = fused(p * z, x, x);
  const float magnitude = std::fabs(x);
  const float far = std::copysign(1.0F - 2.0F / (fast_exp(2.0F * magnitude) + 1.0F), x);
  // Written so that not-a-number takes the first branch, and comes out as it is.
  return magnitude >= 0.625F ? far : near;
}

[[gnu::always_inline]] inline float logistic(float x) { return x == x ? sigmoid(x) : x; }

[[gnu::always_inline]] inline float relu(float x) { return x < 0.0F ? 0.0F : x; }

template <typename F>
void for_each_value(BatchView values, const F& f) {
  for_each_tile(values.batch * values.size, kTile, [&](std::size_t first, std::size_t count) {
    float* const tile = values.values + first;
    for (std::size_t i = 0; i < count; ++i) tile[i] = f(tile[i]);
  });
}

template <Activation kF>
void multiply_by(ConstBatchView h, BatchView dh) {
  for_each_tile(dh.batch * dh.size, kTile, [&](std::size_t first, std::size_t count) {
    const float* const value = h.values + first;
    float* const change = dh.values + first;
    for (std::size_t i = 0; i < count; ++i) change[i] *= derivative(kF, value[i]);
  });
}

}  // namespace

void activate(Activation f, BatchView values) {
  switch (f) {
    case Activation::kLinear:
      return;
    case Activation::kTanh:
      return for_each_value(values, [](float x) { return tanh(x); });
    case Activation::kRelu:
      return for_each_value(values, [](float x) { return relu(x); });
    case Activation::kSigmoid:
      return for_each_value(values, [](float x) { return logistic(x); });
  }
}

void multiply_by_derivative(Activation f, ConstBatchView h, BatchView dh) {
  assert(h.batch == dh.batch && h.size == dh.size);
  switch (f) {
    case Activation::kLinear:
      return;
    case Activation::kTanh:
      return multiply_by<Activation::kTanh>(h, dh);
    case Activation::kRelu:
      return multiply_by<Activation::kRelu>(h, dh);
    case Activation::kSigmoid:
      return multiply_by<Activation::kSigmoid>(h, dh);
  }
}

}  // namespace apical
