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
  // All variants with the first seed, then with the next one and so on.
  std::vector<SweepRun> runs;
};

struct SeedRange {
  static constexpr int kMost = 10000;

  bool is_valid() const { return first >= 1 && first <= last && last <= kMost; }

  int first = 1;
  int last = 1;  // included
};

// What the command line asks of a sweep.
struct SweepRequest {
  std::vector<std::string> set;       // PATH=VALUE, after the file's
  std::optional<SeedRange> seeds;     // in the place of the file's number; valid
  std::vector<std::string> variants;  // their names; none: all
};

// Reads a sweep (proto/sweep.proto) and checks the experiment of each variant. Throws
// ModelFileError with all mistakes of the first file or variant that has any.
Sweep read_sweep(const std::filesystem::path& file, const SweepRequest& request);

}  // namespace apical
