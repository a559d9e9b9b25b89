#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "simulator/zlib_stream.h"

namespace apical {

// HDF5 writes a chunk anew in its old place only if its size is the same; else the place is lost to
// the file. One that grows has the same size most times if that is a power of two.
enum class EncodedSize { kLeast, kPowerOfTwo };

// A value's bytes. Where a file has more of them than memory, the values are whole numbers without
// a sign, and the rest is zeros.
struct ValueBytes {
  std::size_t in_memory;
  std::size_t in_file = in_memory;
};

// Makes of a chunk what HDF5's filters shuffle and deflate make of it, so that any reader undoes
// them: first all values' first bytes, then all second bytes and so on, as one zlib stream. Bytes
// that are noise, such as the last ones of a time, are stored rather than compressed: that would
// cost time and gain next to nothing.
class ChunkEncoder {
 public:
  static std::size_t room_for(std::size_t values, ValueBytes bytes) {
    return ZlibStream::room_for_stream(bytes.in_file * ZlibStream::room_for(values));
  }

  // `values` are whole, and one at least; `to` has as many bytes as room_for() says. Returns how
  // many the chunk takes of them.
  std::size_t encode(std::span<const char> values, ValueBytes bytes, EncodedSize size,
                     std::span<char> to);

 private:
  void add_plane(std::span<const unsigned char> bytes);

  std::vector<unsigned char> planes_;
  ZlibStream stream_;
};

}  // namespace apical
