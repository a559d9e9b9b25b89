#include "models/pyramidal_population.h"

#include <utility>

#include "models/constants.h"

namespace apical {

PyramidalPopulation::PyramidalPopulation(std::string name, std::size_t size,
                                         const proto::Pyramidal& pyramidal,
                                         const AlignedFloats& bias, StreamKey key)
    : SpikingPopulation(std::move(name),
                        {.max_rate_per_ms = per_ms(pyramidal.max_rate_hz()),
                         .leak_conductance_per_ms = pyramidal.leak_conductance_per_ms(),
                         .kernel = kernel_of(pyramidal.postsynaptic_potential()),
                         .compartments = {{proto::BASAL, pyramidal.basal_conductance_per_ms()},
                                          {proto::APICAL, pyramidal.apical_conductance_per_ms()}}},
                        size, bias, key) {}

}  // namespace apical
