#pragma once

#include <span>
#include <string>

namespace apical {

// `apical info FILE ...`: `arguments` are what follows `info`. Prints what each file or
// folder holds; errors, a line each, on standard error. Returns the exit code.
int info_command(std::span<const std::string> arguments);

}  // namespace apical
