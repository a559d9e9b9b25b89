#include "simulator/chunk_encoding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "simulator/random_stream.h"

namespace apical {
namespace {

// What HDF5's filters make of it.
std::vector<char> decoded(const std::vector<char>& encoded, std::size_t size,
                          std::size_t value_bytes) {
  std::vector<char> planes(size);
  uLongf length = size;
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(planes.data()), &length,
                       reinterpret_cast<const Bytef*>(encoded.data()), encoded.size()),
            Z_OK);
  EXPECT_EQ(length, size);
  std::vector<char> values(size);
  const std::size_t count = size / value_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t b = 0; b < value_bytes; ++b) {
      values[i * value_bytes + b] = planes[b * count + i];
    }
  }
  return values;
}

template <typename T>
std::vector<char> bytes_of(const std::vector<T>& values) {
  std::vector<char> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// How many bytes it takes.
template <typename InFile, typename T>
std::size_t expect_kept(const std::vector<T>& values, EncodedSize size = EncodedSize::kLeast) {
  constexpr ValueBytes kBytes{sizeof(T), sizeof(InFile)};
  std::vector<char> encoded(ChunkEncoder::room_for(values.size(), kBytes));
  ChunkEncoder encoder;
  encoded.resize(encoder.encode(bytes_of(values), kBytes, size, encoded));
  const std::vector<char> expected = bytes_of(std::vector<InFile>(values.begin(), values.end()));
  EXPECT_EQ(decoded(encoded, expected.size(), sizeof(InFile)), expected);
  return encoded.size();
}

TEST(EncodedChunk, IsWhatTheFiltersWouldDecode) {
  RandomStream stream({1, 0, Purpose::kShuffling, 0});
  for (const std::size_t count : {1, 2, 7, 1000, 16384}) {
    std::vector<double> times(count);
    std::vector<std::uint32_t> neurons(count);
    std::vector<std::uint32_t> words((2 * count + 3) / 4 * 4);
    stream.words(words);
    double time = 1e6;
    for (std::size_t i = 0; i < count; ++i) {
      time += words[i] * 0x1p-32;
      times[i] = time;
      neurons[i] = words[count + i] % 500;
    }
    const std::size_t bytes = expect_kept<double>(times) + expect_kept<std::uint64_t>(neurons);
    // 6 of 8 bytes of a neuron, and 2 to 3 of a time's, say nothing.
    if (count >= 1000) {
      EXPECT_LT(bytes, count * 17 / 2);
    }
    expect_kept<float>(std::vector<float>(count, 1.5F));
    expect_kept<std::uint32_t>(words);
    expect_kept<std::uint64_t>(words);
    EXPECT_TRUE(std::has_single_bit(expect_kept<double>(times, EncodedSize::kPowerOfTwo)));
  }
}

}  // namespace
}  // namespace apical
