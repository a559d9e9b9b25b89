#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "simulator/file_error.h"

namespace apical {

// What a file holds, in words.
struct FileDescription {
  std::string summary;               // one line
  std::vector<std::string> details;  // a line each
  // What is wrong with files of a folder; their line says that they are damaged.
  std::vector<FileError> damaged = {};
};

// Describes a run's folder, or a file of one by what is in it. Throws FileError if it is none, or a
// damaged file; ModelFileError for mistakes in an experiment.
FileDescription describe(const std::filesystem::path& file);

}  // namespace apical
