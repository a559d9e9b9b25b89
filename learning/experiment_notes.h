#pragma once

#include <vector>

#include "models/experiment_file.h"
#include "models/mistake.h"

namespace apical {

// What an experiment without mistakes says, and its writer may not expect: settings of another
// algorithm, which change nothing, layers that never learn, spikes that are not recorded as there
// are none. In the order of its lines, and told as mistakes are; but it can be run.
std::vector<Mistake> experiment_notes(const ExperimentFile& file);

}  // namespace apical
