#pragma once

#include <filesystem>
#include <system_error>

#include "simulator/file_error.h"

namespace apical {

// The tables in the folder of a batch, beside the folders of its variants.
inline constexpr const char* kBatchCsv = "batch.csv";
inline constexpr const char* kBatchMarkdown = "batch.md";

// Of a folder that `apical batch` has written, where one run's is wanted: throws FileError that
// says which to name.
inline void fail_if_of_a_batch(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / kBatchCsv, ignored)) return;
  throw FileError(folder, FileAccess::kRead,
                  "holds a batch of runs; name runs in it, such as " +
                      (folder / "VARIANT" / "seed_1").string());
}

}  // namespace apical
