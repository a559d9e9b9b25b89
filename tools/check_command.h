#pragma once

#include <span>
#include <string>

namespace apical {

// `apical check FILE [--set PATH=VALUE ...]`: every mistake of an experiment, a line each.
int check_command(std::span<const std::string> arguments);

}  // namespace apical
