#pragma once

#include <span>

#include "simulator/time.h"

namespace apical {

// Where the firing rates of a population go when they are transmitted in the place of spikes.
class RateReceiver {
 public:
  virtual ~RateReceiver() = default;

  // The rates from `now` on, per ms; `now` is the time of the simulation.
  virtual void receive_rates(Time now, std::span<const float> rates_per_ms) = 0;
};

}  // namespace apical
