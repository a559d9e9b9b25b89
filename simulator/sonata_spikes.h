#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

// Spikes in the layout of SONATA (https://github.com/AllenInstitute/sonata), which other tools
// read: /spikes/<population>/timestamps (ms) and node_ids. Beyond SONATA, each population has its
// number of neurons as the attribute `neurons`, and /trials has the columns of TrialTimes.
// Throws FileError; std::invalid_argument where columns differ in length, spikes are not ordered,
// or a neuron is none of the population's.
void write_sonata_spikes(const std::filesystem::path& path, std::span<const SpikeTrain> populations,
                         const TrialTimes& trials);

// Reads what write_sonata_spikes wrote, populations in the order in which they were written, and
// SONATA files of others: those have no trials, and as many neurons as their largest id demands.
// Throws FileError.
RecordedSpikes read_sonata_spikes(const std::filesystem::path& path);

// The columns of /trials, which other files of a run have too; none if the file has no such group.
// Throws FileError.
TrialTimes read_trial_times(const Hdf5File& file);

// One population of such a file. Throws FileError also where times are in other units than ms or
// not numbers.
SpikeTrain read_sonata_population(const std::filesystem::path& path, const std::string& name);

}  // namespace apical
