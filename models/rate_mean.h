#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "models/spiking_population.h"
#include "simulator/process.h"

namespace apical {

// Mean firing rate of each neuron of a population over a window. The sigmoid of a potential has no
// closed integral, so this is the midpoint rule on the exact potential, with steps of at most
// 0.5 ms. V has a continuous derivative and no mode faster than g, so that the error is of second
// order: 1e-5 of max_rate in the target phase, 1e-4 in the forward phase, whose potentials cross
// the sigmoid's steep part more often (tests/models/rate_mean_test.cc).
//
// A process: it must not be overtaken by the population (Simulation::influence).
class RateMean final : public Process {
 public:
  // Starts a window; `end` is later than `start`.
  void open(SpikingPopulation& population, Time start, Time end);

  // The means, per ms, once the simulation has reached the window's end.
  std::span<const double> means() const { return means_; }

  Time next() const override;
  void advance(Horizon horizon) override;

 private:
  SpikingPopulation* population_ = nullptr;
  Time start_ = 0;
  double step_ = 0;
  std::size_t steps_ = 0;
  std::size_t taken_ = 0;
  std::vector<double> means_;
};

}  // namespace apical
