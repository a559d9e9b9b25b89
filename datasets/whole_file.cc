#include "datasets/whole_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include "datasets/data_error.h"

namespace apical {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 17;  // of ImageNet, nearly every file is one

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void throw_unreadable(const std::filesystem::path& path, const char* what, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  throw DataError(missing ? DataErrorKind::kMissing : DataErrorKind::kUnreadable, path,
                  std::string(what) + std::generic_category().message(error),
                  missing ? "a file must be there" : "it must be a file that you may read");
}

}  // namespace

std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) throw_unreadable(path, "cannot be opened: ", errno);
  // The bytes are kept here alone.
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  std::vector<std::uint8_t> bytes;
  std::size_t size = 0;
  while (true) {
    bytes.resize(size + kChunkBytes);
    const std::size_t count = std::fread(bytes.data() + size, 1, kChunkBytes, file.get());
    size += count;
    if (count < kChunkBytes) break;
  }
  if (std::ferror(file.get()) != 0) throw_unreadable(path, "cannot be read: ", errno);
  bytes.resize(size);
  return bytes;
}

}  // namespace apical
