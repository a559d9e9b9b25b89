#include "models/neuron_constants.h"

#include "models/constants.h"

namespace apical {

SpikingPopulation::Constants constants_of(const proto::Pyramidal& pyramidal) {
  return {.max_rate_per_ms = per_ms(pyramidal.max_rate_hz()),
          .leak_conductance_per_ms = pyramidal.leak_conductance_per_ms(),
          .kernel = kernel_of(pyramidal.postsynaptic_potential()),
          .compartments = {{proto::BASAL, pyramidal.basal_conductance_per_ms()},
                           {proto::APICAL, pyramidal.apical_conductance_per_ms()}}};
}

SpikingPopulation::Constants constants_of(const proto::Output& output) {
  return {.max_rate_per_ms = per_ms(output.max_rate_hz()),
          .leak_conductance_per_ms = output.leak_conductance_per_ms(),
          .kernel = kernel_of(output.postsynaptic_potential()),
          .compartments = {{proto::DENDRITE, output.dendrite_conductance_per_ms()}}};
}

SpikingPopulation::Constants constants_of(const proto::Population& population) {
  return population.has_pyramidal() ? constants_of(population.pyramidal())
                                    : constants_of(population.output());
}

}  // namespace apical
