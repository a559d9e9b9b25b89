#pragma once

#include <span>
#include <string>

namespace apical {

// `apical run FILE [options]`: trains and tests an experiment, and writes the run's folder.
int run_command(std::span<const std::string> arguments);

}  // namespace apical
