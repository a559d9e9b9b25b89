#include "simulator/zlib_stream.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

#include "simulator/random_stream.h"

namespace apical {
namespace {

using Bytes = std::vector<unsigned char>;

// So many bytes of the values `least` and on, as many as there are kinds, or with a larger step
// between them; each again with a probability of `repeats`.
Bytes some_bytes(std::size_t count, std::uint32_t kinds, std::uint32_t step, double repeats,
                 std::uint32_t least = 0) {
  RandomStream stream({1, 0, Purpose::kShuffling, 0});
  std::vector<std::uint32_t> words((2 * count + 4) / 4 * 4);
  stream.words(words);
  Bytes bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const bool again = i > 0 && words[2 * i + 1] * 0x1p-32 < repeats;
    bytes.push_back(again ? bytes.back()
                          : static_cast<unsigned char>(least + words[2 * i] % kinds * step));
  }
  return bytes;
}

// Writes all of them, one after the other, into one stream that zlib then reads.
std::size_t expect_kept(const std::vector<Bytes>& parts,
                        const std::function<void(ZlibStream&, const Bytes&)>& add) {
  ZlibStream stream;
  Bytes all;
  std::size_t room = 0;
  for (const Bytes& part : parts) {
    room += ZlibStream::room_for(part.size());
    all.insert(all.end(), part.begin(), part.end());
  }
  std::vector<char> encoded(ZlibStream::room_for_stream(room));
  stream.begin(encoded);
  for (const Bytes& part : parts) add(stream, part);
  encoded.resize(stream.finish());
  Bytes kept(all.size() + 1);
  uLongf size = kept.size();
  EXPECT_EQ(uncompress(kept.data(), &size, reinterpret_cast<const Bytef*>(encoded.data()),
                       encoded.size()),
            Z_OK);
  kept.resize(size);
  EXPECT_EQ(kept, all);
  return encoded.size();
}

std::vector<Bytes> all_kinds() {
  std::vector<Bytes> parts;
  for (const std::size_t count : {1, 2, 7, 8, 9, 100, 70000}) {
    parts.push_back(some_bytes(count, 256, 1, 0));
    parts.push_back(some_bytes(count, 2, 255, 0));
    parts.push_back(some_bytes(count, 200, 1, 0.99));
    parts.emplace_back(count, 143);
    parts.emplace_back(count, 144);
  }
  return parts;
}

TEST(ZlibStream, EachFormKeepsAllBytes) {
  expect_kept({}, {});
  expect_kept(all_kinds(), [](ZlibStream& stream, const Bytes& part) { stream.add_stored(part); });
  expect_kept(all_kinds(), [](ZlibStream& stream, const Bytes& part) { stream.add_runs(part); });
  expect_kept(all_kinds(), [](ZlibStream& stream, const Bytes& part) { stream.add_coded(part); });
}

// Of each length from 1 to beyond the longest match.
TEST(ZlibStream, RunsOfAnyLength) {
  std::vector<Bytes> parts;
  Bytes each_length;
  for (std::size_t length = 1; length < 800; ++length) {
    parts.emplace_back(length, length % 256);
    each_length.insert(each_length.end(), length, static_cast<unsigned char>(length * 37));
  }
  expect_kept(parts, [](ZlibStream& stream, const Bytes& part) {
    stream.add_run(part.front(), part.size());
  });
  const std::size_t bytes = expect_kept(
      {each_length}, [](ZlibStream& stream, const Bytes& part) { stream.add_runs(part); });
  // At most 9 bits for a literal; 18 for a match, and as many again for what the first leaves.
  EXPECT_LT(bytes, 800 * (9 + 4 * 18) / 8);
  expect_kept({Bytes(10'000'000, 255)}, [](ZlibStream& stream, const Bytes& part) {
    stream.add_run(part.front(), part.size());
  });
}

TEST(ZlibStream, FewValuesTakeFewBits) {
  constexpr std::size_t kCount = 10001;
  constexpr double kHeader = 120;
  for (std::uint32_t kinds = 1; kinds <= ZlibStream::kFewValues; ++kinds) {
    for (const std::uint32_t least : {0U, 9U, 143U, 256 - kinds}) {
      const auto add = [&](ZlibStream& stream, const Bytes& part) {
        ByteRange range;
        range.add(part);
        EXPECT_EQ(range.count(), kinds);
        stream.add_few_values(part, range);
      };
      const Bytes bytes = some_bytes(kCount, kinds, 1, 0, least);
      const double bits = kinds < 4 ? 2 : kinds < 8 ? 3 : 4;
      EXPECT_LT(static_cast<double>(expect_kept({bytes, bytes}, add)),
                2 * (kCount * bits / 8 + kHeader));
    }
  }
}

TEST(ZlibStream, FillsToAPowerOfTwo) {
  for (std::size_t count = 0; count < 300; ++count) {
    const std::size_t bytes =
        expect_kept({some_bytes(count, 256, 1, 0)}, [](ZlibStream& stream, const Bytes& part) {
          stream.add_stored(part);
          stream.fill_to_power_of_two();
        });
    EXPECT_TRUE(std::has_single_bit(bytes)) << bytes;
    EXPECT_LE(bytes, 2 * (count + 50));
  }
}

TEST(Adler32, IsThatOfZlib) {
  EXPECT_EQ(adler32_of(12345, {}), 12345U);
  for (const std::size_t count : {1, 15, 16, 17, 1000, 65535, 65536, 65537, 1000000}) {
    const Bytes noise = some_bytes(count, 256, 1, 0);
    const Bytes largest(count, 255);
    for (const std::uint32_t before : {1U, 0xFFF0FFF0U, 12345U}) {
      for (const Bytes& bytes : {noise, largest}) {
        EXPECT_EQ(adler32_of(before, bytes), adler32_z(before, bytes.data(), bytes.size()));
      }
    }
  }
}

}  // namespace
}  // namespace apical
