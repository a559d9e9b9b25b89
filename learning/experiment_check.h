#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "models/experiment_file.h"
#include "models/mistake.h"

namespace apical {

// What an experiment must fit about the images of a data set.
struct DataShape {
  std::string name;  // as in DataSet.name
  int values_per_image = 0;
  int classes = 0;
  // Of an image; their product is values_per_image.
  int rows = 0;
  int columns = 0;
  int channels = 0;
  bool has_any_classes = false;  // whether data.classes may say otherwise
};

// Every mistake of an experiment, in the order of its lines: those of reading it, of its network,
// and of all that goes with it. Without data sets, neither data.name nor sizes are held against
// any.
std::vector<Mistake> check_experiment(const ExperimentFile& file,
                                      std::span<const DataShape> data_sets);

// An experiment without mistakes. Throws ModelFileError with all there are.
ExperimentFile read_checked_experiment(const std::filesystem::path& file,
                                       std::span<const Override> overrides,
                                       std::span<const DataShape> data_sets);

}  // namespace apical
