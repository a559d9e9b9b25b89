#include "datasets/image_folder_examples.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "datasets/data_error.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/image_files.h"

namespace apical {
namespace {

using testing_data::jpeg_bytes;
using testing_data::plain_colour;
using testing_data::png_bytes;
using testing_data::write_plain;

// Of a value in a buffer.
constexpr std::size_t at(int index) { return static_cast<std::size_t>(index); }

constexpr RandomBits kLowerRight = {~0U, ~0U, 0, 0};
constexpr RandomBits kLowerRightFlipped = {~0U, ~0U, ~0U, 0};

class ImageFolderExamplesTest : public testing::Test {
 protected:
  void put(const std::string& name, const testing_data::Bytes& bytes) {
    write_plain(folder_ / name, bytes);
    images_.add(name, 0);
  }

  // Values of one channel, in [0, 1] unless they are normalized.
  std::vector<float> read(const ImageFolderExamples::Options& options, const RandomBits* bits,
                          std::size_t index = 0) const {
    const ImageFolderExamples examples(images_, 1, options);
    std::vector<float> values(examples.shape().values());
    examples.read(index, bits, values);
    return values;
  }

  static ImageFolderExamples::Options plain(int shorter_side, int side) {
    return {.shorter_side = shorter_side,
            .side = side,
            .normalization = {},
            .crops = true,
            .flips = true};
  }

  const std::filesystem::path folder_ = testing_data::fresh_folder("image_folder_examples");
  ImageFolder images_{folder_};
};

// A PNG is exact, and is not resampled when its shorter side is the one asked for.
TEST_F(ImageFolderExamplesTest, CropsAreWhereTheBitsSay) {
  put("a.png", png_bytes(30, 20, [](int x, int y, int c) { return c == 0 ? x : c == 1 ? y : 7; }));
  const struct {
    const RandomBits* bits;
    int x;
    int y;
    bool flipped;
  } cases[] = {
      {nullptr, 7, 2, false}, {&kLowerRight, 14, 4, false}, {&kLowerRightFlipped, 14, 4, true}};
  for (const auto& wanted : cases) {
    const std::vector<float> values = read(plain(20, 16), wanted.bits);
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < 16; ++x) {
        const std::size_t here = at(3 * (16 * y + x));
        EXPECT_FLOAT_EQ(values[here] * 255,
                        static_cast<float>(wanted.x + (wanted.flipped ? 15 - x : x)));
        EXPECT_FLOAT_EQ(values[here + 1] * 255, static_cast<float>(wanted.y + y));
        EXPECT_FLOAT_EQ(values[here + 2] * 255, 7);
      }
    }
  }
}

TEST_F(ImageFolderExamplesTest, CropsAndFlipsCanBeSwitchedOff) {
  put("a.png", png_bytes(30, 20, [](int x, int y, int) { return 3 * x + y; }));
  ImageFolderExamples::Options fixed = plain(20, 16);
  fixed.crops = false;
  fixed.flips = false;
  EXPECT_EQ(read(fixed, &kLowerRightFlipped), read(fixed, nullptr));
}

// Decoded at a part of its size and resampled, a JPEG ramp is the full one at new places.
TEST_F(ImageFolderExamplesTest, AJpegKeepsItsRamp) {
  put("a.JPEG", jpeg_bytes(230, 170, testing_data::slopes, {.quality = 98}));
  for (const int shorter_side : {170, 100, 85, 60, 21, 340}) {
    const int side = 20;
    const double step = 170.0 / shorter_side;
    const int width = (230 * shorter_side * 2 + 170) / 340;
    const std::vector<float> values = read(plain(shorter_side, side), nullptr);
    for (int k = 2; k < side - 2; ++k) {
      const std::size_t here = at(3 * (side * k + k));
      const int left = (width - side) / 2;
      const int top = (shorter_side - side) / 2;
      const double x = (k + left + 0.5) * 230 / width - 0.5;
      const double y = (k + top + 0.5) * step - 0.5;
      EXPECT_NEAR(values[here] * 255, 20 + x, 2.5) << shorter_side;
      EXPECT_NEAR(values[here + 1] * 255, 20 + y, 2.5) << shorter_side;
    }
  }
}

TEST_F(ImageFolderExamplesTest, EveryKindOfImageHasTheShapeAndColourItShould) {
  const std::array<int, 3> colour = {102, 51, 0};
  put("rgb.JPEG", jpeg_bytes(300, 270, plain_colour({102, 51, 0})));
  put("png.JPEG", png_bytes(300, 270, plain_colour({102, 51, 0})));
  put("cmyk.JPEG", jpeg_bytes(300, 270, plain_colour({204, 102, 0, 127}),
                              {.in = JCS_CMYK, .file = JCS_YCCK, .adobe = true}));
  put("small.JPEG", jpeg_bytes(3, 2, plain_colour({102, 51, 0})));
  put("thin.JPEG", jpeg_bytes(1, 900, plain_colour({102, 51, 0})));
  put("large.JPEG", jpeg_bytes(2100, 2050, plain_colour({102, 51, 0})));
  for (std::size_t i = 0; i < images_.size(); ++i) {
    for (const RandomBits* bits : {static_cast<const RandomBits*>(nullptr), &kLowerRightFlipped}) {
      const std::vector<float> values = read(
          {.shorter_side = 256, .side = 224, .normalization = {}, .crops = true, .flips = true},
          bits, i);
      ASSERT_EQ(values.size(), 224u * 224 * 3);
      for (std::size_t v = 0; v < values.size(); ++v) {
        ASSERT_NEAR(values[v] * 255, colour[v % 3], 3) << images_.path(i);
      }
    }
  }
}

TEST_F(ImageFolderExamplesTest, BadFilesAreNamed) {
  put("empty.JPEG", {});
  put("text.JPEG", {'h', 'e', 'l', 'l', 'o'});
  testing_data::Bytes part = jpeg_bytes(64, 64, testing_data::slopes);
  part.resize(part.size() / 2);
  put("part.JPEG", part);
  const DataErrorKind kinds[] = {DataErrorKind::kTruncated, DataErrorKind::kWrongMagic,
                                 DataErrorKind::kTruncated};
  for (std::size_t i = 0; i < 3; ++i) {
    testing_data::expect_data_error(kinds[i], images_.path(i), "",
                                    [&] { read(plain(32, 32), nullptr, i); });
  }
}

TEST_F(ImageFolderExamplesTest, SidesMustFit) {
  EXPECT_THROW(ImageFolderExamples(images_, 1, plain(224, 256)), std::invalid_argument);
  EXPECT_THROW(ImageFolderExamples(images_, 1, plain(224, 0)), std::invalid_argument);
}

}  // namespace
}  // namespace apical
