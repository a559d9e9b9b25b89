#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "models/individual_windows.h"
#include "models/network.h"
#include "proto/training.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/random_stream.h"
#include "simulator/time.h"

namespace apical {

// Plateau potentials that come at a time of each neuron's own, min(|N(0, jitter_sd)|, max_jitter)
// before the end of a phase, from the mean apical potential of the window before it (Guerguiev et
// al. 2017, stochastic plateaus). Exact: the means follow from the times of the feedback's spikes.
class StochasticPlateaus {
 public:
  // For all pyramidal populations of a checked network, which must outlive this.
  StochasticPlateaus(const proto::StochasticPlateaus& plateaus, Network& network);

  // A phase begins: populations have caught up.
  void begin_phase(Time now);

  // It ends: draws the times and finds the means.
  void end_phase(Time now);

  // Between trials.
  void checkpoint(const Checkpoint& state);

  // Of the last phase and the one before it, a number per neuron of a pyramidal population.
  std::span<const Time> times(const SpikingPopulation& population) const;
  std::span<const Time> times_before(const SpikingPopulation& population) const;
  // Of the last phase.
  std::span<const float> apical_means(const SpikingPopulation& population) const;

 private:
  struct Layer {
    const SpikingPopulation* population;
    RandomStream stream;
    std::deque<IndividualWindows> inputs = {};  // an apical projection each
    std::vector<Time> times = {};
    std::vector<Time> times_before = {};
    std::vector<float> means = {};
  };

  const Layer& layer_of(const SpikingPopulation& population) const;

  proto::StochasticPlateaus plateaus_;
  std::deque<Layer> layers_;
};

}  // namespace apical
