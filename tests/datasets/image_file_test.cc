#include "datasets/image_file.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>

#include "datasets/data_error.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/image_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing_data::Bytes;
using testing_data::expect_data_error;
using testing_data::jpeg_bytes;
using testing_data::JpegKind;
using testing_data::plain_colour;
using testing_data::png_bytes;
using testing_data::slopes;
using testing_data::write_plain;

// Of a value in a buffer.
constexpr std::size_t at(int index) { return static_cast<std::size_t>(index); }

class ImageFile : public testing::Test {
 protected:
  fs::path written(const Bytes& bytes) const {
    write_plain(path_, bytes);
    return path_;
  }

  void expect_error(DataErrorKind kind, const std::string& wrong, const Bytes& bytes) const {
    expect_data_error(kind, written(bytes), wrong, [&] { read_image(path_); });
  }

  static void expect_colour(const RgbImage& image, const std::array<int, 3>& colour,
                            int tolerance) {
    ASSERT_EQ(image.pixels.size(), image.row_values() * static_cast<std::size_t>(image.height));
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      ASSERT_NEAR(image.pixels[i], colour[i % 3], tolerance) << "value " << i;
    }
  }

  const fs::path path_ = testing_data::fresh_folder("image_file") / "image.JPEG";
};

TEST_F(ImageFile, ColourJpegComesAsItWasWritten) {
  for (const bool progressive : {false, true}) {
    const RgbImage image = read_image(
        written(jpeg_bytes(70, 45, slopes, {.progressive = progressive, .quality = 100})));
    ASSERT_EQ(image.width, 70);
    ASSERT_EQ(image.height, 45);
    EXPECT_EQ(image.scale, 1);
    for (int y = 0; y < 45; ++y) {
      for (int x = 0; x < 70; ++x) {
        for (int c = 0; c < 3; ++c) {
          EXPECT_NEAR(image.pixels[at((y * 70 + x) * 3 + c)], slopes(x, y, c), 4);
        }
      }
    }
  }
}

TEST_F(ImageFile, GreyJpegIsRepeatedInEveryChannel) {
  const RgbImage image = read_image(written(
      jpeg_bytes(33, 20, slopes, {.in = JCS_GRAYSCALE, .file = JCS_GRAYSCALE, .quality = 100})));
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 33; ++x) {
      const std::size_t here = at((y * 33 + x) * 3);
      EXPECT_NEAR(image.pixels[here], slopes(x, y, 0), 2);
      EXPECT_EQ(image.pixels[here], image.pixels[here + 1]);
      EXPECT_EQ(image.pixels[here], image.pixels[here + 2]);
    }
  }
}

// Ink of 0.2, 0.6 and 1 under a black of 0.5: what is left is (1 - ink) * (1 - black).
TEST_F(ImageFile, InksAreMultiplied) {
  const std::array<int, 3> colour = {102, 51, 0};
  // As they are.
  expect_colour(read_image(written(jpeg_bytes(24, 17, plain_colour({51, 153, 255, 128}),
                                              {.in = JCS_CMYK, .file = JCS_CMYK}))),
                colour, 2);
  // Inverted, as Adobe's are.
  expect_colour(read_image(written(jpeg_bytes(24, 17, plain_colour({204, 102, 0, 127}),
                                              {.in = JCS_CMYK, .file = JCS_CMYK, .adobe = true}))),
                colour, 2);
  expect_colour(read_image(written(jpeg_bytes(24, 17, plain_colour({204, 102, 0, 127}),
                                              {.in = JCS_CMYK, .file = JCS_YCCK, .adobe = true}))),
                colour, 3);
}

TEST_F(ImageFile, PngIsToldByItsContent) {
  const RgbImage image = read_image(written(png_bytes(31, 9, slopes)));
  ASSERT_EQ(image.width, 31);
  ASSERT_EQ(image.height, 9);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 31; ++x) {
      for (int c = 0; c < 3; ++c) {
        EXPECT_EQ(image.pixels[at((y * 31 + x) * 3 + c)], slopes(x, y, c));
      }
    }
  }
  expect_colour(read_image(written(png_bytes(8, 8, plain_colour({9, 9, 9, 0}), true))),
                {255, 255, 255}, 0);
  expect_colour(read_image(written(png_bytes(8, 8, plain_colour({9, 8, 7, 255}), true))), {9, 8, 7},
                0);
}

