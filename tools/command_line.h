#pragma once

#include <boost/program_options.hpp>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tools/command_error.h"
#include "tools/exit_code.h"

namespace apical {

// Reads a command's arguments: those of `visible` (which gets --help), and positional ones, which
// come as the strings of `operand`. Throws UsageError that refers to `apical COMMAND --help`.
boost::program_options::variables_map parse_arguments(
    std::span<const std::string> arguments, boost::program_options::options_description& visible,
    const std::string& operand, const std::string& command);

// All that was given, in order: of the positional arguments, or of an option that may be repeated.
std::vector<std::string> all_given(const boost::program_options::variables_map& given,
                                   const std::string& option);

// Likewise of an option that names one or, with commas, several each time that it is given.
std::vector<std::string> names_given(const boost::program_options::variables_map& given,
                                     const std::string& option);

// A number of things to be used at once, from 1 to 1024, such as --threads; without the option
// `otherwise`. Throws UsageError.
int count_of(const boost::program_options::variables_map& given, const std::string& option,
             int otherwise);

// How many threads the machine runs at once.
int all_cores();

// Throws WriteError if what was printed cannot be written.
void flush_standard_output();

// Tells of what a command has thrown: a line on standard error, `apical: what is wrong; what would
// be right`, a line each for mistakes in an experiment. Returns the documented exit code.
ExitCode report_error(const std::exception_ptr& error);

// Runs a command, and reports what it throws. Returns the exit code.
int run_reporting_errors(const std::function<ExitCode()>& command);

}  // namespace apical
