#include "simulator/chunk_encoding.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <new>

namespace apical {
namespace {

using Bytes = std::span<const unsigned char>;

// Writes a zlib stream (RFC 1950) of deflate blocks (RFC 1951). Each run of bytes that is added
// ends at the boundary of a byte. zlib's own deflate takes several times as long for what is
// either noise or always the same.
class ZlibStream {
 public:
  explicit ZlibStream(std::size_t room) {
    result_.reserve(room);
    put(0x78);  // deflate with a window of 32 KiB
    put(0x01);  // fastest, no dictionary; a multiple of 31 with the byte before
  }

  // As they are.
  void add_stored(Bytes bytes) {
    checksum_ = adler32_z(checksum_, bytes.data(), bytes.size());
    while (!bytes.empty()) {
      constexpr std::size_t kMost = 65535;
      const Bytes block = bytes.first(std::min(bytes.size(), kMost));
      put_stored_header(static_cast<std::uint16_t>(block.size()), false);
      const auto* const data = reinterpret_cast<const char*>(block.data());
      result_.insert(result_.end(), data, data + block.size());
      bytes = bytes.subspan(block.size());
    }
  }

  // The same byte, `count` times.
  void add_run(unsigned char byte, std::size_t count) {
    // Adler-32 of a run in closed form: with s1, s2 before it, s1 + count b and
    // s2 + count s1 + count (count + 1) / 2 b.
    constexpr std::uint64_t kBase = 65521;
    const std::uint64_t n = count % kBase;
    const std::uint64_t s1 = checksum_ & 0xFFFFU;
    const std::uint64_t s2 = checksum_ >> 16U;
    const std::uint64_t triangle = (count * (count + 1) / 2) % kBase;
    checksum_ = ((s2 + n * s1 + triangle * byte) % kBase) << 16U | (s1 + n * byte) % kBase;

    put_bits(0b010, 3);  // not the last block; fixed codes
    put_literal(byte);
    for (--count; count >= kLongestMatch; count -= kLongestMatch) put_longest_match();
    for (; count > 0; --count) put_literal(byte);
    put_code(0, 7);  // end of block
    align();
  }

  // Bytes of which some are more frequent than others.
  void add_coded(Bytes bytes, int strategy) {
    checksum_ = adler32_z(checksum_, bytes.data(), bytes.size());
    z_stream stream{};
    constexpr int kFast = 1;
    constexpr int kRawWindow = -15;
    constexpr int kMemory = 8;
    if (deflateInit2(&stream, kFast, Z_DEFLATED, kRawWindow, kMemory, strategy) != Z_OK) {
      throw std::bad_alloc();
    }
    const std::size_t before = result_.size();
    result_.resize(before + deflateBound(&stream, bytes.size()) + 16);
    stream.next_in = const_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(result_.data() + before);
    stream.avail_out = static_cast<uInt>(result_.size() - before);
    deflate(&stream, Z_SYNC_FLUSH);
    assert(stream.avail_in == 0 && stream.avail_out > 0);
    result_.resize(before + stream.total_out);
    deflateEnd(&stream);
  }

  std::vector<char> finish() {
    put_stored_header(0, true);
    for (unsigned shift = 32; shift > 0;)
      put(static_cast<unsigned char>(checksum_ >> (shift -= 8)));
    return std::move(result_);
  }

 private:
  static constexpr std::size_t kLongestMatch = 258;

  void put(unsigned char byte) { result_.push_back(static_cast<char>(byte)); }

  void put_stored_header(std::uint16_t size, bool last) {
    put(last ? 1 : 0);  // and the rest of the byte is passed over
    const auto put_16 = [&](std::uint16_t number) {
      put(static_cast<unsigned char>(number & 0xFFU));
      put(static_cast<unsigned char>(number >> 8U));
    };
    put_16(size);
    put_16(static_cast<std::uint16_t>(~size));
  }

  // The least significant bit first.
  void put_bits(std::uint32_t bits, unsigned count) {
    waiting_ |= std::uint64_t{bits} << waiting_bits_;
    for (waiting_bits_ += count; waiting_bits_ >= 8; waiting_bits_ -= 8, waiting_ >>= 8U) {
      put(static_cast<unsigned char>(waiting_ & 0xFFU));
    }
  }
  // The most significant bit first, as Huffman codes are.
  void put_code(std::uint32_t code, unsigned count) {
    for (unsigned bit = count; bit-- > 0;) put_bits(code >> bit & 1U, 1);
  }
  void put_literal(unsigned char byte) {
    if (byte < 144) {
      put_code(0x30U + byte, 8);
    } else {
      put_code(0x190U + (byte - 144U), 9);
    }
  }
  // 258 times the byte before: code 285, which is 0xC5, and distance 1, which is 0; 0xA3 is 0xC5
  // with its most significant bit first.
  void put_longest_match() { put_bits(0xA3, 8 + 5); }
  // An empty stored block ends at a byte.
  void align() {
    put_bits(0, 3);
    if (waiting_bits_ > 0) put_bits(0, 8 - waiting_bits_);
    constexpr std::array<unsigned char, 4> kEmpty = {0, 0, 0xFF, 0xFF};
    for (const unsigned char byte : kEmpty) put(byte);
  }

