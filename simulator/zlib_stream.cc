#include "simulator/zlib_stream.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace apical {
namespace {

static_assert(std::endian::native == std::endian::little, "bits are written by whole words");

using Bytes = std::span<const unsigned char>;

constexpr std::uint64_t kAdlerBase = 65521;

// Bits as they are written, the least significant one first.
struct Code {
  std::uint32_t bits = 0;
  unsigned count = 0;
};

// Huffman codes begin with their most significant bit.
constexpr std::uint32_t reversed(std::uint32_t code, unsigned count) {
  std::uint32_t result = 0;
  for (unsigned bit = 0; bit < count; ++bit) result |= (code >> bit & 1U) << (count - 1 - bit);
  return result;
}

// The fixed code of a literal or of a length (RFC 1951, 3.2.6).
constexpr Code fixed_code(std::uint32_t symbol) {
  if (symbol < 144) return {reversed(0x30 + symbol, 8), 8};
  if (symbol < 256) return {reversed(0x190 + symbol - 144, 9), 9};
  if (symbol < 280) return {reversed(symbol - 256, 7), 7};
  return {reversed(0xC0 + symbol - 280, 8), 8};
}

constexpr std::size_t kShortestMatch = 3;
constexpr std::size_t kLongestMatch = 258;

// So many times the byte before: the length's symbol and its extra bits (RFC 1951, 3.2.5), then
// distance 1, which is five zeros.
constexpr Code match_code(std::size_t length) {
  constexpr unsigned kDistanceBits = 5;
  const auto above = static_cast<std::uint32_t>(length - kShortestMatch);
  Code code;
  unsigned extra = 0;
  if (length == kLongestMatch) {
    code = fixed_code(285);
  } else if (above < 8) {
    code = fixed_code(257 + above);
  } else {
    extra = static_cast<unsigned>(std::bit_width(above)) - 3;
    code = fixed_code(257 + 4 * extra + (above >> extra));
    code.bits |= (above & ((1U << extra) - 1)) << code.count;
  }
  return {code.bits, code.count + extra + kDistanceBits};
}

constexpr auto kLiterals = [] {
  std::array<Code, 256> codes{};
  for (std::uint32_t byte = 0; byte < codes.size(); ++byte) codes[byte] = fixed_code(byte);
  return codes;
}();

constexpr auto kMatches = [] {
  std::array<Code, kLongestMatch + 1> codes{};
  for (std::size_t n = kShortestMatch; n < codes.size(); ++n) codes[n] = match_code(n);
  return codes;
}();

constexpr std::uint32_t kEndOfBlock = 256;

// More than a stream's beginning and end take, with what fills it to a power of two at the least,
// and the word that is written where bits are.
constexpr std::size_t kAround = 64;

// What fill_to_power_of_two() adds is made of these. From their product on, sums of them have all
// values.
constexpr std::size_t kEmptyStored = 5;
constexpr std::size_t kEmptyFixed = 6;  // a block of fixed codes, and what ends it at a byte
constexpr std::size_t kEnd = kEmptyStored + sizeof(std::uint32_t);
constexpr std::size_t kLeastFill = kEmptyStored * kEmptyFixed + kEnd;
static_assert(2 + kLeastFill + sizeof(std::uint64_t) <= kAround);

// How many bytes are equal to the first, from it on; at least one.
std::size_t run_length(Bytes bytes) {
  std::uint64_t same = 0;
  std::memset(&same, bytes.front(), sizeof(same));
  std::size_t i = 0;
  for (; i + sizeof(same) <= bytes.size(); i += sizeof(same)) {
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[i], sizeof(word));
    if (word != same) return i + static_cast<std::size_t>(std::countr_zero(word ^ same)) / 8;
  }
  while (i < bytes.size() && bytes[i] == bytes.front()) ++i;
  return i;
}

constexpr Code kFixedBlock = {0b010, 3};    // not the last one
constexpr Code kDynamicBlock = {0b100, 3};  // likewise

}  // namespace

void ByteRange::add(Bytes bytes) {
  ByteRange range = *this;  // which the bytes cannot be part of, as far as the compiler knows
  for (const unsigned char byte : bytes) {
    range.lowest = std::min(range.lowest, byte);
    range.highest = std::max(range.highest, byte);
  }
  *this = range;
}

