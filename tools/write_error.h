#pragma once

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace apical {

// A file or folder could not be written. what() is one line, "PATH: reason".
class WriteError : public std::runtime_error {
 public:
  WriteError(std::filesystem::path path, std::string reason)
      : std::runtime_error(path.string() + ": " + reason),
        path_(std::move(path)),
        reason_(std::move(reason)) {}

  // The reason in words for what a system call left in errno.
  static WriteError of_errno(std::filesystem::path path, int error) {
    switch (error) {
      case ENOSPC:
      case EDQUOT:
        return {std::move(path), "the disk is full; free some space or write elsewhere"};
      case EACCES:
      case EPERM:
      case EROFS:
        return {std::move(path), "no permission to write here; choose another folder"};
      case ENOENT:
        return {std::move(path), "its folder does not exist; make it first"};
      case ENOTDIR:
        return {std::move(path), "a part of this path is a file; choose another folder"};
      default:
        return {std::move(path), "cannot write: " + std::generic_category().message(error)};
    }
  }

  const std::filesystem::path& path() const { return path_; }
  const std::string& reason() const { return reason_; }

 private:
  std::filesystem::path path_;
  std::string reason_;
};

}  // namespace apical
