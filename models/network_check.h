#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/experiment_file.h"
#include "models/mistake.h"

namespace apical {

// Adds every mistake in the network of an experiment: names, sizes, values out of range, constants
// for which the closed form of the potential is singular, and projections that cannot be built.
// An absent network is none of its business.
void check_network(const ExperimentFile& file, std::vector<Mistake>& mistakes);

// Adds a mistake at `path` unless a population has this name. Nothing is added where mistakes in
// the file leave open which names there are.
void check_population_name(const ExperimentFile& file, const std::string& path,
                           const std::string& name, std::vector<Mistake>& mistakes);

// Adds a mistake at `path`, whose `what` needs an order of the populations, if the feedforward
// projections form a loop. Nothing is added where it is not known what they connect.
void check_no_loop(const ExperimentFile& file, const std::string& path, std::string_view what,
                   std::vector<Mistake>& mistakes);

// Whether `text` can be the name of a population, projection or layer.
bool is_name(std::string_view text);

}  // namespace apical
