#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/network.pb.h"

namespace apical {

// The feedforward way between two populations: the indices of the BASAL and DENDRITE projections
// that lead from `from` to `to`, in order, at least one. Nothing where there is none or more than
// one.
std::optional<std::vector<int>> feedforward_path(const proto::Network& network,
                                                 const std::string& from, const std::string& to);

}  // namespace apical
