#include "tools/info_command.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <exception>
#include <iostream>
#include <iterator>
#include <vector>

#include "models/mistake.h"
#include "simulator/file_error.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/file_description.h"

namespace apical {
namespace {

namespace options = boost::program_options;

ExitCode parse_and_describe(std::span<const std::string> arguments) {
  options::options_description visible("Options");
  const auto given = parse_arguments(arguments, visible, "file", "info");
  if (given.count("help") != 0) {
    std::cout << "Usage: apical info FILE ...\n\n"
                 "Says what a file holds that apical reads or writes: a run's or a batch's folder\n"
                 "or a file of one, an experiment, a sweep, exported spikes; or a SONATA file or\n"
                 ".gdf of another program.\n\n"
              << visible;
    return ExitCode::kDone;
  }
  const std::vector<std::string> files = all_given(given, "file");
  if (files.empty()) throw UsageError("no file named; apical info FILE");
  // One that cannot be read does not keep the others from being described.
  std::vector<std::exception_ptr> errors;
  for (const std::string& file : files) {
    try {
      const FileDescription description = describe(file);
      std::ranges::copy(description.damaged, std::back_inserter(errors));
      std::cout << file << ": " << description.summary << "\n";
      for (std::string line : description.details) {
        std::ranges::replace(line, '\n', ' ');  // of what a person has written
        std::cout << "  " << line << "\n";
      }
    } catch (const FileError&) {
      errors.push_back(std::current_exception());
    } catch (const ModelFileError&) {
      errors.push_back(std::current_exception());
    }
  }
  ExitCode code = ExitCode::kDone;  // of the first error
  for (const std::exception_ptr& error : errors) {
    const ExitCode next = report_error(error);
    if (code == ExitCode::kDone) code = next;
  }
  return code;
}

}  // namespace

int info_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return parse_and_describe(arguments); });
}

}  // namespace apical
