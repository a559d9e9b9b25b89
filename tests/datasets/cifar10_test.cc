#include "datasets/cifar10.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/data_error.h"
#include "tests/datasets/cifar10_files.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/idx_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing_data::append_record;
using testing_data::Bytes;
using testing_data::cifar10_value;
using testing_data::expect_data_error;
using testing_data::write_gzip;
using testing_data::write_plain;

class Cifar10 : public testing::Test {
 protected:
  fs::path written(const std::string& name, const Bytes& bytes) const {
    write_plain(folder_ / name, bytes);
    return folder_ / name;
  }

  void expect_error(DataErrorKind kind, const std::string& wrong, const Bytes& bytes) const {
    const std::vector<fs::path> paths = {written("bad.bin", bytes)};
    expect_data_error(kind, paths[0], wrong, [&] { read_cifar10(paths); });
  }

  const fs::path folder_ = testing_data::fresh_folder("cifar10");
};

TEST_F(Cifar10, PlanesBecomeInnermostChannels) {
  Bytes first;
  append_record(first, 7, 1);
  append_record(first, 0, 2);
  Bytes second;
  append_record(second, 9, 3);
  write_gzip(folder_ / "b.bin", second);
  const ImageSet set =
      read_cifar10(std::vector<fs::path>{written("a.bin", first), folder_ / "b.bin"});
  ASSERT_EQ(set.size(), 3u);
  EXPECT_EQ(set.labels, (Bytes{7, 0, 9}));
  EXPECT_EQ(set.rows, 32);
  EXPECT_EQ(set.columns, 32);
  EXPECT_EQ(set.channels, 3);
  EXPECT_EQ(set.classes, 10);
  for (int i = 0; i < 3; ++i) {
    const auto image = set.image(static_cast<std::size_t>(i));
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) {
        for (int c = 0; c < 3; ++c) {
          EXPECT_EQ(image[static_cast<std::size_t>((y * 32 + x) * 3 + c)],
                    cifar10_value(i + 1, x, y, c));
        }
      }
    }
  }
}

TEST_F(Cifar10, EveryCutWithinARecordIsNoticed) {
  Bytes whole;
  append_record(whole, 7, 1);
  append_record(whole, 8, 2);
  for (const std::size_t size : {1UL, 2UL, 1000UL, 3072UL, 3074UL, 6145UL}) {
    expect_error(DataErrorKind::kTruncated,
                 "ends after " + std::to_string(size % 3073) + " of the 3073 bytes of record " +
                     std::to_string(size / 3073),
                 Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
  }
  expect_error(DataErrorKind::kTruncated, "is empty", {});
}

TEST_F(Cifar10, LabelsAreClasses) {
  Bytes bytes;
  append_record(bytes, 9, 1);
  append_record(bytes, 10, 1);
  expect_error(DataErrorKind::kLabelOutOfRange, "label 10 of record 1; labels are 0 to 9", bytes);
}

TEST_F(Cifar10, NoFileHasMoreThanTenThousandRecords) {
  Bytes bytes(std::size_t{10000} * 3073);
  EXPECT_EQ(read_cifar10(std::vector<fs::path>{written("full.bin", bytes)}).size(), 10000u);
  append_record(bytes, 1, 1);
  expect_error(DataErrorKind::kTrailingBytes, "goes on after 10000 records", bytes);
}

TEST_F(Cifar10, MissingFileAndFolderInItsPlace) {
  const std::vector<fs::path> missing = {folder_ / "none.bin"};
  expect_data_error(DataErrorKind::kMissing, missing[0], "No such file",
                    [&] { read_cifar10(missing); });
  const std::vector<fs::path> folder = {folder_};
  expect_data_error(DataErrorKind::kUnreadable, folder_, "Is a directory",
                    [&] { read_cifar10(folder); });
}

}  // namespace
}  // namespace apical
