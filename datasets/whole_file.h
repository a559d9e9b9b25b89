#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace apical {

// All bytes of a file, as they are. Throws DataError: kMissing, kUnreadable.
std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& path);

}  // namespace apical
