#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "models/postsynaptic_potential.h"
#include "simulator/checkpoint.h"
#include "simulator/spike.h"
#include "simulator/time.h"

namespace apical {

// s_j(t), the summed postsynaptic potentials of each presynaptic neuron j at unit weight, and its
// mean over a window, without sampling.
//
// Two exponential sums per neuron, A_j = sum exp(-(t - t_jk) / tau_leak) and B_j likewise with
// tau_synapse, kept relative to an origin so that a neuron that is silent costs nothing and a
// spike three additions. Then s_j = scale (A_j - B_j), and its integral over [t_0, t_1) is
//   n_j + scale tau_leak (A_j(t_0) - A_j(t_1)) - scale tau_synapse (B_j(t_0) - B_j(t_1))
// with n_j the spikes in the window. Equivalent to `integral` of each spike's potential.
//
// Where the kernel is cut off, a spike's exponentials are taken away again at its end, and n_j
// loses the area that lies beyond.
class SpikeTrace {
 public:
  SpikeTrace(std::size_t neurons, PostsynapticPotential kernel);

  std::size_t neurons() const { return spikes_.size(); }

  // Takes in spikes, in order of time.
  void add(std::span<const Spike> spikes);

  // Starts the window, replacing the last one. All spikes before `now` and none after it have been
  // taken in; likewise below.
  void open_window(Time now);

  // Ends it; window_mean()[j] is then the mean of s_j over it.
  void close_window(Time now);
  std::span<const float> window_mean() const { return window_mean_; }

  // s_j(now).
  void potentials(Time now, std::span<float> s) const;

  // A_j(now) and B_j(now).
  void exponential_sums(Time now, std::span<float> leak, std::span<float> synapse) const;

  // Of a kernel that is cut off: spikes in order of time, all that still act among them.
  std::span<const Spike> acting() const { return to_end_; }

  // sum over j of values[j] A_j(now), and likewise B: how a change of weights proportional to
  // `values` acts on potentials that are under way.
  struct WeightedSums {
    double leak;
    double synapse;
  };
  WeightedSums weighted_sums(Time now, std::span<const float> values);

  void checkpoint(const Checkpoint& state);

  // Forgets all spikes and starts again at `now`.
  void clear(Time now);

 private:
  void move_origin(Time now);
  void end_spikes(Time now);
  void subtract_ended(Time now, std::span<float> leak, std::span<float> synapse) const;

  PostsynapticPotential kernel_;
  Time max_age_;  // of the origin: beyond it, floats would overflow
  Time origin_ = 0;
  Time window_start_ = 0;
  std::vector<float> leak_;           // A_j exp((now - origin) / tau_leak)
  std::vector<float> synapse_;        // B_j likewise
  std::vector<float> spikes_;         // n_j, since the window's start
  std::vector<Spike> to_end_;         // of a kernel that is cut off: spikes that still act
  std::vector<float> leak_at_start_;  // of the window
  std::vector<float> synapse_at_start_;
  std::vector<float> window_mean_;
};

}  // namespace apical
