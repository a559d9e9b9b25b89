#include "simulator/chunk_encoding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace apical {
namespace {

static_assert(std::endian::native == std::endian::little, "values in a file are little-endian");

using Bytes = std::span<const unsigned char>;

// What some of the bytes tell of all: how often two of them are equal, as a multiple of what is so
// among evenly distributed ones; how often a byte is the one before; and what there is at least.
struct Sample {
  double equal_pairs = 0;
  double repeats = 0;
  ByteRange range;
};

// Groups of bytes that are next to each other, so that few lines of memory are read.
Sample sample_of(Bytes bytes) {
  constexpr std::size_t kGroups = 32;
  constexpr std::size_t kGroup = 8;
  const std::size_t stride = std::max(kGroup, bytes.size() / kGroups);
  Sample sample;
  std::array<std::uint8_t, 256> counts{};
  std::size_t sampled = 0;
  std::size_t pairs = 0;
  std::size_t neighbours = 0;
  std::size_t repeats = 0;
  for (std::size_t start = 0; start < bytes.size() && sampled < kGroups * kGroup; start += stride) {
    const Bytes group = bytes.subspan(start, std::min(kGroup, bytes.size() - start));
    for (std::size_t i = 0; i < group.size(); ++i) {
      pairs += counts[group[i]]++;
      repeats += i > 0 && group[i] == group[i - 1];
    }
    sampled += group.size();
    neighbours += group.size() - 1;
    sample.range.add(group);
  }
  const auto n = static_cast<double>(sampled);
  sample.equal_pairs = 2 * 256 * static_cast<double>(pairs) / (n * n);
  if (neighbours > 0) {
    sample.repeats = static_cast<double>(repeats) / static_cast<double>(neighbours);
  }
  return sample;
}

// Values side by side. As many rows of them as a value has bytes are matrices of bytes that are
// transposed together, one a value of a row.
using Row64 = std::uint64_t __attribute__((vector_size(32)));
using Row32 = std::uint32_t __attribute__((vector_size(32)));
using RowOfBytes = unsigned char __attribute__((vector_size(32)));
constexpr std::size_t kTogether = sizeof(RowOfBytes);  // values

template <typename Row>
using ValueOf = std::remove_cvref_t<decltype(Row{}[0])>;

// A value of which every other group of so many bytes is all ones, the lowest first.
template <typename Value>
constexpr Value every_other(std::size_t group) {
  Value value = 0;
  for (std::size_t b = 0; b < sizeof(Value); ++b) {
    if (b / group % 2 == 0) value |= Value{0xFF} << 8 * b;
  }
  return value;
}

// Of each pair of rows that are `distance` apart, the upper half (of every group of 2 distance
// bytes) of the first and the lower half of the second change places.
template <std::size_t distance, typename Row, std::size_t count>
void exchange(std::array<Row, count>& rows) {
  constexpr auto kLower = every_other<ValueOf<Row>>(distance);
#pragma GCC unroll 8
  for (std::size_t group = 0; group < count; group += 2 * distance) {
#pragma GCC unroll 8
    for (std::size_t r = group; r < group + distance; ++r) {
      const Row swapped = (rows[r] >> 8 * distance ^ rows[r + distance]) & kLower;
      rows[r + distance] ^= swapped;
      rows[r] ^= swapped << 8 * distance;
    }
  }
}

// Byte r of place l is that of the value at place l of row r. Brings it to where that value is.
template <typename Row>
void put_in_order(RowOfBytes& bytes) {
  constexpr int kBytes = sizeof(ValueOf<Row>);
  constexpr int kPlaces = sizeof(Row) / kBytes;
  [&]<int... i>(std::integer_sequence<int, i...>) {
    bytes = __builtin_shufflevector(bytes, bytes, (i % kPlaces * kBytes + i / kPlaces)...);
  }
  (std::make_integer_sequence<int, sizeof(RowOfBytes)>());
}

// Byte b of each value to planes[b * count, ...), for the first values. Returns how many these are.
template <typename Row>
std::size_t gather_rows(std::span<const char> values, std::size_t count, unsigned char* planes) {
  constexpr std::size_t kBytes = sizeof(ValueOf<Row>);
  std::size_t i = 0;
  for (; i + kTogether <= count; i += kTogether) {
    std::array<Row, kBytes> rows;
    std::memcpy(rows.data(), values.data() + kBytes * i, sizeof(rows));
    if constexpr (kBytes == 8) exchange<4>(rows);
    exchange<2>(rows);
    exchange<1>(rows);
#pragma GCC unroll 8
    for (std::size_t b = 0; b < kBytes; ++b) {
      RowOfBytes bytes;
      std::memcpy(&bytes, &rows[b], sizeof(bytes));
      put_in_order<Row>(bytes);
      std::memcpy(planes + b * count + i, &bytes, sizeof(bytes));
    }
  }
  return i;
}

void gather_planes(std::span<const char> values, std::size_t value_bytes, unsigned char* planes) {
  const std::size_t count = values.size() / value_bytes;
  std::size_t i = 0;
  if (value_bytes == 8) i = gather_rows<Row64>(values, count, planes);
  if (value_bytes == 4) i = gather_rows<Row32>(values, count, planes);
  for (; i < count; ++i) {
    for (std::size_t b = 0; b < value_bytes; ++b) {
      planes[b * count + i] = static_cast<unsigned char>(values[i * value_bytes + b]);
    }
  }
}

}  // namespace

void ChunkEncoder::add_plane(Bytes bytes) {
  constexpr double kMostlyRuns = 0.9;
  constexpr double kNoise = 8;  // some three of eight bits could be saved
  const Sample sample = sample_of(bytes);
  ByteRange range = sample.range;
  if (range.count() <= ZlibStream::kFewValues) range.add(bytes);
  if (range.count() == 1) return stream_.add_run(range.lowest, bytes.size());
  if (sample.repeats > kMostlyRuns) return stream_.add_runs(bytes);
  if (sample.equal_pairs < kNoise) return stream_.add_stored(bytes);
  if (range.count() <= ZlibStream::kFewValues) return stream_.add_few_values(bytes, range);
  stream_.add_coded(bytes);
}

std::size_t ChunkEncoder::encode(std::span<const char> values, ValueBytes bytes, EncodedSize size,
                                 std::span<char> to) {
  assert(!values.empty() && values.size() % bytes.in_memory == 0);
  const std::size_t count = values.size() / bytes.in_memory;
  assert(to.size() >= room_for(count, bytes));
  if (planes_.size() < values.size()) planes_.resize(values.size());
  gather_planes(values, bytes.in_memory, planes_.data());
  stream_.begin(to);
  for (std::size_t b = 0; b < bytes.in_memory; ++b) {
    add_plane(Bytes(planes_).subspan(b * count, count));
  }
  if (bytes.in_file > bytes.in_memory) {
    stream_.add_run(0, (bytes.in_file - bytes.in_memory) * count);
  }
  if (size == EncodedSize::kPowerOfTwo) stream_.fill_to_power_of_two();
  return stream_.finish();
}

}  // namespace apical
