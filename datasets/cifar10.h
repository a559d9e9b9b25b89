#pragma once

#include <filesystem>
#include <span>

#include "datasets/image_set.h"

namespace apical {

// The binary version of CIFAR-10: a file is a row of records of 3,073 bytes, one for the label in
// [0, 10) and 1,024 each for red, green and blue, row by row. There is no header. A published file
// holds 10,000 records; fewer are fine, as long as the last one is whole. Files may be plain or
// gzip.

// The images of all files, in their order, with channels innermost. Throws DataError: kMissing,
// kUnreadable, kTruncated (ends within a record, or is empty), kTrailingBytes (more than 10,000
// records), kLabelOutOfRange.
ImageSet read_cifar10(std::span<const std::filesystem::path> files);

}  // namespace apical
