#pragma once

#include <map>
#include <string>

#include "proto/experiment.pb.h"

namespace apical {

// The single values that an experiment sets, as text, by the paths that `--set` takes:
// `training.epochs`, `network.population[hidden].size`, and elements without a name by index.
// A message without fields, such as a choice of a oneof, is an empty text.
std::map<std::string, std::string> fields_of(const proto::Experiment& experiment);

}  // namespace apical
