#pragma once

#include <string>

#include "models/spiking_population.h"
#include "proto/network.pb.h"

namespace apical {

// Pyramidal neurons with three compartments (Guerguiev et al. 2017, eqs. 1-4): basal V_b = W s + b,
// apical V_a = Y s and soma C dV/dt = -g_l V + g_b (V_b - V) + g_a (V_a - V).
class PyramidalPopulation final : public SpikingPopulation {
 public:
  PyramidalPopulation(std::string name, std::size_t size, const proto::Pyramidal& pyramidal,
                      const AlignedFloats& bias, StreamKey key);
};

}  // namespace apical
