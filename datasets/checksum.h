#pragma once

#include <filesystem>
#include <string>

namespace apical {

// The SHA-256 of a file's content, decompressed if it is a gzip file, as 64 lower-case hexadecimal
// digits. Throws DataError: kMissing, kUnreadable, kTruncated.
std::string sha256_of_content(const std::filesystem::path& path);

}  // namespace apical
