#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/sonata_spikes.h"

namespace apical {

// One trial's spikes, or all of a file that knows no trials.
struct TrialSpikes {
  std::vector<SpikeTrain> populations;               // times in ms since the trial's start
  std::optional<std::int64_t> trial = std::nullopt;  // the run's training trials are counted from 0
  std::int64_t label = 0;
  double target_start_ms = 0;  // since the trial's start; end_ms without a target phase
  double end_ms = 0;
  // How many neurons of each population were recorded then; empty if that is not known.
  std::vector<std::size_t> recorded = {};
  // When none of a population was; likewise.
  std::vector<std::vector<TimeWindow>> unrecorded = {};
  double start_ms = 0;  // of what is drawn of it
};

// Takes the trial whose index is `trial`, or else the first that was recorded. Throws
// std::out_of_range, saying which trials there are, if it is not there.
TrialSpikes take_trial(const RecordedSpikes& spikes, std::optional<std::int64_t> trial);

// Likewise of a file, of which no more is read. Throws FileError as well.
TrialSpikes read_trial(const SonataSpikeFile& file, std::optional<std::int64_t> trial);

// Leaves only what is in [from_ms, to_ms), or all from or up to what is not given. Throws
// std::out_of_range if nothing of the trial is.
void cut_to(TrialSpikes& raster, std::optional<double> from_ms, std::optional<double> to_ms);

// Whether a population is among those chosen; all are, if `chosen` is empty.
bool is_chosen(const std::string& population, const std::vector<std::string>& chosen);

// Throws std::out_of_range, saying which populations there are, if one of `chosen` is not.
void check_chosen(const std::vector<SpikeTrain>& populations,
                  const std::vector<std::string>& chosen);

// The row of `trials` that is the trial with the index `trial`, or 0 if none is asked for. Throws
// std::out_of_range as take_trial().
std::size_t row_of_trial(const TrialTimes& trials, std::optional<std::int64_t> trial);

}  // namespace apical
