#include "tools/check_command.h"

#include <iostream>

#include "learning/experiment_check.h"
#include "models/experiment_file.h"
#include "models/mistake.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/experiment_options.h"

namespace apical {
namespace {

ExitCode check(std::span<const std::string> arguments) {
  boost::program_options::options_description visible("Options");
  add_experiment_options(visible);
  const auto given = parse_arguments(arguments, visible, "file", "check");
  if (given.count("help") != 0) {
    std::cout << "Usage: apical check FILE\n\nReports every mistake in an experiment.\n\n"
              << visible;
    return ExitCode::kDone;
  }
  const ExperimentChoice choice = experiment_choice(given);
  const auto file = ExperimentFile::read_with_mistakes(choice.file, choice.overrides);
  const std::vector<Mistake> mistakes = check_experiment(file, known_data_shapes());
  if (!mistakes.empty()) throw ModelFileError(mistakes);
  std::cout << choice.file.string() << ": no mistakes\n";
  return ExitCode::kDone;
}

}  // namespace

int check_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return check(arguments); });
}

}  // namespace apical