// The second sum of the checksum is that of the first one after each byte: in it, a byte counts as
// often as there are bytes from it to the end. 32 of both sums are kept at a time: those of byte
// `b` of a row's word `w` are element w of vector b.
std::uint32_t adler32_of(std::uint32_t checksum, Bytes bytes) {
  using Words = std::uint32_t __attribute__((vector_size(32)));
  constexpr std::size_t kWord = sizeof(std::uint32_t);
  constexpr std::size_t kRow = sizeof(Words);
  constexpr std::size_t kMost = kRow * 4096;  // then `weighted` fits 32 bits
  std::uint64_t first = checksum & 0xFFFFU;
  std::uint64_t second = checksum >> 16U;
  while (bytes.size() >= kRow) {
    const Bytes block = bytes.first(std::min(bytes.size(), kMost) / kRow * kRow);
    std::array<Words, kWord> plain{};
    std::array<Words, kWord> weighted{};
    for (std::size_t i = 0; i < block.size(); i += kRow) {
      Words row;
      std::memcpy(&row, &block[i], sizeof(row));
#pragma GCC unroll 4
      for (std::size_t b = 0; b < kWord; ++b) {
        plain[b] += row >> 8 * b & 0xFF;
        weighted[b] += plain[b];
      }
    }
    second += block.size() * first;
    for (std::size_t n = 0; n < kRow; ++n) {
      const std::uint64_t sum = plain[n % kWord][n / kWord];
      first += sum;
      second += kRow * std::uint64_t{weighted[n % kWord][n / kWord]} - n * sum;
    }
    first %= kAdlerBase;
    second %= kAdlerBase;
    bytes = bytes.subspan(block.size());
  }
  for (const unsigned char byte : bytes) {
    first += byte;
    second += first;
  }
  return static_cast<std::uint32_t>(second % kAdlerBase << 16U | first % kAdlerBase);
}

std::size_t ZlibStream::room_for_stream(std::size_t parts) {
  return std::bit_ceil(parts + kAround) + kAround;
}

void ZlibStream::begin(std::span<char> room) {
  bytes_ = room;
  size_ = 0;
  checksum_ = 1;
  put(0x78);  // deflate with a window of 32 KiB
  put(0x01);  // fastest, no dictionary; a multiple of 31 with the byte before
}

std::size_t ZlibStream::finish() {
  put_stored_header(0, true);
  for (unsigned shift = 32; shift > 0;) put(static_cast<unsigned char>(checksum_ >> (shift -= 8)));
  assert(size_ <= bytes_.size());
  return size_;
}

void ZlibStream::fill_to_power_of_two() {
  const std::size_t end = std::bit_ceil(size_ + kLeastFill);
  assert(end <= bytes_.size());
  const std::size_t fixed = (end - size_ - kEnd) % kEmptyStored;
  for (std::size_t n = 0; n < fixed; ++n) {
    put_bits(kFixedBlock.bits, kFixedBlock.count);
    put_bits(fixed_code(kEndOfBlock).bits, fixed_code(kEndOfBlock).count);
    align();
  }
  while (size_ + kEnd < end) put_stored_header(0, false);
}

void ZlibStream::put_16(std::size_t number) {
  put(static_cast<unsigned char>(number & 0xFFU));
  put(static_cast<unsigned char>(number >> 8U & 0xFFU));
}

// From a whole byte on; the rest of the first one is passed over.
void ZlibStream::put_stored_header(std::size_t size, bool last) {
  put(last ? 1 : 0);
  put_16(size);
  put_16(~size);
}

void ZlibStream::put_bits(std::uint64_t bits, unsigned count) {
  waiting_ |= bits << waiting_bits_;
  waiting_bits_ += count;
  std::memcpy(&bytes_[size_], &waiting_, sizeof(waiting_));
  size_ += waiting_bits_ / 8;
  waiting_ >>= waiting_bits_ / 8 * 8;
  waiting_bits_ %= 8;
}

// An empty stored block ends at a byte.
void ZlibStream::align() {
  put_bits(0, 3);
  if (waiting_bits_ > 0) put_bits(0, 8 - waiting_bits_);
  put_16(0);
  put_16(0xFFFF);
}

void ZlibStream::add_stored(Bytes bytes) {
  checksum_ = adler32_of(checksum_, bytes);
  while (!bytes.empty()) {
    constexpr std::size_t kMost = 65535;
    const Bytes block = bytes.first(std::min(bytes.size(), kMost));
    put_stored_header(block.size(), false);
    std::memcpy(&bytes_[size_], block.data(), block.size());
    size_ += block.size();
    bytes = bytes.subspan(block.size());
  }
}

void ZlibStream::put_repeats(unsigned char byte, std::size_t count) {
  const auto put_code = [this](Code code) { put_bits(code.bits, code.count); };
  while (count >= kShortestMatch) {
    const std::size_t length = std::min(count, kLongestMatch);
    put_code(kMatches[length]);
    count -= length;
  }
  for (; count > 0; --count) put_code(kLiterals[byte]);
}

void ZlibStream::add_run(unsigned char byte, std::size_t count) {
  // With sums s1 and s2 before it: s1 + count b, and s2 + count s1 + count (count + 1) / 2 b.
  const std::uint64_t n = count % kAdlerBase;
  const std::uint64_t s1 = checksum_ & 0xFFFFU;
  const std::uint64_t s2 = checksum_ >> 16U;
  const std::uint64_t triangle = (count * (count + 1) / 2) % kAdlerBase;
  checksum_ = static_cast<std::uint32_t>(((s2 + n * s1 + triangle * byte) % kAdlerBase) << 16U |
                                         (s1 + n * byte) % kAdlerBase);
  put_bits(kFixedBlock.bits, kFixedBlock.count);
  put_bits(kLiterals[byte].bits, kLiterals[byte].count);
  put_repeats(byte, count - 1);
  put_bits(fixed_code(kEndOfBlock).bits, fixed_code(kEndOfBlock).count);
  align();
}

