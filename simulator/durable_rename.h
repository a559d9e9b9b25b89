#pragma once

#include <filesystem>

namespace apical {

// Puts a file in place of another, or of none, such that it lasts: whatever happens, one of the two
// is there. `from` has been brought to the disk. Returns errno, or 0.
int durable_rename(const std::filesystem::path& from, const std::filesystem::path& to);

// Swaps the names of two files, likewise. Returns errno, or 0; EINVAL or ENOSYS where the file
// system cannot.
int durable_exchange(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace apical
