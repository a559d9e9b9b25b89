#pragma once

#include <string>

#include "proto/experiment.pb.h"

namespace apical {

// The first field in which an experiment differs from another, as
// `network.population[1].size is 60 there and 70 here`; empty if they are the same. Both have their
// defaults filled in. What may change when a run is resumed does not count: how often checkpoints
// are made, and the number of epochs, unless it is 0, which is another kind of run.
std::string difference(const proto::Experiment& there, const proto::Experiment& here);

}  // namespace apical
