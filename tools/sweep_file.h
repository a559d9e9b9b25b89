#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/mistake.h"

namespace apical {

namespace proto {
class Sweep;
}

// One run of a sweep: an experiment's file, changes to it, and a seed.
struct SweepRun {
  std::string variant;
  std::uint64_t seed;
  std::filesystem::path experiment;
  std::vector<std::string> set;  // PATH=VALUE
  int epochs = 0;                // of its training
};

struct Sweep {
  std::string name;
  std::vector<std::string> variants;
  // All variants with the first seed, then with the next one and so on.
  std::vector<SweepRun> runs;
  std::vector<Mistake> notes = {};  // of their experiments (learning/experiment_notes.h)
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

// Whether a file has fields that only sweeps have. False of what cannot be read, or is no regular
// file: a pipe is read only once.
bool is_sweep(const std::filesystem::path& file);

// A sweep (proto/sweep.proto) as it is written; its experiments are not read. Throws
// ModelFileError.
proto::Sweep read_sweep_message(const std::filesystem::path& file);

// Reads a sweep and checks the experiment of each variant. Throws
// ModelFileError with all mistakes of the variants, unless the sweep itself has any.
Sweep read_sweep(const std::filesystem::path& file, const SweepRequest& request);

}  // namespace apical
