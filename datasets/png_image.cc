#include <png.h>

#include <string>

#include "datasets/data_error.h"
#include "datasets/image_file.h"

namespace apical {
namespace {

// libpng's simplified reader, released whatever happens.
struct PngReader {
  PngReader() { image.version = PNG_IMAGE_VERSION; }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_image_free(&image); }

  png_image image = {};
};

// libpng has no code for an early end, only words.
[[noreturn]] void throw_bad(const std::filesystem::path& path, const png_image& image) {
  const std::string reason = image.message;
  const bool truncated = reason.find("read beyond end of data") != std::string::npos ||
                         reason.find("Not enough image data") != std::string::npos;
  throw DataError(truncated ? DataErrorKind::kTruncated : DataErrorKind::kUnreadable, path,
                  truncated ? "the PNG image ends early" : "cannot be decoded as PNG: " + reason,
                  "fetch or copy the file again");
}

}  // namespace

RgbImage decode_png(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  PngReader reader;
  png_image& png = reader.image;
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    throw_bad(path, png);
  }
  check_pixels(path, png.width, png.height);
  png.format = PNG_FORMAT_RGB;
  RgbImage image{.width = static_cast<int>(png.width),
                 .height = static_cast<int>(png.height),
                 .full_width = static_cast<int>(png.width),
                 .full_height = static_cast<int>(png.height),
                 .scale = 1,
                 .pixels = {}};
  image.pixels.resize(PNG_IMAGE_SIZE(png));
  const png_color white = {255, 255, 255};
  if (png_image_finish_read(&png, &white, image.pixels.data(), 0, nullptr) == 0) {
    throw_bad(path, png);
  }
  return image;
}

}  // namespace apical
