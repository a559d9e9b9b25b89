#include "tools/text_lines.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "simulator/file_error.h"

namespace apical {

TextLines::TextLines(std::filesystem::path path)
    : path_(std::move(path)), stream_(path_, std::ios::binary), line_(kLongest + 2, '\0') {
  if (!stream_) fail(std::generic_category().message(errno));
}

std::optional<std::string_view> TextLines::next() {
  stream_.getline(line_.data(), static_cast<std::streamsize>(line_.size()));
  const auto read = static_cast<std::size_t>(stream_.gcount());
  if (stream_.bad()) fail("cannot be read");
  if (stream_.eof() && read == 0) return std::nullopt;
  ++lines_;
  if (stream_.eof()) fail_in_line("is cut off: the last line has no end");
  if (stream_.fail()) fail_in_line(fmt::format("is longer than {} bytes", kLongest));
  std::string_view line(line_.data(), read - 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void TextLines::fail(const std::string& reason) const {
  throw FileError(path_, FileAccess::kRead, reason);
}

void TextLines::fail_in_line(const std::string& reason) const {
  throw FileError(fmt::format("{}:{}", path_.string(), lines_), FileAccess::kRead, reason);
}

}  // namespace apical
