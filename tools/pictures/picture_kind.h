#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "tools/pictures/picture_request.h"

namespace apical {

// A kind of picture that `apical plot` draws.
struct PictureKind {
  std::string_view name;     // for --kind
  std::string_view file;     // that it is drawn from, as it is called in a run's folder
  std::string_view content;  // an object by which such an HDF5 file is known; empty for metrics.csv
  bool several;              // whether it is drawn from several files
  std::string_view what;
  std::array<std::string_view, 4> options;  // which it knows besides those of all kinds
  // Throws FileError, UsageError.
  std::string (*script)(const PictureRequest&);
};

std::span<const PictureKind> picture_kinds();

// Throws UsageError.
const PictureKind& picture_kind_named(const std::string& name);

// The kind that is drawn of a file if nothing else is said, by what is in it: of a folder, which is
// a run's, the learning curve. Throws UsageError; FileError also if there is no such file.
const PictureKind& picture_kind_of(const std::filesystem::path& file);

// The file itself, or in a run's folder the one that the picture is drawn from. Throws FileError of
// a folder that holds a batch of runs.
std::filesystem::path file_for(const PictureKind& kind, const std::filesystem::path& file);

}  // namespace apical
