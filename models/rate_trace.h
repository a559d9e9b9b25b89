#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/time.h"

namespace apical {

// The firing rates of presynaptic neurons as a projection transmits them, held from one
// transmission to the next, and their means over a window. Rates are per ms.
class RateTrace {
 public:
  explicit RateTrace(std::size_t neurons)
      : rates_(neurons), integrals_(neurons), window_mean_(neurons) {}

  // From `now` on, which does not precede the last call of any of these.
  void hold(Time now, std::span<const float> rates);
  std::span<const float> rates() const { return rates_; }

  // Starts the window, replacing the last one, and ends it.
  void open_window(Time now);
  void close_window(Time now);
  std::span<const float> window_mean() const { return window_mean_; }

  void checkpoint(const Checkpoint& state);

  // Silent from `now` on.
  void clear(Time now);

 private:
  void integrate(Time now);

  Time window_start_ = 0;
  Time integrated_to_ = 0;
  std::vector<float> rates_;
  std::vector<double> integrals_;  // since the window's start
  std::vector<float> window_mean_;
};

}  // namespace apical
