#pragma once

#include <filesystem>

namespace apical {

// Keeps a folder to one process at a time, for as long as it lives. The lock goes with the process,
// however that ends. Where the file system has no locks it does nothing.
class FolderLock {
 public:
  // Throws WriteError where another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace apical
