#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulator/sonata_spikes.h"
#include "tools/gnuplot.h"

namespace apical {

// One trial's spikes.
struct SpikeRaster {
  std::vector<SpikeTrain> populations;  // times in ms since the trial's start
  std::int64_t trial = 0;               // the run's training trials are counted from 0
  std::int64_t label = 0;
  double target_start_ms = 0;  // since the trial's start
  double end_ms = 0;
};

// Takes the trial whose index is `trial`, or else the first that was recorded. Throws
// std::out_of_range, saying which trials there are, if it is not there.
SpikeRaster take_trial(const RecordedSpikes& spikes, std::optional<std::int64_t> trial);

// The gnuplot script of neurons against time, a band a population, from the input at the bottom.
std::string spike_raster_script(const SpikeRaster& raster, const std::string& title,
                                PictureFormat format);

}  // namespace apical
