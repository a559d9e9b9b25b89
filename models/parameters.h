#pragma once

#include <vector>

#include "models/dense_weights.h"
#include "simulator/vector_math.h"

namespace apical {

// Everything that learning changes. Networks refer to it: several may share one, so that the test
// set is evaluated on all threads with the weights of one training run.
struct Parameters {
  std::vector<DenseWeights> weights;  // by projection, as in the model file
  std::vector<AlignedFloats> biases;  // by population, padded; empty for sources
};

}  // namespace apical
