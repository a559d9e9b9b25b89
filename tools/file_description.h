#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace apical {

// What a file holds, in words.
struct FileDescription {
  std::string summary;               // one line
  std::vector<std::string> details;  // a line each
  // What was thrown of files of a folder; their line says that they are damaged.
  std::vector<std::exception_ptr> damaged = {};
};

// Describes a run's or a batch's folder, a file of one, an experiment, a sweep, or spikes that were
// exported as text. Throws FileError if it is none, or a damaged file; ModelFileError for mistakes
// in an experiment or a sweep.
FileDescription describe(const std::filesystem::path& file);

}  // namespace apical
