#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace apical {

enum class FileAccess { kRead, kWrite };

// A file could not be read or written, or holds something else than it should. what() is one
// line, "PATH: reason".
class FileError : public std::runtime_error {
 public:
  FileError(std::filesystem::path path, FileAccess access, const std::string& reason)
      : std::runtime_error(path.string() + ": " + reason),
        path_(std::move(path)),
        access_(access) {}

  const std::filesystem::path& path() const { return path_; }
  FileAccess access() const { return access_; }

 private:
  std::filesystem::path path_;
  FileAccess access_;
};

}  // namespace apical
