#pragma once

#include <span>
#include <string>

namespace apical {

// `apical data get NAME [--data DIR]`, `apical data info NAME [--data DIR]` and `apical data list`.
// `arguments` are the words after `data`. Returns the exit code; an error is one line on stderr.
int data_command(std::span<const std::string> arguments);

}  // namespace apical
