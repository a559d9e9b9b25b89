#pragma once

#include <span>
#include <string>

namespace apical {

// `apical export SPIKES.h5 --format gdf|csv [-o FILE]`: `arguments` are what follows `export`.
// Without -o the text goes to standard output. Prints errors, a line each, on standard error.
// Returns the exit code.
int export_command(std::span<const std::string> arguments);

}  // namespace apical
