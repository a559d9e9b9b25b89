#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/recording.pb.h"
#include "simulator/sonata_spikes.h"

namespace apical {

// Neurons of a population whose spikes were recorded in the same times.
struct RecordedNeurons {
  std::vector<proto::SpikeRecording> recordings;
  std::vector<std::uint32_t> ids;
};

// What a run has recorded, as the experiment.textproto beside its spikes.h5 tells; nothing without
// one. Throws ModelFileError.
std::optional<proto::Recording> recording_beside(const std::filesystem::path& spikes);

// Of all neurons, all spikes of all trials.
proto::Recording recording_of_all_spikes();

// The neurons of a population that are recorded in any trial, each once.
std::vector<RecordedNeurons> recorded_neurons(const proto::Recording& recording,
                                              const std::string& population, std::size_t size);

// When in [from_ms, to_ms), which is in the trial `trial` that began at `start_ms`, any of them was
// recorded: in order, apart from each other.
std::vector<TimeWindow> recorded_windows(std::span<const RecordedNeurons> groups,
                                         std::int64_t trial, double start_ms, double from_ms,
                                         double to_ms);

// How many ms of [from_ms, to_ms), which is in the trial `trial` that began at `start_ms`, they
// were recorded.
double recorded_ms(const RecordedNeurons& neurons, std::int64_t trial, double start_ms,
                   double from_ms, double to_ms);

}  // namespace apical
