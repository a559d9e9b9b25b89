#include "tools/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <new>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "datasets/data_error.h"
#include "learning/divergence_error.h"
#include "models/mistake.h"
#include "simulator/file_error.h"
#include "tools/write_error.h"

namespace apical {

namespace options = boost::program_options;

namespace {

// What an option, `--name`, would take.
std::string value_of(const options::options_description& visible, const std::string& option) {
  const auto* described = visible.find_nothrow(option.substr(option.find_first_not_of('-')), false);
  const auto semantic = described == nullptr ? nullptr : described->semantic();
  const auto* typed = dynamic_cast<const options::typed_value_base*>(semantic.get());
  return typed != nullptr && typed->value_type() == typeid(double) ? "a number" : "a whole number";
}

}  // namespace

options::variables_map parse_arguments(std::span<const std::string> arguments,
                                       options::options_description& visible,
                                       const std::string& operand, const std::string& command) {
  visible.add_options()("help,h", "show this");
  options::options_description all;
  all.add(visible).add_options()(operand.c_str(), options::value<std::vector<std::string>>());
  options::positional_options_description positional;
  positional.add(operand.c_str(), -1);
  options::variables_map given;
  try {
    namespace style = options::command_line_style;
    options::store(options::command_line_parser({arguments.begin(), arguments.end()})
                       .options(all)
                       .positional(positional)
                       .style(style::unix_style & ~style::allow_guessing)
                       .run(),
                   given);
  } catch (const options::invalid_option_value& error) {
    throw UsageError(
        fmt::format("{}; give {}", error.what(), value_of(visible, error.get_option_name())));
  } catch (const options::error& error) {
    throw UsageError(std::string(error.what()) + "; see apical " + command + " --help");
  }
  return given;
}

std::vector<std::string> all_given(const options::variables_map& given, const std::string& option) {
  if (given.count(option) == 0) return {};
  return given[option].as<std::vector<std::string>>();
}

std::vector<std::string> names_given(const options::variables_map& given,
                                     const std::string& option) {
  std::vector<std::string> all;
  for (const std::string& names : all_given(given, option)) {
    std::istringstream stream(names);
    for (std::string name; std::getline(stream, name, ',');) all.push_back(name);
  }
  return all;
}

int count_of(const options::variables_map& given, const std::string& option, int otherwise) {
  if (given.count(option) == 0) return otherwise;
  const int count = given[option].as<int>();
  if (count < 1 || count > 1024) {
    throw UsageError(fmt::format("--{} {}; from 1 to 1024 would be right", option, count));
  }
  return count;
}

int all_cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

namespace {

constexpr const char* kTooLarge =
    "the experiment does not fit into memory; make its populations or layers smaller, or "
    "training.rate_learning.batch_size";

ExitCode report(ExitCode code, const std::string& message) {
  std::cerr << "apical: " << message << "\n";
  return code;
}

}  // namespace

void flush_standard_output() {
  errno = 0;
  std::cout.flush();
  if (!std::cout) throw WriteError::of_errno("standard output", errno == 0 ? EIO : errno);
}

ExitCode report_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const CommandError& error) {
    return report(error.exit_code(), error.what());
  } catch (const ModelFileError& error) {
    for (const Mistake& mistake : error.mistakes()) {
      report(ExitCode::kBadModelFile, to_string(mistake));
    }
    return ExitCode::kBadModelFile;
  } catch (const DivergenceError& error) {
    return report(ExitCode::kBadModelFile, error.what());
  } catch (const DataError& error) {
    return report(ExitCode::kBadData, error.what());
  } catch (const FileError& error) {
    return report(error.access() == FileAccess::kRead ? ExitCode::kBadData : ExitCode::kCannotWrite,
                  error.what());
  } catch (const WriteError& error) {
    return report(ExitCode::kCannotWrite, error.what());
  } catch (const std::system_error& error) {  // a path that cannot be followed, no more threads
    return report(ExitCode::kCannotWrite, error.what());
  } catch (const std::bad_alloc&) {
    return report(ExitCode::kBadModelFile, kTooLarge);
  } catch (const std::length_error&) {
    return report(ExitCode::kBadModelFile, kTooLarge);
  } catch (const std::exception& error) {
    return report(
        ExitCode::kProgramError,
        std::string("an error of the program's own, which is worth a report: ") + error.what());
  }
}

int run_reporting_errors(const std::function<ExitCode()>& command) {
  try {
    const ExitCode done = command();
    flush_standard_output();
    return static_cast<int>(done);
  } catch (...) {
    return static_cast<int>(report_error(std::current_exception()));
  }
}

}  // namespace apical
