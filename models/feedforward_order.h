#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "proto/network.pb.h"

namespace apical {

// The places of all populations in the model file, in an order in which each comes after those that
// it receives BASAL or DENDRITE projections from; of several such orders the one nearest to the
// file's. Nothing where those projections form a loop.
std::optional<std::vector<std::size_t>> feedforward_order(const proto::Network& network);

// The place of the population of that name, which the network has.
std::size_t population_index(const proto::Network& network, const std::string& name);

}  // namespace apical
