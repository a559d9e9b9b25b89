#pragma once

#include <cstddef>
#include <string>

#include "models/spiking_population.h"
#include "proto/network.pb.h"

namespace apical {

// Output neurons with two compartments, which stand for classes (Guerguiev et al. 2017, eqs. 5-7):
// dendrite V_d = W s + b and soma C dV/dt = -g_l V + g_d (V_d - V) + g_E (E_E - V) + g_I (E_I - V).
// Conductances that teach are on in the target phase: excitatory for neurons of the right class,
// inhibitory for all others.
class OutputPopulation final : public SpikingPopulation {
 public:
  OutputPopulation(std::string name, std::size_t size, const proto::Output& output,
                   const AlignedFloats& bias, StreamKey key);

  // From `now` on the `count` neurons from `first` on are taught to fire, all others not to.
  void teach(Time now, std::size_t first, std::size_t count = 1);
  void stop_teaching(Time now);

 private:
  double teaching_conductance_;
  double excitatory_reversal_potential_;
  double inhibitory_reversal_potential_;
  AlignedFloats teaching_current_;
};

}  // namespace apical
