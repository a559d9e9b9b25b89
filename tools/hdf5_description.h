#pragma once

#include <filesystem>

#include "tools/file_description.h"

namespace apical {

// Describes an HDF5 file of a run (spikes, reports, trials, weights, tests, a checkpoint) or a
// SONATA file of another program. Throws FileError if it is none of them, or damaged.
FileDescription describe_hdf5(const std::filesystem::path& file);

}  // namespace apical
