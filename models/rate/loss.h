#pragma once

#include <cstdint>
#include <span>

#include "models/rate/batch.h"

namespace apical {

// Losses of a batch, summed over its examples, and their derivatives for each example. Sums are
// taken in double and in the order of the examples, so no bit depends on the threads.

// p = softmax(z) for each example's logits z, on the calling task arena's threads. z and p may be
// the same.
void softmax(ConstBatchView z, BatchView p);

// The cross-entropy -ln softmax(z)[label], summed over the examples. Sets p to softmax(z) and dz to
// its derivatives by the logits, p minus the label's unit vector. Labels are below z.size.
double softmax_cross_entropy(ConstBatchView z, std::span<const std::uint16_t> labels, BatchView p,
                             BatchView dz);

// |y - target|^2, summed over the examples; dy = 2 (y - target).
double squared_error(ConstBatchView y, ConstBatchView target, BatchView dy);

}  // namespace apical
