#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cstddef>

#include "simulator/vector_math.h"

namespace apical {

// Calls f(first, count) for the tiles of [0, size), on the calling task arena's threads: `tile` at
// a time, fewer in the last. Which tiles there are does not depend on the threads.
template <typename F>
void for_each_tile(std::size_t size, std::size_t tile, const F& f) {
  const std::size_t tiles = (size + tile - 1) / tile;
  if (tiles == 1) return f(std::size_t{0}, size);
  tbb::parallel_for(std::size_t{0}, tiles, [&](std::size_t t) {
    const std::size_t first = t * tile;
    f(first, std::min(tile, size - first));
  });
}

// The width of tiles of a matrix of so many rows or columns: narrow enough that there are eight of
// them to share out, but not so narrow that the BLAS packs its operands for too few products, nor
// so wide that they do not stay in the second-level cache.
inline std::size_t tile_width(std::size_t size) {
  return std::clamp<std::size_t>(padded((size + 7) / 8), 64, 256);
}

}  // namespace apical
