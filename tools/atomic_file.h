#pragma once

#include <filesystem>
#include <string_view>

namespace apical {

// Replaces the file at `path`, or makes it: writes PATH.partial, brings it to the disk and renames
// it. A crash leaves the old content or the new, never half of one. One writer a path at a time.
// Throws WriteError, and then leaves the old content; refuses what is not a regular file, such as
// a folder or a device.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace apical
