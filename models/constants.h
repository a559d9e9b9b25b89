#pragma once

#include "models/postsynaptic_potential.h"
#include "proto/network.pb.h"

namespace apical {

// From the units of a model file to those of the simulation.
inline double per_ms(double hz) { return hz / 1000; }

inline PostsynapticPotential kernel_of(const proto::PostsynapticPotential& potential) {
  return {potential.tau_leak_ms(), potential.tau_synapse_ms(), potential.cut_off_ms()};
}

}  // namespace apical