void ZlibStream::add_runs(Bytes bytes) {
  checksum_ = adler32_of(checksum_, bytes);
  put_bits(kFixedBlock.bits, kFixedBlock.count);
  while (!bytes.empty()) {
    const unsigned char byte = bytes.front();
    const std::size_t count = run_length(bytes);
    put_bits(kLiterals[byte].bits, kLiterals[byte].count);
    put_repeats(byte, count - 1);
    bytes = bytes.subspan(count);
  }
  put_bits(fixed_code(kEndOfBlock).bits, fixed_code(kEndOfBlock).count);
  align();
}

// A block whose literals, and its end, all have codes of the same length. Codes are complete: other
// bytes have those that are left over.
void ZlibStream::add_few_values(Bytes bytes, ByteRange range) {
  assert(range.lowest <= range.highest && range.count() <= kFewValues);
  checksum_ = adler32_of(checksum_, bytes);
  const auto bits = std::max(2U, static_cast<unsigned>(std::bit_width(range.count())));
  std::array<bool, kEndOfBlock + 1> is_coded{};
  std::fill_n(is_coded.begin() + range.lowest, range.count(), true);
  is_coded[kEndOfBlock] = true;
  std::size_t left = (std::size_t{1} << bits) - range.count() - 1;
  for (std::size_t n = 0; left > 0; ++n) left -= !std::exchange(is_coded[n], true);

  // The header (RFC 1951, 3.2.7) has 257 literals, 2 distances and 18 lengths of codes for lengths.
  // Of these lengths there are 0, 1, `bits` and "11 to 138 zeros", all with codes of two bits.
  constexpr unsigned kManyZeros = 18;
  constexpr std::size_t kFewestZeros = 11;
  constexpr std::size_t kMostZeros = 138;
  constexpr std::array<unsigned, 18> kOrder = {16, 17, kManyZeros, 0,  8, 7,  9, 6,  10,
                                               5,  11, 4,          12, 3, 13, 2, 14, 1};
  put_bits(kDynamicBlock.bits, kDynamicBlock.count);
  put_bits(0, 5);
  put_bits(1, 5);
  put_bits(kOrder.size() - 4, 4);
  for (const unsigned length : kOrder) {
    put_bits(length == 0 || length == 1 || length == bits || length == kManyZeros ? 2 : 0, 3);
  }
  constexpr std::uint32_t kZero = reversed(0, 2);
  constexpr std::uint32_t kOne = reversed(1, 2);
  constexpr std::uint32_t kBits = reversed(2, 2);
  constexpr std::uint32_t kZeros = reversed(3, 2);
  std::size_t zeros = 0;
  for (const bool coded : is_coded) {
    zeros += !coded;
    if (zeros == kMostZeros || (coded && zeros >= kFewestZeros)) {
      put_bits(kZeros, 2);
      put_bits(zeros - kFewestZeros, 7);
      zeros = 0;
    }
    if (!coded) continue;
    for (; zeros > 0; --zeros) put_bits(kZero, 2);
    put_bits(kBits, 2);
  }
  put_bits(kOne, 2);
  put_bits(kOne, 2);

  std::array<std::uint64_t, 256> codes{};
  std::uint32_t next = 0;
  for (std::size_t byte = 0; byte < codes.size(); ++byte) {
    if (is_coded[byte]) codes[byte] = reversed(next++, bits);
  }
  constexpr std::size_t kAtOnce = 8;
  std::size_t i = 0;
  for (; i + kAtOnce <= bytes.size(); i += kAtOnce) {
    std::uint64_t word = 0;
    for (std::size_t n = 0; n < kAtOnce; ++n) word |= codes[bytes[i + n]] << n * bits;
    put_bits(word, kAtOnce * bits);
  }
  for (; i < bytes.size(); ++i) put_bits(codes[bytes[i]], bits);
  put_bits(reversed(next, bits), bits);
  align();
}

void ZlibStream::add_coded(Bytes bytes) {
  checksum_ = adler32_of(checksum_, bytes);
  z_stream stream{};
  constexpr int kFast = 1;
  constexpr int kRawWindow = -15;
  constexpr int kMemory = 8;
  if (deflateInit2(&stream, kFast, Z_DEFLATED, kRawWindow, kMemory, Z_HUFFMAN_ONLY) != Z_OK) {
    throw std::bad_alloc();
  }
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(&bytes_[size_]);
  stream.avail_out = static_cast<uInt>(bytes_.size() - size_);
  deflate(&stream, Z_SYNC_FLUSH);
  assert(stream.avail_in == 0 && stream.avail_out > 0);
  size_ += stream.total_out;
  deflateEnd(&stream);
}

}  // namespace apical
