#pragma once

#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace apical {

enum class DataErrorKind {
  kMissing,          // no such file, or no folder holds the data set
  kIncomplete,       // a folder holds some of a data set's files but not all
  kUnreadable,       // not permitted, a folder in place of a file, corrupt gzip, JPEG or PNG
  kTruncated,        // ends within its header, its body or its compressed stream
  kWrongMagic,       // does not start like a file of its format
  kBadSize,          // a count of zero, or an image too large to be meant
  kTrailingBytes,    // goes on after what its header announces
  kMismatchedCount,  // as many labels as images are needed
  kLabelOutOfRange,  // labels are in [0, classes)
  kUnknownClass,     // a folder or a label that is no class of the data set
  kWrongShape,       // images of another size than the data set's
  kWrongDataSet,     // the files of another known data set, under the same names
  kTooLarge,         // wanted in memory, where it does not fit
};

// Data that cannot be used. what() is one line, `PATH: what is wrong; what would be right`.
class DataError : public std::runtime_error {
 public:
  // `path` is the file, or the folder where a whole data set is at fault.
  DataError(DataErrorKind kind, const std::filesystem::path& path, std::string_view wrong,
            std::string_view right);

  DataErrorKind kind() const { return kind_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  DataErrorKind kind_;
  std::filesystem::path path_;
};

}  // namespace apical
