#pragma once

#include <span>

#include "models/rate/batch.h"

namespace apical {

// Biases of a layer: one for each unit, or one for each channel, which its positions share; their
// number divides the layer's size.

// z += b, for every example, on the calling task arena's threads.
void add_bias(std::span<const float> bias, BatchView z);

// db = the sum of dz over the batch, in its order, and over what shares a bias.
void bias_gradient(ConstBatchView dz, std::span<float> db);

}  // namespace apical
