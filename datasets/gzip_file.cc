#include "datasets/gzip_file.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "datasets/data_error.h"

namespace apical {
namespace {

constexpr unsigned kBufferBytes = 128 * 1024;
constexpr std::size_t kLargestRead = std::size_t{1} << 30;  // gzread counts in int

// zlib's own words, without the path that it puts before them.
std::string reason(gzFile file, const std::filesystem::path& path) {
  int code = Z_OK;
  std::string text = gzerror(file, &code);
  const std::string prefix = path.native() + ": ";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

}  // namespace

GzipFile::GzipFile(std::filesystem::path path)
    : path_(std::move(path)), file_(gzopen(path_.c_str(), "rb")) {
  if (!file_) {
    const int error = errno;
    const bool missing = error == ENOENT || error == ENOTDIR;
    throw DataError(missing ? DataErrorKind::kMissing : DataErrorKind::kUnreadable, path_,
                    "cannot be opened: " + std::generic_category().message(error),
                    missing ? "a file must be there" : "it must be a file that you may read");
  }
  gzbuffer(file_.get(), kBufferBytes);
}

std::size_t GzipFile::read(std::span<std::uint8_t> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const std::size_t wanted = std::min(bytes.size() - filled, kLargestRead);
    const int count = gzread(file_.get(), bytes.data() + filled, static_cast<unsigned>(wanted));
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) {
      throw DataError(DataErrorKind::kTruncated, path_, "the compressed data end early",
                      "fetch or copy the file again");
    }
    if (count < 0 || code != Z_OK) {
      throw DataError(DataErrorKind::kUnreadable, path_,
                      "cannot be read: " + reason(file_.get(), path_),
                      "a plain file or a sound gzip file would do");
    }
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

}  // namespace apical
