#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace apical {

// A file read from front to back, decompressed on the way if it is a gzip file, whatever its name.
class GzipFile {
 public:
  // Throws DataError: kMissing, kUnreadable.
  explicit GzipFile(std::filesystem::path path);

  // Fills `bytes` and returns how many were filled: fewer than asked for only at the end of the
  // file, none ever after it. The checksum of a gzip file has been verified once the end is
  // reached. Throws DataError: kTruncated (gzip only), kUnreadable.
  std::size_t read(std::span<std::uint8_t> bytes);

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

}  // namespace apical