TEST_F(ImageFile, LargeJpegIsDecodedNearTheWantedSize) {
  written(jpeg_bytes(200, 130, slopes));
  const struct {
    int shorter_side;
    double scale;
    int width;
    int height;
  } cases[] = {{0, 1, 200, 130},   {131, 1, 200, 130}, {66, 1, 200, 130},   {65, 0.5, 100, 65},
               {33, 0.5, 100, 65}, {32, 0.25, 50, 33}, {16, 0.125, 25, 17}, {1, 0.125, 25, 17}};
  for (const auto& wanted : cases) {
    const RgbImage image = read_image(path_, wanted.shorter_side);
    EXPECT_EQ(image.scale, wanted.scale) << wanted.shorter_side;
    EXPECT_EQ(image.width, wanted.width);
    EXPECT_EQ(image.height, wanted.height);
    EXPECT_EQ(image.full_width, 200);
    EXPECT_EQ(image.full_height, 130);
    // The middle of pixel x is at (x + 0.5) / scale - 0.5 of the full image's.
    const int x = image.width / 2;
    const int y = image.height / 3;
    const std::size_t here =
        image.row_values() * static_cast<std::size_t>(y) + 3 * static_cast<std::size_t>(x);
    EXPECT_NEAR(image.pixels[here], 20 + (x + 0.5) / image.scale - 0.5, 3);
    EXPECT_NEAR(image.pixels[here + 1], 20 + (y + 0.5) / image.scale - 0.5, 3);
  }
}

TEST_F(ImageFile, EveryTruncationIsNoticed) {
  for (const bool progressive : {false, true}) {
    const Bytes whole = jpeg_bytes(40, 30, slopes, {.progressive = progressive});
    for (std::size_t size = 3; size < whole.size(); ++size) {
      expect_data_error(DataErrorKind::kTruncated, path_,
                        "the JPEG image ends early, after " + std::to_string(size) + " bytes",
                        [&] { decode_jpeg(path_, std::span(whole).first(size), 0); });
    }
  }
  const Bytes png = png_bytes(40, 30, slopes);
  // The last 12 bytes but mark the end, the four before are a checksum.
  for (std::size_t size = 8; size < png.size() - 16; ++size) {
    EXPECT_THROW(decode_png(path_, std::span(png).first(size)), DataError) << size;
  }
  expect_error(DataErrorKind::kTruncated, "the PNG image ends early",
               Bytes(png.begin(), png.begin() + static_cast<long>(png.size() / 2)));
}

TEST_F(ImageFile, EmptyFile) { expect_error(DataErrorKind::kTruncated, "is empty", {}); }

TEST_F(ImageFile, NoImage) {
  expect_error(DataErrorKind::kWrongMagic, "starts with 0x3c68746d; images are JPEG",
               {'<', 'h', 't', 'm', 'l', '>'});
  expect_error(DataErrorKind::kWrongMagic, "starts with 0x00", {0});
  expect_error(DataErrorKind::kWrongMagic, "starts with 0x47494638",
               {'G', 'I', 'F', '8', '9', 'a'});
}

TEST_F(ImageFile, MissingFileAndFolderInItsPlace) {
  expect_data_error(DataErrorKind::kMissing, path_, "No such file", [&] { read_image(path_); });
  fs::create_directory(path_);
  expect_data_error(DataErrorKind::kUnreadable, path_, "Is a directory",
                    [&] { read_image(path_); });
}

// What a flip of bits in a header or in the data does is libjpeg's business; it may not crash, and
// what is thrown names the file.
TEST_F(ImageFile, CorruptBytesNeverDoMoreThanThrow) {
  for (const bool progressive : {false, true}) {
    const Bytes whole = jpeg_bytes(24, 24, slopes, {.progressive = progressive});
    int errors = 0;
    for (std::size_t here = 2; here < whole.size(); ++here) {
      Bytes corrupt = whole;
      corrupt[here] ^= 0x55;
      try {
        decode_jpeg(path_, corrupt, 0);
      } catch (const DataError& error) {
        EXPECT_EQ(error.path(), path_);
        ++errors;
      }
    }
    EXPECT_GT(errors, 20);
  }
}

TEST_F(ImageFile, ARestartMarkerThatIsLostIsDamage) {
  Bytes whole = jpeg_bytes(64, 64, [](int x, int y, int c) { return (x * y * (c + 1)) & 255; });
  // 0xff within the data, without the 0 that would make it a value, is a marker.
  for (std::size_t here = whole.size() - 40; here < whole.size() - 30; ++here) whole[here] = 0xff;
  whole[whole.size() - 30] = 0xd9;
  written(whole);
  EXPECT_THROW(read_image(path_), DataError);
}

TEST_F(ImageFile, BytesAfterTheEndDoNoHarm) {
  Bytes bytes = jpeg_bytes(24, 24, slopes);
  bytes.insert(bytes.end(), 100, 7);
  EXPECT_EQ(read_image(written(bytes)).width, 24);
}

TEST_F(ImageFile, MemoryIsNotTakenForSizesThatCannotBeMeant) {
  Bytes bytes = jpeg_bytes(24, 24, slopes);
  // Height and width are five bytes after the start-of-frame marker.
  for (std::size_t here = 0; here + 8 < bytes.size(); ++here) {
    if (bytes[here] == 0xff && bytes[here + 1] == 0xc0) {
      for (std::size_t i = 5; i < 9; ++i) bytes[here + i] = 0xf0;
    }
  }
  expect_error(DataErrorKind::kBadSize, "announces 61680 by 61680 pixels", bytes);
}

}  // namespace
}  // namespace apical
