#pragma once

#include "proto/network.pb.h"

namespace apical {

// Whether the population's spikes come from outside of the network, from an image or from a file:
// it has no potentials, receives nothing and does not learn.
inline bool is_source(const proto::Population& population) {
  return population.has_poisson_source() || population.has_replay();
}

}  // namespace apical
