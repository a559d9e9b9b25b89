#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "simulator/file_error.h"
#include "simulator/hdf5_file.h"

namespace apical {

// Spikes of one population: spike i is of neuron node_ids[i] in [0, neurons), at times_ms[i], in
// ms since the start of the run. Ordered by time.
struct SpikeTrain {
  std::string population;
  std::uint64_t neurons = 0;
  std::vector<double> times_ms;
  std::vector<std::uint64_t> node_ids;
};

// When the recorded trials were, in ms since the start of the run; all columns are equally long.
// Trial i has its forward phase in [start_ms, target_start_ms), its target phase in
// [target_start_ms, end_ms). `index` counts the run's training trials from 0; `label` is the class
// of the trial's image.
struct TrialTimes {
  std::vector<double> start_ms;
  std::vector<double> target_start_ms;
  std::vector<double> end_ms;
  std::vector<std::int64_t> index;
  std::vector<std::int64_t> label;

  std::size_t size() const { return start_ms.size(); }
};

struct RecordedSpikes {
  std::vector<SpikeTrain> populations;
  TrialTimes trials;
};

// [from_ms, to_ms).
struct TimeWindow {
  double from_ms = -std::numeric_limits<double>::infinity();
  double to_ms = std::numeric_limits<double>::infinity();
};

// Spikes in the layout of SONATA (https://github.com/AllenInstitute/sonata), which other tools
// read: /spikes/<population>/timestamps (ms) and node_ids. Beyond SONATA, a run's file has each
// population's number of neurons as the attribute `neurons`, and the columns of TrialTimes in
// /trials. Populations come in the order in which they were written. Files of others have no
// trials, and as many neurons as their largest id demands. What is in order is read as far as it is
// asked for; all else at once, and is kept.
class SonataSpikeFile {
 public:
  // Throws FileError, also where times are in other units than ms or not numbers.
  explicit SonataSpikeFile(const std::filesystem::path& path);

  // Of all populations.
  std::uint64_t spikes() const;
  // From the first spike to the last; whole if there is none.
  TimeWindow extent() const;
  // Windows one after the other, in which all spikes are, and in each about so many as memory may
  // well hold.
  std::vector<TimeWindow> windows() const;

  // The spikes in a window, a train a population. Throws FileError.
  std::vector<SpikeTrain> read(TimeWindow window = {}) const;
  // Those of read_trial_times().
  TrialTimes trials() const;

 private:
  struct Population {
    SpikeTrain train;  // without spikes where they are read when they are asked for
    std::uint64_t spikes = 0;
    bool is_kept = false;
  };

  double time_of(const Population& population, std::uint64_t spike) const;
  std::uint64_t first_from(const Population& population, double time_ms) const;

  Hdf5File file_;
  std::vector<Population> populations_;
};

// The columns of /trials, which other files of a run have too; none if the file has no such group.
// Throws FileError.
TrialTimes read_trial_times(const Hdf5File& file);

// One population of such a file.
SpikeTrain read_sonata_population(const std::filesystem::path& path, const std::string& name);

}  // namespace apical
