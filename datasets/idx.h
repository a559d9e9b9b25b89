#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/image_set.h"

namespace apical {

// IDX, the format of MNIST: a big-endian header (a magic number, then each dimension), then one
// byte a value. Files may be plain or gzip. Memory is taken only for bytes that are there, whatever
// a header claims.

// Images of rows * columns grey values, in idx3-ubyte.
struct IdxImages {
  int rows = 0;
  int columns = 0;
  std::vector<std::uint8_t> pixels;  // image by image, row by row
};

// Throws DataError: kMissing, kUnreadable, kTruncated, kWrongMagic, kBadSize (no image, or sides
// that are not in [1, 4096]), kTrailingBytes.
IdxImages read_idx_images(const std::filesystem::path& path);

// Labels in [0, classes), in idx1-ubyte. Throws as read_idx_images does, and kLabelOutOfRange.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path, int classes);

// Images and their labels. Throws as both do, and kMismatchedCount.
ImageSet read_idx(const std::filesystem::path& images_path,
                  const std::filesystem::path& labels_path, int classes);

}  // namespace apical
