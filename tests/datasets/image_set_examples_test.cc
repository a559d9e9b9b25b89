#include "datasets/image_set_examples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace apical {
namespace {

// Of a value in a buffer.
constexpr std::size_t at(int index) { return static_cast<std::size_t>(index); }

// Every value tells its place: 1 + row * 40 + column * 8 + channel, none of them black.
ImageSet small_set() {
  ImageSet set{
      .rows = 4, .columns = 5, .channels = 2, .classes = 3, .pixels = {}, .labels = {2, 0}};
  for (int image = 0; image < 2; ++image) {
    for (int row = 0; row < 4; ++row) {
      for (int column = 0; column < 5; ++column) {
        for (int c = 0; c < 2; ++c) {
          set.pixels.push_back(
              static_cast<std::uint8_t>(1 + 40 * row + 8 * column + c + 2 * image));
        }
      }
    }
  }
  return set;
}

std::vector<float> read(const Examples& examples, std::size_t index, const RandomBits* bits) {
  std::vector<float> values(examples.shape().values());
  examples.read(index, bits, values);
  return values;
}

// Bits of which random_crop makes that crop out of a room of 2 * padding + 1 places.
RandomBits bits_for(int x, int y, bool flipped, int places) {
  const auto word = [places](int place) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(place) << 32) /
                                      static_cast<std::uint64_t>(places)) +
           1;
  };
  return {word(x), word(y), flipped ? 0x80000000U : 0x7fffffffU, 0};
}

TEST(Crops, AreUniformAndWithinTheRoom) {
  EXPECT_EQ(random_crop({0, 0, 0, 0}, 8, 3, true), (Crop{0, 0, false}));
  EXPECT_EQ(random_crop({~0U, ~0U, ~0U, 0}, 8, 3, true), (Crop{8, 3, true}));
  EXPECT_EQ(random_crop({~0U, ~0U, ~0U, 0}, 0, 0, false), (Crop{0, 0, false}));
  EXPECT_EQ(centre_crop(85, 0), (Crop{42, 0, false}));
  // Equally spaced words fall evenly on all places.
  std::vector<int> counts(9);
  for (std::uint32_t i = 0; i < 900; ++i) ++counts[at(scaled_to(i * 4772186U, 9))];
  for (const int count : counts) EXPECT_NEAR(count, 100, 1);
}

TEST(ImageSetExamples, PixelsAreScaledToOne) {
  const ImageSet set = small_set();
  const ImageSetExamples examples(set, {});
  EXPECT_EQ(examples.size(), 2u);
  EXPECT_EQ(examples.classes(), 3);
  EXPECT_EQ(examples.shape(), (ImageShape{4, 5, 2}));
  EXPECT_EQ(examples.label(0), 2);
  for (const std::size_t i : {0U, 1U}) {
    const std::vector<float> values = read(examples, i, nullptr);
    for (std::size_t v = 0; v < values.size(); ++v) {
      EXPECT_FLOAT_EQ(values[v], static_cast<float>(set.image(i)[v]) / 255.0F);
    }
  }
}

TEST(ImageSetExamples, EveryByteHasItsFraction) {
  ImageSet set{.rows = 1, .columns = 256, .channels = 1, .classes = 1, .pixels = {}, .labels = {0}};
  for (int byte = 0; byte < 256; ++byte) set.pixels.push_back(static_cast<std::uint8_t>(byte));
  const std::vector<float> values = read(ImageSetExamples(set, {}), 0, nullptr);
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(values[static_cast<std::size_t>(byte)], static_cast<float>(byte / 255.0)) << byte;
  }
}

TEST(ImageSetExamples, NormalizationIsOfTheChannel) {
  const ImageSet set = small_set();
  const ImageSetExamples examples(
      set, {.normalization = {.mean = {0.5, 0.25}, .sd = {0.5, 2}}, .padding = 0, .flips = false});
  const std::vector<float> values = read(examples, 1, nullptr);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const double pixel = set.image(1)[v] / 255.0;
    EXPECT_NEAR(values[v], v % 2 == 0 ? (pixel - 0.5) / 0.5 : (pixel - 0.25) / 2, 1e-6);
  }
  EXPECT_THROW(ImageSetExamples(set, {.normalization = {.mean = {1, 2, 3}, .sd = {}}}),
               std::invalid_argument);
  EXPECT_THROW(ImageSetExamples(set, {.normalization = {}, .padding = -1}), std::invalid_argument);
}

// Against the padded image, written out.
TEST(ImageSetExamples, CropsAreOfTheImageWithItsMeansAround) {
  constexpr int kPadding = 2;
  const ImageSet set = small_set();
  const Normalization shifted = {.mean = {0.5, 0.5}, .sd = {1, 1}};
  const ImageSetExamples examples(set,
                                  {.normalization = shifted, .padding = kPadding, .flips = true});
  const auto padded = [&](int y, int x, int c) {
    const bool inside = y >= kPadding && y < 4 + kPadding && x >= kPadding && x < 5 + kPadding;
    if (!inside) return 0.0;  // the mean, after the normalization
    return set.image(0)[at(((y - kPadding) * 5 + x - kPadding) * 2 + c)] / 255.0 - 0.5;
  };
  for (int y = 0; y <= 2 * kPadding; ++y) {
    for (int x = 0; x <= 2 * kPadding; ++x) {
      for (const bool flipped : {false, true}) {
        const RandomBits bits = bits_for(x, y, flipped, 2 * kPadding + 1);
        ASSERT_EQ(random_crop(bits, 2 * kPadding, 2 * kPadding, true), (Crop{x, y, flipped}));
        const std::vector<float> values = read(examples, 0, &bits);
        std::size_t v = 0;
        for (int row = 0; row < 4; ++row) {
          for (int column = 0; column < 5; ++column) {
            const int from = flipped ? 4 - column : column;
            for (int c = 0; c < 2; ++c) {
              ASSERT_NEAR(values[v++], padded(y + row, x + from, c), 1e-6);
            }
          }
        }
      }
    }
  }
}

TEST(ImageSetExamples, AFlipTwiceIsTheIdentity) {
  const ImageSet set = small_set();
  const RandomBits flip = {0, 0, ~0U, 0};
  ImageSet mirrored = set;
  const ImageSetExamples once(set, {.normalization = {}, .padding = 0, .flips = true});
  for (std::size_t i = 0; i < 2; ++i) {
    const std::vector<float> values = read(once, i, &flip);
    for (std::size_t v = 0; v < values.size(); ++v) {
      mirrored.pixels[i * values.size() + v] =
          static_cast<std::uint8_t>(std::lround(values[v] * 255));
    }
    EXPECT_NE(values, read(once, i, nullptr));
  }
  const ImageSetExamples twice(mirrored, {.normalization = {}, .padding = 0, .flips = true});
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read(twice, i, &flip), read(once, i, nullptr));
  }
}

TEST(ImageSetExamples, WithoutRandomBitsPaddingChangesNothing) {
  const ImageSet set = small_set();
  const ImageSetExamples plain(set, {});
  const ImageSetExamples padded(set, {.normalization = {}, .padding = 4, .flips = true});
  EXPECT_EQ(read(padded, 1, nullptr), read(plain, 1, nullptr));
}

}  // namespace
}  // namespace apical
