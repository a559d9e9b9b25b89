#include "tools/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "tools/write_error.h"

namespace apical {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int operator*() const { return descriptor_; }
  // Network file systems report a full disk only here.
  bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Makes the rename itself last. Some file systems cannot; the file is whole either way.
void sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY));
  if (*descriptor >= 0) ::fsync(*descriptor);
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) {
    throw WriteError(path, "is a folder; name a file");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw WriteError(path, "is not a regular file; name another");
  }

  std::filesystem::path partial = path;
  partial += ".partial";
  FileDescriptor file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (*file < 0) throw WriteError::of_errno(path, errno);
  if (!write_all(*file, content) || ::fsync(*file) != 0 || !file.close() ||
      ::rename(partial.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(partial.c_str());
    throw WriteError::of_errno(path, error);
  }
  sync_folder(path.parent_path());
}

}  // namespace apical
