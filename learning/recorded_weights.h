#pragma once

#include "models/parameters.h"
#include "proto/network.pb.h"

namespace apical {

// The weights and biases of a checked network that starts from those of a weights.h5
// (weight_recorder.h): a row of the tables with the names of its projections and populations. What
// else the file has is not looked at. Throws FileError where it cannot be read or lacks the epoch,
// a projection or a population, and where one of these has another shape or holds what is no
// number.
Parameters recorded_parameters(const proto::Network& network);

}  // namespace apical
