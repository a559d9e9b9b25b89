#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace apical {

// Reads a text file line by line, in memory that does not grow with the file.
class TextLines {
 public:
  static constexpr std::size_t kLongest = std::size_t{1} << 20;  // bytes in a line

  // Throws FileError.
  explicit TextLines(std::filesystem::path path);

  // The next line without its end, until the next call; nothing after the last one. Throws
  // FileError for one that is too long, or has no end since the file is cut off.
  std::optional<std::string_view> next();

  // For a fault of the whole, or of the last line. Throws FileError.
  [[noreturn]] void fail(const std::string& reason) const;
  [[noreturn]] void fail_in_line(const std::string& reason) const;

 private:
  std::filesystem::path path_;
  std::ifstream stream_;
  std::string line_;
  std::size_t lines_ = 0;
};

}  // namespace apical
