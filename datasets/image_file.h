#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "datasets/rgb_image.h"

namespace apical {

// Images as ImageNet has them: files of JPEG, of which one is a PNG by mistake and some are grey or
// CMYK. What a file is, is told by its first bytes, never by its name. All come out as RGB.
//
// - Grey JPEG: red, green and blue are that grey. CMYK and YCCK JPEG: red is cyan * black / 255 of
//   the stored values if the file has Adobe's marker, as Adobe stores them inverted, and otherwise
//   of their complements; green and blue likewise.
// - PNG of any kind becomes 8-bit RGB; what is transparent shows white.
// - Colour profiles and the orientation of EXIF are ignored, as is usual with ImageNet.
//
// A JPEG file that ends early or has corrupt data is an error, although libjpeg would go on with
// grey in place of what is lost. Mere oddities (bytes too many between segments, unknown versions)
// are not.

// The largest number of pixels; ImageNet's largest image has half as many.
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 27;

// A JPEG that is larger than wanted is decoded at the smallest of 1/8, 1/4, 1/2 and 1 times its
// size (libjpeg's scaled inverse DCT) whose shorter side is still `shorter_side` pixels at least;
// 0 stands for its full size. A PNG always has its full size.
// Throws DataError: kMissing, kUnreadable (corrupt, or of a kind that nobody decodes), kTruncated
// (ends early, or is empty), kWrongMagic (neither JPEG nor PNG), kBadSize (more pixels than
// kMostPixels).
RgbImage read_image(const std::filesystem::path& path, int shorter_side = 0);

// The two formats, from a file's bytes; `path` is for errors.
RgbImage decode_jpeg(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                     int shorter_side);
RgbImage decode_png(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

// Throws DataError kBadSize unless the image may be decoded.
void check_pixels(const std::filesystem::path& path, std::int64_t width, std::int64_t height);

}  // namespace apical
