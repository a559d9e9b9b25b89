#pragma once

#include <span>
#include <string>

namespace apical {

// `apical plot FILE ... -o PICTURE`: `arguments` are what follows `plot`. Prints errors, a line
// each, on standard error. Returns the exit code.
int plot_command(std::span<const std::string> arguments);

}  // namespace apical
