#pragma once

#include <cstddef>
#include <vector>

#include "learning/transposed_path.h"
#include "models/dense_weights.h"
#include "models/parameters.h"
#include "models/plastic_network.h"
#include "proto/network.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/random_stream.h"
#include "simulator/time.h"

namespace apical {

// Feedback that mirrors the feedforward way (transposed_path.h). With noise, each factor is W_k^T +
// N(0, sd), drawn anew for each mirroring (as in the code of Guerguiev et al. 2017, where however
// the feedback to a lower layer shares the noise of that to the one above).
class SymmetricFeedback {
 public:
  // `index` is of the projection in the network, which has been checked. Makes the weights
  // symmetric, unless they are recorded ones to start from. `network` refers to `parameters`; both
  // must outlive this.
  SymmetricFeedback(const proto::Network& description, int index, PlasticNetwork& network,
                    Parameters& parameters);

  // Makes the weights symmetric to those of now. No potential jumps.
  void mirror(Time now);

  // Without the weights.
  void checkpoint(const Checkpoint& state) { stream_.checkpoint(state); }

 private:
  PlasticNetwork* network_;
  std::size_t projection_;
  DenseWeights* weights_;
  TransposedPath path_;
  double noise_sd_;
  bool fixed_noise_;
  RandomStream stream_;
  std::vector<float> noise_;  // empty without noise
  DenseWeights product_;
};

}  // namespace apical
