#include "models/pyramidal_population.h"

#include <utility>

#include "models/neuron_constants.h"

namespace apical {

PyramidalPopulation::PyramidalPopulation(std::string name, std::size_t size,
                                         const proto::Pyramidal& pyramidal,
                                         const AlignedFloats& bias, StreamKey key)
    : SpikingPopulation(std::move(name), constants_of(pyramidal), size, bias, key) {}

}  // namespace apical
