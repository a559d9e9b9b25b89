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
  std::vector<SpikeTrain> populations;  // times in ms since the trial's start
  std::optional<std::int64_t> trial;    // the run's training trials are counted from 0
  std::int64_t label = 0;
  double target_start_ms = 0;  // since the trial's start; end_ms without a target phase
  double end_ms = 0;
  // How many neurons of each population were recorded then; empty if that is not known.
  std::vector<std::size_t> recorded = {};
};

// Takes the trial whose index is `trial`, or else the first that was recorded. Throws
// std::out_of_range, saying which trials there are, if it is not there.
TrialSpikes take_trial(const RecordedSpikes& spikes, std::optional<std::int64_t> trial);

// The row of `trials` that is the trial with the index `trial`, or 0 if none is asked for. Throws
// std::out_of_range as take_trial().
std::size_t row_of_trial(const TrialTimes& trials, std::optional<std::int64_t> trial);

// `1 spike`, `2 spikes`.
std::string count_text(std::size_t count, std::string_view singular);

}  // namespace apical
