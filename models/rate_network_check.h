#pragma once

#include <vector>

#include "models/experiment_file.h"
#include "models/mistake.h"

namespace apical {

// Adds every mistake in the rate network of an experiment and in how it learns: names, missing
// fields, values out of range, activations that do not go with the loss. Sizes, which depend on the
// images, and an absent rate network are none of its business.
void check_rate_network(const ExperimentFile& file, std::vector<Mistake>& mistakes);

}  // namespace apical
