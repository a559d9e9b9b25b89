#pragma once

#include <filesystem>

#include "tools/file_description.h"

namespace apical {

// Describes a sweep as it is written; its experiments are not read. Throws ModelFileError.
FileDescription describe_sweep(const std::filesystem::path& file);

// Describe the tables of sweep_table.h that `apical batch` writes. Throw FileError if it is none,
// or a damaged one.
FileDescription describe_sweep_csv(const std::filesystem::path& file);
FileDescription describe_sweep_markdown(const std::filesystem::path& file);

}  // namespace apical
