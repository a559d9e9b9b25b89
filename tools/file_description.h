#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace apical {

// What a file holds, in words.
struct FileDescription {
  std::string summary;               // one line
  std::vector<std::string> details;  // a line each
};

// Describes a run's folder, or a file of one by what is in it. Throws FileError if it is none or
// damaged; ModelFileError for mistakes in an experiment.
FileDescription describe(const std::filesystem::path& file);

}  // namespace apical
