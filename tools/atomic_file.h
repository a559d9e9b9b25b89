#pragma once

#include <filesystem>
#include <string_view>

namespace apical {

// A file that takes the place of the one at `path`, if there is one, when it is whole: writes
// PATH.partial, which commit() brings to the disk and renames. A crash leaves the old content or
// the new, never half of one. One writer a path at a time. All throws WriteError, and then leaves
// the old content; refuses to replace what is not a regular file, such as a folder or a device.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  // Without commit() nothing has happened.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void append(std::string_view content);
  void commit();

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_;
};

// All at once. Throws WriteError.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace apical
