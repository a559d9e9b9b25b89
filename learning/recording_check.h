#pragma once

#include <vector>

#include "models/experiment_file.h"
#include "models/mistake.h"

namespace apical {

// Adds every mistake in what an experiment records: populations and neurons that its network does
// not have, windows without an extent, and recordings that do not go with its kind of network.
void check_recording(const ExperimentFile& file, std::vector<Mistake>& mistakes);

}  // namespace apical
