#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "simulator/vector_math.h"

namespace apical {

// Calls f(i) for i = first, first + step and so on below `last`, on the calling task arena's
// threads.
template <typename F>
void for_each_task(std::size_t first, std::size_t last, std::size_t step, const F& f) {
#ifdef __SANITIZE_THREAD__
  // Debian's oneTBB is not instrumented: TSan cannot see that tasks begin after what the caller did
  // before, and end before it goes on.
  std::atomic<std::size_t> tasks = 0;
  tasks.fetch_add(1);
  tbb::parallel_for(first, last, step, [&](std::size_t i) {
    tasks.load();
    f(i);
    tasks.fetch_add(1);
  });
  tasks.load();
#else
  tbb::parallel_for(first, last, step, f);
#endif
}

// Calls f(first, count) for the tiles of [0, size): `tile` at a time, fewer in the last. Which
// tiles there are does not depend on the threads.
template <typename F>
void for_each_tile(std::size_t size, std::size_t tile, const F& f) {
  if (size <= tile) return f(std::size_t{0}, size);
  for_each_task(0, size, tile, [&](std::size_t first) { f(first, std::min(tile, size - first)); });
}

// The width of tiles of a matrix of so many rows or columns: narrow enough that there are eight of
// them to share out, but not so narrow that the BLAS packs its operands for too few products, nor
// so wide that they do not stay in the second-level cache.
inline std::size_t tile_width(std::size_t size) {
  return std::clamp<std::size_t>(padded((size + 7) / 8), 64, 256);
}

}  // namespace apical
