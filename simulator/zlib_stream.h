#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace apical {

// The least and the greatest of some bytes.
struct ByteRange {
  void add(std::span<const unsigned char> bytes);

  std::size_t count() const { return std::size_t{1} + highest - lowest; }

  unsigned char lowest = 255;
  unsigned char highest = 0;
};

// Writes a zlib stream (RFC 1950) of deflate blocks (RFC 1951), in a form for each run of bytes
// that the caller chooses: zlib's own deflate takes many times as long for what is noise, always
// the same, or of a few kinds. Each form keeps any bytes; what the wrong one costs is room.
class ZlibStream {
 public:
  // What bytes may take in any form.
  static std::size_t room_for(std::size_t bytes) { return bytes + bytes / 4 + 1024; }
  // What a stream may take, also filled to a power of two: `parts` is the sum of room_for() of all
  // that it gets.
  static std::size_t room_for_stream(std::size_t parts);
  static constexpr std::size_t kFewValues = 15;

  // Begins a stream, whose bytes go to `room` from its beginning on.
  void begin(std::span<char> room);
  // Ends it. Returns how many bytes it has.
  std::size_t finish();

  // With blocks of nothing: what finish() returns then is a power of two.
  void fill_to_power_of_two();

  // As they are. Five bytes more for each 64 KiB.
  void add_stored(std::span<const unsigned char> bytes);
  // The same byte, `count` times; at least once. 13 bits for each 258.
  void add_run(unsigned char byte, std::size_t count);
  // Runs of equal bytes: 8 or 9 bits for a byte, 12 to 18 more for a run of more than three.
  void add_runs(std::span<const unsigned char> bytes);
  // Of a range of at most kFewValues, which take 2, 3 or 4 bits each.
  void add_few_values(std::span<const unsigned char> bytes, ByteRange range);
  // Bytes of which some are more frequent than others, by zlib (Z_HUFFMAN_ONLY).
  void add_coded(std::span<const unsigned char> bytes);

 private:
  void put(unsigned char byte) { bytes_[size_++] = static_cast<char>(byte); }
  void put_16(std::size_t number);
  void put_stored_header(std::size_t size, bool last);
  void put_bits(std::uint64_t bits, unsigned count);
  void put_repeats(unsigned char byte, std::size_t count);
  void align();

  std::span<char> bytes_;  // written up to `size_`
  std::size_t size_ = 0;
  std::uint32_t checksum_ = 1;
  std::uint64_t waiting_ = 0;  // bits that do not fill a byte yet
  unsigned waiting_bits_ = 0;
};

// zlib's checksum of what `checksum` is of, and then these bytes. Starts with 1.
std::uint32_t adler32_of(std::uint32_t checksum, std::span<const unsigned char> bytes);

}  // namespace apical
