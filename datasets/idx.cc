#include "datasets/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "datasets/data_error.h"
#include "datasets/gzip_file.h"

namespace apical {
namespace {

constexpr std::uint32_t kImagesMagic = 0x00000803;
constexpr std::uint32_t kLabelsMagic = 0x00000801;
constexpr std::uint32_t kLargestSide = 4096;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

struct Format {
  std::uint32_t magic;
  std::string_view items;  // what a file of this format holds
};
constexpr Format kImages = {kImagesMagic, "images"};
constexpr Format kLabels = {kLabelsMagic, "labels"};

std::uint32_t big_endian(std::span<const std::uint8_t, 4> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

void check_magic(const GzipFile& file, const Format& format, std::uint32_t magic) {
  if (magic == format.magic) return;
  const Format& other = format.magic == kImagesMagic ? kLabels : kImages;
  throw DataError(
      DataErrorKind::kWrongMagic, file.path(),
      fmt::format("starts with 0x{:08x}{}", magic,
                  magic == other.magic ? fmt::format(", as IDX {} do", other.items) : ""),
      fmt::format("IDX {} start with 0x{:08x}", format.items, format.magic));
}

// The sizes of the kDimensions dimensions.
template <std::size_t kDimensions>
std::array<std::uint32_t, kDimensions> read_header(GzipFile& file, const Format& format) {
  std::array<std::uint8_t, 4 + 4 * kDimensions> header = {};
  const std::size_t count = file.read(header);
  const std::span<const std::uint8_t, 4 + 4 * kDimensions> bytes = header;
  // A short file of another kind is told its kind, not its length.
  if (count >= 4) check_magic(file, format, big_endian(bytes.template first<4>()));
  if (count < header.size()) {
    throw DataError(
        DataErrorKind::kTruncated, file.path(), fmt::format("ends after {} bytes", count),
        fmt::format("the header of IDX {} alone takes {}", format.items, header.size()));
  }
  std::array<std::uint32_t, kDimensions> sizes = {};
  for (std::size_t i = 0; i < kDimensions; ++i) {
    sizes[i] = big_endian(bytes.subspan(4 + 4 * i).template first<4>());
  }
  if (sizes[0] == 0) {
    throw DataError(DataErrorKind::kBadSize, file.path(),
                    fmt::format("its header announces 0 {}", format.items),
                    "there must be at least one");
  }
  return sizes;
}

void check_side(const GzipFile& file, std::string_view name, std::uint32_t size) {
  if (size >= 1 && size <= kLargestSide) return;
  throw DataError(DataErrorKind::kBadSize, file.path(),
                  fmt::format("its header announces images of {} {}", size, name),
                  fmt::format("1 to {} are possible", kLargestSide));
}

// `items` times `item_bytes` bytes, and then the end of the file.
std::vector<std::uint8_t> read_body(GzipFile& file, const Format& format, std::uint32_t items,
                                    std::size_t item_bytes) {
  const std::size_t expected = items * item_bytes;
  std::vector<std::uint8_t> body;
  while (body.size() < expected) {
    const std::size_t start = body.size();
    const std::size_t wanted = std::min(expected - start, kChunkBytes);
    body.resize(start + wanted);
    const std::size_t count = file.read(std::span(body).subspan(start));
    if (count < wanted) {
      throw DataError(
          DataErrorKind::kTruncated, file.path(),
          fmt::format("ends after {} of the {} {} that its header announces",
                      (start + count) / item_bytes, items, format.items),
          fmt::format("its values would take {} bytes, not {}", expected, start + count));
    }
  }
  std::array<std::uint8_t, 1> beyond = {};
  if (file.read(beyond) > 0) {
    throw DataError(
        DataErrorKind::kTrailingBytes, file.path(),
        fmt::format("goes on after the {} {} that its header announces", items, format.items),
        fmt::format("its values would take {} bytes", expected));
  }
  body.shrink_to_fit();
  return body;
}

}  // namespace

IdxImages read_idx_images(const std::filesystem::path& path) {
  GzipFile file(path);
  const auto [count, rows, columns] = read_header<3>(file, kImages);
  check_side(file, "rows", rows);
  check_side(file, "columns", columns);
  return {.rows = static_cast<int>(rows),
          .columns = static_cast<int>(columns),
          .pixels = read_body(file, kImages, count, std::size_t{rows} * columns)};
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path, int classes) {
  GzipFile file(path);
  const auto [count] = read_header<1>(file, kLabels);
  std::vector<std::uint8_t> labels = read_body(file, kLabels, count, 1);
  const auto wrong = std::ranges::find_if(labels, [&](int label) { return label >= classes; });
  if (wrong != labels.end()) {
    throw DataError(DataErrorKind::kLabelOutOfRange, path,
                    fmt::format("label {} of image {}", int{*wrong}, wrong - labels.begin()),
                    fmt::format("labels are 0 to {}", classes - 1));
  }
  return labels;
}

ImageSet read_idx(const std::filesystem::path& images_path,
                  const std::filesystem::path& labels_path, int classes) {
  IdxImages images = read_idx_images(images_path);
  ImageSet set{.rows = images.rows,
               .columns = images.columns,
               .channels = 1,
               .classes = classes,
               .pixels = std::move(images.pixels),
               .labels = read_idx_labels(labels_path, classes)};
  const std::size_t count = set.pixels.size() / set.image_size();
  if (count != set.size()) {
    throw DataError(DataErrorKind::kMismatchedCount, labels_path,
                    fmt::format("{} labels", set.size()),
                    fmt::format("there are {} images in {}", count, images_path.native()));
  }
  return set;
}

}  // namespace apical
