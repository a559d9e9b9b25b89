#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace apical {

// One run of a sweep: an experiment's file, changes to it, and a seed.
struct SweepRun {
  std::string variant;
  std::uint64_t seed;
  std::filesystem::path experiment;
  std::vector<std::string> set;  // PATH=VALUE
};

struct Sweep {
  std::string name;
  std::vector<std::string> variants;
  // All variants with seed 1, then with seed 2 and so on.
  std::vector<SweepRun> runs;
};

// Reads a sweep (proto/sweep.proto) and checks the experiment of each variant. `set` and `seeds`
// come from the command line; changes go after the file's, and seeds in the place of its number.
// Throws ModelFileError with all mistakes of the first file or variant that has any.
Sweep read_sweep(const std::filesystem::path& file, const std::vector<std::string>& set,
                 std::optional<int> seeds);

}  // namespace apical
