#include "simulator/chunk_encoding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace apical {
namespace {

static_assert(std::endian::native == std::endian::little, "values in a file are little-endian");

using Bytes = std::span<const unsigned char>;

// How often two bytes are equal, as a multiple of what is so among evenly distributed ones; how
// often a byte is the one before; and how many different ones there are.
struct Regularity {
  double equal_pairs = 0;
  double repeats = 0;
  std::size_t distinct = 0;
};

Regularity regularity_of(Bytes bytes) {
  constexpr std::size_t kSample = 256;
  const std::size_t stride = std::max<std::size_t>(1, bytes.size() / kSample);
  std::array<std::uint32_t, 256> counts{};
  std::uint64_t sampled = 0;
  std::uint64_t repeats = 0;
  for (std::size_t i = 0; i < bytes.size(); i += stride, ++sampled) {
    ++counts[bytes[i]];
    repeats += i > 0 && bytes[i] == bytes[i - 1];
  }
  std::uint64_t pairs = 0;
  std::size_t distinct = 0;
  for (const std::uint64_t count : counts) {
    pairs += count * count;
    distinct += count > 0;
  }
  const auto n = static_cast<double>(sampled);
  return {256 * (static_cast<double>(pairs) - n) / (n * n), static_cast<double>(repeats) / n,
          distinct};
}

// Four values of eight bytes; for eight of these vectors, four matrices of 8 x 8 bytes that are
// transposed side by side.
using Word4 = std::uint64_t __attribute__((vector_size(32)));
using Byte32 = unsigned char __attribute__((vector_size(32)));
constexpr std::size_t kTogether = 32;  // values

// Of each pair of rows that are `distance` apart, the upper half (of every group of 2 distance
// bytes) of the first and the lower half of the second change places.
template <std::size_t distance>
void exchange(std::array<Word4, 8>& rows, std::uint64_t lower) {
#pragma GCC unroll 8
  for (std::size_t group = 0; group < 8; group += 2 * distance) {
#pragma GCC unroll 8
    for (std::size_t r = group; r < group + distance; ++r) {
      const Word4 swapped = (rows[r] >> 8 * distance ^ rows[r + distance]) & lower;
      rows[r + distance] ^= swapped;
      rows[r] ^= swapped << 8 * distance;
    }
  }
}

// Brings byte r of word l, which is that of value 4 r + l, to its place.
void put_in_order(Byte32& bytes) {
  bytes =
      __builtin_shufflevector(bytes, bytes, 0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19,
                              27, 4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31);
}

// Byte b of each value of eight to planes[b * count, ...), for the first values. Returns how many
// these are.
std::size_t gather_words(std::span<const char> values, std::size_t count, unsigned char* planes) {
  std::size_t i = 0;
  for (; i + kTogether <= count; i += kTogether) {
    std::array<Word4, 8> rows;
    std::memcpy(rows.data(), values.data() + 8 * i, sizeof(rows));
    exchange<4>(rows, 0x00000000FFFFFFFF);
    exchange<2>(rows, 0x0000FFFF0000FFFF);
    exchange<1>(rows, 0x00FF00FF00FF00FF);
#pragma GCC unroll 8
    for (std::size_t b = 0; b < 8; ++b) {
      Byte32 bytes;
      std::memcpy(&bytes, &rows[b], sizeof(bytes));
      put_in_order(bytes);
      std::memcpy(planes + b * count + i, &bytes, sizeof(bytes));
    }
  }
  return i;
}

void gather_planes(std::span<const char> values, std::size_t value_bytes, unsigned char* planes) {
  const std::size_t count = values.size() / value_bytes;
  for (std::size_t i = value_bytes == 8 ? gather_words(values, count, planes) : 0; i < count; ++i) {
    for (std::size_t b = 0; b < value_bytes; ++b) {
      planes[b * count + i] = static_cast<unsigned char>(values[i * value_bytes + b]);
    }
  }
}

}  // namespace

void ChunkEncoder::add_plane(Bytes bytes) {
  // All are equal if each is the one before.
  if (std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0) {
    stream_.add_run(bytes.front(), bytes.size());
    return;
  }
  constexpr double kMostlyRuns = 0.9;
  constexpr double kNoise = 8;  // some three of eight bits could be saved
  const Regularity regularity = regularity_of(bytes);
  if (regularity.repeats > kMostlyRuns) return stream_.add_runs(bytes);
  if (regularity.equal_pairs < kNoise) return stream_.add_stored(bytes);
  if (regularity.distinct <= ZlibStream::kFewValues) {
    const DistinctBytes distinct(bytes);
    if (distinct.count <= ZlibStream::kFewValues) return stream_.add_few_values(bytes, distinct);
  }
  stream_.add_coded(bytes);
}

std::vector<char> ChunkEncoder::encode(std::span<const char> values, std::size_t value_bytes,
                                       EncodedSize size) {
  assert(!values.empty() && values.size() % value_bytes == 0);
  const std::size_t count = values.size() / value_bytes;
  if (planes_.size() < values.size()) planes_.resize(values.size());
  gather_planes(values, value_bytes, planes_.data());
  stream_.begin(value_bytes * ZlibStream::room_for(count));
  for (std::size_t b = 0; b < value_bytes; ++b) {
    add_plane(Bytes(planes_).subspan(b * count, count));
  }
  if (size == EncodedSize::kPowerOfTwo) stream_.fill_to_power_of_two();
  return stream_.finish();
}

}  // namespace apical
