#pragma once

#include <stdexcept>
#include <string>

#include "tools/exit_code.h"

namespace apical {

// Ends a command with an exit code. what() is one line, `what is wrong; what would be right`.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode exit_code, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code) {}

  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

// Wrong use of a command.
class UsageError : public CommandError {
 public:
  explicit UsageError(const std::string& message) : CommandError(ExitCode::kWrongUsage, message) {}
};

}  // namespace apical
