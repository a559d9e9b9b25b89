#include "simulator/durable_rename.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace apical {

int durable_rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return errno;
  const std::filesystem::path folder = to.parent_path();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  ::fsync(descriptor);  // some file systems cannot; the file is whole either way
  ::close(descriptor);
  return 0;
}

}  // namespace apical
