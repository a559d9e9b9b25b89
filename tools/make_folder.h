#pragma once

#include <filesystem>
#include <system_error>

#include "tools/write_error.h"

namespace apical {

// Makes a folder for output, and those that it is in, where it is not there yet. Throws WriteError.
inline void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_directory(path, error)) {
    throw WriteError(path, "is a file; name a folder");
  }
  std::filesystem::create_directories(path, error);
  if (error) throw WriteError::of_errno(path, error.value());
}

}  // namespace apical
