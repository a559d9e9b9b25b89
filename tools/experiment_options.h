#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <vector>

#include "learning/experiment_check.h"
#include "models/override.h"

namespace apical {

// The options that choose an experiment and change it: --set and --seed.
void add_experiment_options(boost::program_options::options_description& visible);

// The experiment's file and its changes, in the order of the options.
struct ExperimentChoice {
  std::filesystem::path file;
  std::vector<Override> overrides;
};
ExperimentChoice experiment_choice(const boost::program_options::variables_map& given);

// The shapes of all data sets that are known by name.
std::vector<DataShape> known_data_shapes();

}  // namespace apical
