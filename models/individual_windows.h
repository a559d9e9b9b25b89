#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/dense_projection.h"
#include "simulator/spike.h"
#include "simulator/time.h"

namespace apical {

// Mean potentials that a projection's spikes leave in its compartment, each neuron's over a window
// of its own: the mean of V_i = sum over j of W_ij s_j over [end_i - length, end_i].
//
// The integral of s_j up to a time t is that of its spikes, n_j - scale (tau_leak A_j -
// tau_synapse B_j) with the sums of SpikeTrace. Going through the windows' starts and ends and the
// arrivals in order of time keeps these for all sources; a start or an end is then one sum over the
// sources. Where the kernel is cut off, a spike is taken from the sums again at its end, as in
// SpikeTrace. Cost: two exponentials and 3 multiply-adds per source, twice a neuron; made for a few
// sources, such as the output.
class IndividualWindows final : private SpikeReceiver {
 public:
  // The projection transmits spikes. It tells the windows of them as long as it lives, and is not
  // touched when they go.
  explicit IndividualWindows(DenseProjection& projection);
  IndividualWindows(const IndividualWindows&) = delete;
  IndividualWindows& operator=(const IndividualWindows&) = delete;

  // Starts to keep what arrives, in the place of what was kept; no window starts before `now`.
  void begin(Time now);

  // Adds to v[i] the mean over the window that ends at ends[i]. All arrivals up to then are in.
  void add_means(std::span<const Time> ends, Time length, std::span<float> v);

 private:
  // A start (factor -1) or an end (1) of a neuron's window.
  struct Bound {
    Time time;
    std::uint32_t neuron;
    double factor;
  };

  void receive(std::span<const Spike> spikes) override;
  void take_in(const Spike& spike);
  void take_out(const Spike& spike);
  void move_origin(Time now);
  double integral(Time time, std::uint32_t neuron) const;
  const PostsynapticPotential& kernel() const { return projection_->target().constants().kernel; }

  DenseProjection* projection_;
  Time start_ = 0;
  std::vector<float> leak_at_start_;  // of spikes that are not among the arrivals
  std::vector<float> synapse_at_start_;
  // Since the start; where the kernel is cut off, those that act then are among them.
  std::vector<Spike> arrivals_;
  std::vector<Bound> bounds_;
  // While going through them: the area of the arrivals, without what is cut off of those that have
  // ended, and the sums relative to the origin.
  Time origin_ = 0;
  std::vector<double> area_;
  std::vector<double> leak_;
  std::vector<double> synapse_;
};

}  // namespace apical
