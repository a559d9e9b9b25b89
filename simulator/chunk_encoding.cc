#include "simulator/chunk_encoding.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <new>

namespace apical {
namespace {

constexpr int kStored = 0;
constexpr int kFast = 1;

// Whether bytes are so evenly distributed that compression would gain next to nothing: two of them
// are equal hardly more often than one time in 256.
bool is_noise(std::span<const char> bytes) {
  constexpr std::size_t kSample = 1024;
  const std::size_t stride = std::max<std::size_t>(1, bytes.size() / kSample);
  std::array<std::uint32_t, 256> counts{};
  std::uint64_t sampled = 0;
  for (std::size_t i = 0; i < bytes.size(); i += stride, ++sampled) {
    ++counts[static_cast<unsigned char>(bytes[i])];
  }
  std::uint64_t equal_pairs = 0;
  for (const std::uint64_t count : counts) equal_pairs += count * (count - std::min(count, 1UL));
  return sampled >= kSample / 2 && equal_pairs * 256 < 2 * sampled * sampled;
}

// Byte `plane` of each value.
void gather(std::span<const char> values, std::size_t value_bytes, std::size_t plane,
            std::span<char> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = values[i * value_bytes + plane];
}

}  // namespace

std::vector<char> encoded_chunk(std::span<const char> values, std::size_t value_bytes) {
  assert(!values.empty() && values.size() % value_bytes == 0);
  z_stream stream{};
  if (deflateInit(&stream, kFast) != Z_OK) throw std::bad_alloc();
  // What ends a block where the level changes is a few bytes.
  std::vector<char> result(deflateBound(&stream, values.size()) + 64 * (value_bytes + 1));
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  std::vector<char> bytes(values.size() / value_bytes);
  for (std::size_t plane = 0; plane < value_bytes; ++plane) {
    gather(values, value_bytes, plane, bytes);
    deflateParams(&stream, is_noise(bytes) ? kStored : kFast, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    deflate(&stream, plane + 1 == value_bytes ? Z_FINISH : Z_NO_FLUSH);
    assert(stream.avail_in == 0);
  }
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

}  // namespace apical
