#pragma once

#include <filesystem>

#include "tools/file_description.h"

namespace apical {

// Describe spikes as text (spike_text.h), a .gdf of NEST's too. Of a population's neurons only
// those that have fired are in such a file. Memory grows with the populations' names and, up to a
// bound, with the number of neurons, not with that of spikes. Throw FileError if a line is no
// spike.
FileDescription describe_gdf(const std::filesystem::path& file);
FileDescription describe_spike_csv(const std::filesystem::path& file);

}  // namespace apical
