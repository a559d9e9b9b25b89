#include "datasets/idx.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "datasets/data_error.h"
#include "datasets/image_set.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/idx_files.h"

namespace apical {
namespace {

using testing_data::Bytes;
using testing_data::expect_data_error;
using testing_data::idx;
using testing_data::idx_images;
using testing_data::idx_labels;
using testing_data::read_raw;
using testing_data::write_gzip;
using testing_data::write_plain;

Bytes counted(std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

class Idx : public testing::Test {
 protected:
  std::filesystem::path plain(const std::string& name, const Bytes& bytes) const {
    write_plain(folder_ / name, bytes);
    return folder_ / name;
  }
  std::filesystem::path compressed(const std::string& name, const Bytes& bytes) const {
    write_gzip(folder_ / name, bytes);
    return folder_ / name;
  }

  const std::filesystem::path folder_ = testing_data::fresh_folder("idx");
};

TEST_F(Idx, ImagesComeAsTheyWereWritten) {
  const IdxImages images = read_idx_images(plain("images", idx_images(3, 2, 5, counted(30))));
  EXPECT_EQ(images.rows, 2);
  EXPECT_EQ(images.columns, 5);
  EXPECT_EQ(images.pixels, counted(30));
}

TEST_F(Idx, LabelsComeAsTheyWereWritten) {
  const Bytes labels = {9, 0, 5, 5};
  EXPECT_EQ(read_idx_labels(plain("labels", idx_labels(labels)), 10), labels);
}

TEST_F(Idx, CompressionIsRecognisedByContentAndNotByName) {
  const Bytes content = idx_images(3, 2, 5, counted(30));
  EXPECT_EQ(read_idx_images(compressed("images.gz", content)).pixels, counted(30));
  EXPECT_EQ(read_idx_images(compressed("images", content)).pixels, counted(30));
  EXPECT_EQ(read_idx_images(plain("plain.gz", content)).pixels, counted(30));
}

TEST_F(Idx, FilesMayBeLargerThanAnyBuffer) {
  const Bytes pixels = counted(3000 * 28 * 28);
  const IdxImages images = read_idx_images(compressed("images", idx_images(3000, 28, 28, pixels)));
  EXPECT_EQ(images.pixels, pixels);
}

TEST_F(Idx, ImagesAndLabelsMakeASet) {
  const ImageSet set = read_idx(plain("images", idx_images(3, 2, 2, counted(12))),
                                compressed("labels", idx_labels({2, 0, 1})), 3);
  ASSERT_EQ(set.size(), 3u);
  EXPECT_EQ(set.image_size(), 4u);
  EXPECT_EQ(set.classes, 3);
  EXPECT_EQ(set.channels, 1);
  const auto second = set.image(1);
  EXPECT_EQ(Bytes(second.begin(), second.end()), (Bytes{5, 6, 7, 8}));
  EXPECT_EQ(set.labels, (Bytes{2, 0, 1}));
}

TEST_F(Idx, MissingFile) {
  const auto path = folder_ / "none";
  expect_data_error(DataErrorKind::kMissing, path, "No such file", [&] { read_idx_images(path); });
  const auto below_a_file = plain("file", {}) / "images";
  expect_data_error(DataErrorKind::kMissing, below_a_file, "Not a directory",
                    [&] { read_idx_labels(below_a_file, 10); });
}

TEST_F(Idx, FolderInPlaceOfAFile) {
  expect_data_error(DataErrorKind::kUnreadable, folder_, "Is a directory",
                    [&] { read_idx_images(folder_); });
}

TEST_F(Idx, EveryTruncationOfAFileIsNoticed) {
  const Bytes whole = idx_images(3, 2, 5, counted(30));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto path =
        plain("images", Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
    expect_data_error(DataErrorKind::kTruncated, path,
                      size < 16 ? "ends after " + std::to_string(size) + " bytes"
                                : "ends after " + std::to_string((size - 16) / 10) + " of the 3",
                      [&] { read_idx_images(path); });
  }
}

TEST_F(Idx, EveryTruncationOfACompressedFileIsNoticed) {
  const Bytes whole = read_raw(compressed("whole", idx_labels({1, 2, 3, 4, 5, 6, 7, 8, 9})));
  // Less than the two bytes that mark a gzip file is a short plain file.
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto path =
        plain("labels", Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
    expect_data_error(DataErrorKind::kTruncated, path,
                      size < 2 ? "ends after" : "the compressed data end early",
                      [&] { read_idx_labels(path, 10); });
  }
}

TEST_F(Idx, EveryFlippedByteOfCompressedDataIsNoticed) {
  const Bytes whole = read_raw(compressed("whole", idx_labels(Bytes(100, 7))));
  // After the gzip header of ten bytes; what a flip does to the header is its own business.
  for (std::size_t at = 10; at < whole.size(); ++at) {
    Bytes corrupt = whole;
    corrupt[at] ^= 0x55;
    EXPECT_THROW(read_idx_labels(plain("labels", corrupt), 10), DataError) << "byte " << at;
  }
}

TEST_F(Idx, CorruptChecksum) {
  Bytes corrupt = read_raw(compressed("whole", idx_images(3, 2, 5, counted(30))));
  corrupt[corrupt.size() - 8] ^= 1;
  const auto path = plain("images.gz", corrupt);
  expect_data_error(DataErrorKind::kUnreadable, path, "incorrect data check",
                    [&] { read_idx_images(path); });
}

TEST_F(Idx, WrongMagicNumber) {
  const auto path = plain("images", idx({0x12345678, 1, 1, 1}, {0}));
  expect_data_error(DataErrorKind::kWrongMagic, path,
                    "0x12345678; IDX images start with 0x00000803", [&] { read_idx_images(path); });
  const auto text = plain("text", {'<', 'h', 't', 'm', 'l', '>'});
  expect_data_error(DataErrorKind::kWrongMagic, text, "0x3c68746d",
                    [&] { read_idx_labels(text, 10); });
}

TEST_F(Idx, ExchangedImagesAndLabelsAreCalledSo) {
  const auto images = plain("images", idx_images(1, 1, 1, {0}));
  const auto labels = plain("labels", idx_labels({0}));
  expect_data_error(DataErrorKind::kWrongMagic, labels, "as IDX labels do",
                    [&] { read_idx(labels, images, 10); });
  expect_data_error(DataErrorKind::kWrongMagic, images, "as IDX images do",
                    [&] { read_idx_labels(images, 10); });
}

TEST_F(Idx, SizesThatCannotBeMeant) {
  const struct {
    std::vector<std::uint32_t> header;
    std::string wrong;
  } cases[] = {
      {{0x803, 0, 28, 28}, "0 images"},
      {{0x803, 1, 0, 28}, "0 rows"},
      {{0x803, 1, 28, 0}, "0 columns"},
      {{0x803, 1, 4097, 1}, "4097 rows"},
      {{0x803, 1, 1, 0xffffffff}, "4294967295 columns"},
  };
  for (const auto& bad : cases) {
    const auto path = plain("images", idx(bad.header, {1}));
    expect_data_error(DataErrorKind::kBadSize, path, bad.wrong, [&] { read_idx_images(path); });
  }
  const auto labels = plain("labels", idx_labels({}));
  expect_data_error(DataErrorKind::kBadSize, labels, "0 labels",
                    [&] { read_idx_labels(labels, 10); });
}

TEST_F(Idx, MemoryIsTakenOnlyForBytesThatAreThere) {
  // 64 PiB of pixels, claimed by a file of 20 bytes.
  const auto path = plain("images", idx({0x803, 0xffffffff, 4096, 4096}, {1, 2, 3, 4}));
  expect_data_error(DataErrorKind::kTruncated, path, "0 of the 4294967295 images",
                    [&] { read_idx_images(path); });
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 1 << 20);  // KiB
}

TEST_F(Idx, TrailingBytes) {
  const auto images = plain("images", idx_images(3, 2, 5, counted(31)));
  expect_data_error(DataErrorKind::kTrailingBytes, images, "after the 3 images",
                    [&] { read_idx_images(images); });
  const auto labels = compressed("labels", idx({0x801, 2}, {1, 2, 3}));
  expect_data_error(DataErrorKind::kTrailingBytes, labels, "after the 2 labels",
                    [&] { read_idx_labels(labels, 10); });
}

TEST_F(Idx, AsManyLabelsAsImages) {
  const auto images = plain("images", idx_images(3, 2, 2, counted(12)));
  const auto labels = plain("labels", idx_labels({1, 2}));
  expect_data_error(DataErrorKind::kMismatchedCount, labels,
                    "2 labels; there are 3 images in " + images.native(),
                    [&] { read_idx(images, labels, 10); });
}

TEST_F(Idx, LabelsAreClasses) {
  const auto path = plain("labels", idx_labels({9, 3, 10, 200}));
  expect_data_error(DataErrorKind::kLabelOutOfRange, path, "label 10 of image 2; labels are 0 to 9",
                    [&] { read_idx_labels(path, 10); });
  EXPECT_EQ(read_idx_labels(path, 256).size(), 4u);
}

}  // namespace
}  // namespace apical
