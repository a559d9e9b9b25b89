#include "tools/experiment_options.h"

#include <string>

#include "datasets/catalogue.h"
#include "tools/command_line.h"

namespace apical {

namespace options = boost::program_options;

void add_experiment_options(options::options_description& visible) {
  visible.add_options()  //
      ("set", options::value<std::vector<std::string>>()->value_name("PATH=VALUE"),
       "change a field of the experiment, such as training.epochs=3 or "
       "network.population[hidden].size=200; may be repeated")  //
      ("seed", options::value<std::string>()->value_name("N"), "change the experiment's seed");
}

ExperimentChoice experiment_choice(const options::variables_map& given) {
  const std::vector<std::string> files = all_given(given, "file");
  if (files.empty()) {
    throw UsageError("no experiment is named; name one, such as models/zoo/quickstart.textproto");
  }
  if (files.size() > 1) throw UsageError(files[1] + ": a second experiment; name one at a time");
  ExperimentChoice choice{files.front(), {}};
  for (const std::string& assignment : all_given(given, "set")) {
    if (assignment.find('=') == std::string::npos) {
      throw UsageError("--set " + assignment + ": no `=`; write PATH=VALUE");
    }
    choice.overrides.push_back(Override::from_set(assignment));
  }
  if (given.count("seed") != 0) {
    choice.overrides.push_back(Override::from_seed(given["seed"].as<std::string>()));
  }
  return choice;
}

std::vector<DataShape> known_data_shapes() {
  std::vector<DataShape> shapes;
  for (const CatalogueEntry& entry : catalogue()) {
    shapes.push_back({.name = std::string(entry.name),
                      .values_per_image = entry.rows * entry.columns * entry.channels,
                      .classes = entry.classes,
                      .rows = entry.rows,
                      .columns = entry.columns,
                      .channels = entry.channels,
                      .has_any_classes = entry.format == DataFormat::kImageFolders});
  }
  return shapes;
}

}  // namespace apical
