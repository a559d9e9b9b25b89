#include "datasets/cifar10.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "datasets/data_error.h"
#include "datasets/gzip_file.h"

namespace apical {
namespace {

constexpr int kSide = 32;
constexpr int kChannels = 3;
constexpr int kClasses = 10;
constexpr std::size_t kPlane = std::size_t{kSide} * kSide;
constexpr std::size_t kRecordBytes = 1 + kChannels * kPlane;
constexpr std::size_t kMostRecords = 10000;

using Record = std::array<std::uint8_t, kRecordBytes>;

// False at the end of the file.
bool read_record(GzipFile& file, std::size_t number, Record& record) {
  const std::size_t count = file.read(record);
  if (count == kRecordBytes) return true;
  if (count == 0 && number > 0) return false;
  throw DataError(
      DataErrorKind::kTruncated, file.path(),
      number == 0 && count == 0
          ? "is empty"
          : fmt::format("ends after {} of the {} bytes of record {}", count, kRecordBytes, number),
      fmt::format("CIFAR-10's binary files are whole records of {} bytes, {} in a published file",
                  kRecordBytes, kMostRecords));
}

void append(const Record& record, const GzipFile& file, std::size_t number, ImageSet& set) {
  if (record[0] >= kClasses) {
    throw DataError(DataErrorKind::kLabelOutOfRange, file.path(),
                    fmt::format("label {} of record {}", int{record[0]}, number),
                    fmt::format("labels are 0 to {}", kClasses - 1));
  }
  set.labels.push_back(record[0]);
  for (std::size_t pixel = 0; pixel < kPlane; ++pixel) {
    for (std::size_t c = 0; c < kChannels; ++c) {
      set.pixels.push_back(record[1 + c * kPlane + pixel]);
    }
  }
}

void append_file(const std::filesystem::path& path, ImageSet& set) {
  GzipFile file(path);
  Record record = {};
  for (std::size_t number = 0; read_record(file, number, record); ++number) {
    if (number == kMostRecords) {
      throw DataError(DataErrorKind::kTrailingBytes, path,
                      fmt::format("goes on after {} records", kMostRecords),
                      fmt::format("it would take {} bytes", kMostRecords * kRecordBytes));
    }
    append(record, file, number, set);
  }
}

}  // namespace

ImageSet read_cifar10(std::span<const std::filesystem::path> files) {
  ImageSet set{.rows = kSide,
               .columns = kSide,
               .channels = kChannels,
               .classes = kClasses,
               .pixels = {},
               .labels = {}};
  for (const std::filesystem::path& path : files) append_file(path, set);
  set.pixels.shrink_to_fit();
  return set;
}

}  // namespace apical
