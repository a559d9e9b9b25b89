#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "simulator/zlib_stream.h"

namespace apical {

// HDF5 writes a chunk anew in its old place only if its size is the same; else the place is lost to
// the file. One that grows has the same size most times if that is a power of two.
enum class EncodedSize { kLeast, kPowerOfTwo };

// Makes of a chunk what HDF5's filters shuffle and deflate make of it, so that any reader undoes
// them: first all values' first bytes, then all second bytes and so on, as one zlib stream. Bytes
// that are noise, such as the last ones of a time, are stored rather than compressed: that would
// cost time and gain next to nothing.
class ChunkEncoder {
 public:
  // `values` are whole, and one at least.
  std::vector<char> encode(std::span<const char> values, std::size_t value_bytes,
                           EncodedSize size = EncodedSize::kLeast);

 private:
  void add_plane(std::span<const unsigned char> bytes);

  std::vector<unsigned char> planes_;
  ZlibStream stream_;
};

}  // namespace apical
