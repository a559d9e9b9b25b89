#include "datasets/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "datasets/data_error.h"
#include "datasets/whole_file.h"

namespace apical {
namespace {

constexpr std::array<std::uint8_t, 3> kJpegStart = {0xff, 0xd8, 0xff};
constexpr std::array<std::uint8_t, 8> kPngStart = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

// Whether the bytes start so, or end before they could.
bool may_start_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> start) {
  const std::size_t count = std::min(bytes.size(), start.size());
  return std::ranges::equal(bytes.first(count), start.first(count));
}

[[noreturn]] void throw_wrong_magic(const std::filesystem::path& path,
                                    std::span<const std::uint8_t> bytes) {
  std::string start;
  for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 4))) {
    start += fmt::format("{:02x}", byte);
  }
  throw DataError(DataErrorKind::kWrongMagic, path, fmt::format("starts with 0x{}", start),
                  "images are JPEG, which starts with 0xffd8ff, or PNG, with 0x89504e47");
}

}  // namespace

void check_pixels(const std::filesystem::path& path, std::int64_t width, std::int64_t height) {
  if (width >= 1 && height >= 1 && width * height <= kMostPixels) return;
  throw DataError(DataErrorKind::kBadSize, path,
                  fmt::format("its header announces {} by {} pixels", width, height),
                  fmt::format("1 to {} pixels are possible", kMostPixels));
}

RgbImage read_image(const std::filesystem::path& path, int shorter_side) {
  const std::vector<std::uint8_t> bytes = read_whole_file(path);
  if (bytes.empty()) {
    throw DataError(DataErrorKind::kTruncated, path, "is empty",
                    "it must be a JPEG or PNG image; fetch or copy the file again");
  }
  if (may_start_with(bytes, kPngStart)) return decode_png(path, bytes);
  if (may_start_with(bytes, kJpegStart)) return decode_jpeg(path, bytes, shorter_side);
  throw_wrong_magic(path, bytes);
}

}  // namespace apical
