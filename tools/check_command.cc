#include "tools/check_command.h"

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "learning/experiment_check.h"
#include "learning/experiment_notes.h"
#include "models/experiment_file.h"
#include "models/mistake.h"
#include "tools/command_line.h"
#include "tools/counted.h"
#include "tools/exit_code.h"
#include "tools/experiment_options.h"
#include "tools/sweep_file.h"

namespace apical {
namespace {

void print_notes(const std::vector<Mistake>& notes) {
  for (const Mistake& note : notes) std::cout << "note: " << to_string(note) << "\n";
}

void check_sweep(const std::filesystem::path& file, const std::vector<std::string>& set) {
  const Sweep sweep = read_sweep(file, {.set = set, .seeds = {}, .variants = {}});
  print_notes(sweep.notes);
  std::cout << file.string() << ": no mistakes in " << counted(sweep.variants.size(), "variant")
            << "\n";
}

ExitCode check(std::span<const std::string> arguments) {
  boost::program_options::options_description visible("Options");
  add_experiment_options(visible);
  const auto given = parse_arguments(arguments, visible, "file", "check");
  if (given.count("help") != 0) {
    std::cout << "Usage: apical check FILE\n\n"
                 "Reports every mistake in an experiment, or in all experiments of a sweep.\n\n"
              << visible;
    return ExitCode::kDone;
  }
  const ExperimentChoice choice = experiment_choice(given);
  if (is_sweep(choice.file)) {
    if (given.count("seed") != 0)
      throw UsageError("--seed with a sweep, which has seeds of its own; remove it");
    check_sweep(choice.file, all_given(given, "set"));
    return ExitCode::kDone;
  }
  const auto file = ExperimentFile::read_with_mistakes(choice.file, choice.overrides);
  const std::vector<Mistake> mistakes = check_experiment(file, known_data_shapes());
  if (!mistakes.empty()) throw ModelFileError(mistakes);
  print_notes(experiment_notes(file));
  std::cout << choice.file.string() << ": no mistakes\n";
  return ExitCode::kDone;
}

}  // namespace

int check_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return check(arguments); });
}

}  // namespace apical