  std::vector<char> result_;
  unsigned long checksum_ = 1;
  std::uint64_t waiting_ = 0;
  unsigned waiting_bits_ = 0;
};

// How often two bytes are equal, as a multiple of what is so among evenly distributed ones, and
// how often a byte is the one before.
struct Regularity {
  double equal_pairs = 0;
  double repeats = 0;
};

Regularity regularity_of(Bytes bytes) {
  constexpr std::size_t kSample = 1024;
  const std::size_t stride = std::max<std::size_t>(1, bytes.size() / kSample);
  std::array<std::uint32_t, 256> counts{};
  std::uint64_t sampled = 0;
  std::uint64_t repeats = 0;
  for (std::size_t i = 0; i < bytes.size(); i += stride, ++sampled) {
    ++counts[bytes[i]];
    repeats += i > 0 && bytes[i] == bytes[i - 1];
  }
  std::uint64_t pairs = 0;
  for (const std::uint64_t count : counts) pairs += count * count;
  const auto n = static_cast<double>(sampled);
  return {256 * (static_cast<double>(pairs) - n) / (n * n), static_cast<double>(repeats) / n};
}

void add_plane(Bytes bytes, ZlibStream& stream) {
  // All are equal if each is the one before.
  if (std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0) {
    stream.add_run(bytes.front(), bytes.size());
    return;
  }
  constexpr double kNoise = 2;
  constexpr double kMostlyRuns = 0.9;
  const Regularity regularity = regularity_of(bytes);
  if (regularity.equal_pairs < kNoise) {
    stream.add_stored(bytes);
  } else {
    stream.add_coded(bytes, regularity.repeats > kMostlyRuns ? Z_RLE : Z_HUFFMAN_ONLY);
  }
}

// Of each pair of rows that are `distance` apart, the upper half (of every group of 2 distance
// bytes) of the first and the lower half of the second change places.
template <std::size_t distance>
void exchange(std::array<std::uint64_t, 8>& rows, std::uint64_t lower) {
  for (std::size_t group = 0; group < 8; group += 2 * distance) {
    for (std::size_t r = group; r < group + distance; ++r) {
      const std::uint64_t swapped = (rows[r] >> 8 * distance ^ rows[r + distance]) & lower;
      rows[r + distance] ^= swapped;
      rows[r] ^= swapped << 8 * distance;
    }
  }
}

// Byte b of each value to planes[b * count, ...).
void gather_planes(std::span<const char> values, std::size_t value_bytes,
                   std::span<unsigned char> planes) {
  const std::size_t count = values.size() / value_bytes;
  std::size_t i = 0;
  if (value_bytes == 8 && std::endian::native == std::endian::little) {
    // Eight values at a time are the rows of a matrix of bytes that is transposed: halves of
    // rows change places, then quarters, then single bytes.
    for (; i + 8 <= count; i += 8) {
      std::array<std::uint64_t, 8> rows{};
      std::memcpy(rows.data(), values.data() + 8 * i, sizeof(rows));
      exchange<4>(rows, 0x00000000FFFFFFFF);
      exchange<2>(rows, 0x0000FFFF0000FFFF);
      exchange<1>(rows, 0x00FF00FF00FF00FF);
      for (std::size_t b = 0; b < 8; ++b) std::memcpy(&planes[b * count + i], &rows[b], 8);
    }
  }
  for (; i < count; ++i) {
    for (std::size_t b = 0; b < value_bytes; ++b) {
      planes[b * count + i] = static_cast<unsigned char>(values[i * value_bytes + b]);
    }
  }
}

}  // namespace

std::vector<char> encoded_chunk(std::span<const char> values, std::size_t value_bytes) {
  assert(!values.empty() && values.size() % value_bytes == 0);
  const std::size_t count = values.size() / value_bytes;
  std::vector<unsigned char> planes(values.size());
  gather_planes(values, value_bytes, planes);
  // A stored block has five bytes of its own, an alignment no more.
  ZlibStream stream(values.size() + values.size() / 4096 + 16 * (value_bytes + 1));
  for (std::size_t b = 0; b < value_bytes; ++b) {
    add_plane(Bytes(planes).subspan(b * count, count), stream);
  }
  return stream.finish();
}

}  // namespace apical
