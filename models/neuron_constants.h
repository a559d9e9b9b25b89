#pragma once

#include "models/spiking_population.h"
#include "proto/network.pb.h"

namespace apical {

// The constants of pyramidal or output neurons, in the simulation's units.
SpikingPopulation::Constants constants_of(const proto::Pyramidal& pyramidal);
SpikingPopulation::Constants constants_of(const proto::Output& output);
SpikingPopulation::Constants constants_of(const proto::Population& population);

}  // namespace apical
