#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/recording.pb.h"
#include "simulator/sonata_spikes.h"
#include "tools/pictures/gnuplot.h"
#include "tools/pictures/picture_request.h"

namespace apical {

// The mean firing rate of each neuron of a population, in Hz, over the times in which it was
// recorded: in the forward and in the target phases of the trials that are counted. Where it was
// recorded in none of these (or without trials, as in files of other programs: then the rate is
// that over the whole recording) it has no value.
struct NeuronRates {
  std::string population;
  std::size_t neurons = 0;
  std::size_t recorded = 0;  // neurons with a value
  std::vector<double> forward_hz = {};
  std::vector<double> target_hz = {};
  // The rate of one spike in each phase; 0 if neurons were recorded for different times.
  double forward_spike_hz = 0;
  double target_spike_hz = 0;
};

// Of the populations chosen, or of all, what `recording` has recorded; in the trial `trial`, or
// in all. Throws std::out_of_range, saying what there is, if that is not recorded; FileError.
std::vector<NeuronRates> neuron_rates(const SonataSpikeFile& file,
                                      const proto::Recording& recording,
                                      const std::vector<std::string>& populations,
                                      std::optional<std::int64_t> trial);

// The gnuplot script of a panel a population: the share of neurons by firing rate.
std::string rate_histogram_script(std::span<const NeuronRates> rates, const std::string& title,
                                  PictureFormat format);

// The picture kind: the file is a spikes.h5.
std::string rate_histogram_picture(const PictureRequest& request);

}  // namespace apical
