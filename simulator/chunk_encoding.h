#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace apical {

// A chunk as HDF5's filters shuffle and deflate leave it, so that any reader undoes them: first all
// values' first bytes, then all second bytes and so on, as one zlib stream. Bytes that are noise,
// such as the last ones of a time, are stored rather than compressed: that would cost time and gain
// next to nothing.
std::vector<char> encoded_chunk(std::span<const char> values, std::size_t value_bytes);

}  // namespace apical
