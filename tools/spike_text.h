#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/sonata_spikes.h"

namespace apical {

// The ids that NEST would give to a population's neurons: nodes are counted from 1 on, one
// population after the other.
struct NestIds {
  std::string population;
  std::uint64_t first = 1;  // of neuron 0
  std::uint64_t neurons = 0;
};

std::vector<NestIds> nest_ids(std::span<const SpikeTrain> populations);

// Spikes as NEST writes them to a .gdf: a line a spike with the neuron's id, a tab and the time in
// ms; all populations together, in the order of time, without a header. Times have as many digits
// as tell them apart.
std::string gdf_text(std::span<const SpikeTrain> populations);

// Likewise, with the population's name, the node id from 0 in each population, and the time.
inline constexpr std::string_view kCsvHeader = "population,node_id,time_ms\n";
std::string csv_text(std::span<const SpikeTrain> populations);

}  // namespace apical
