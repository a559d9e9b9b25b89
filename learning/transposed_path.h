#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "models/dense_weights.h"
#include "models/parameters.h"
#include "proto/network.pb.h"
#include "simulator/vector_math.h"

namespace apical {

// What the feedback of a projection is when it is symmetric: W^T for a single projection from its
// target to its source, W_1^T ... W_n^T for a way over several, the first of which starts at the
// target.
class TransposedPath {
 public:
  // There is one way (feedforward_path) for the projection of that index. `parameters` must outlive
  // this.
  TransposedPath(const proto::Network& network, int projection, const Parameters& parameters);

  // The number of weights of all projections of the way.
  std::size_t weights() const;

  // The product of the weights of now, of the feedback's shape, each with its `noise` added: empty,
  // or weights() values, way by way and by source, then target. A single W without noise is copied.
  void find(std::span<const float> noise, DenseWeights& product);

 private:
  std::vector<const DenseWeights*> path_;
  std::vector<AlignedFloats> between_;  // a neuron's weights onto each population of the way
};

}  // namespace apical
