#pragma once

#include <algorithm>
#include <cmath>

namespace apical {

// kappa(t) = (exp(-t / tau_leak) - exp(-t / tau_synapse)) / (tau_leak - tau_synapse) for t >= 0:
// the potential that a spike of weight 1 leaves in a compartment (Guerguiev et al. 2017, eq. 2).
// Area 1 ms; the two time constants differ. It may be cut off: then it is 0 from cut_off_ms on, as
// in the published code, and its area is below 1.
struct PostsynapticPotential {
  double tau_leak_ms = 10;
  double tau_synapse_ms = 3;
  double cut_off_ms = 0;  // 0: never

  double leak_rate() const { return 1 / tau_leak_ms; }
  double synapse_rate() const { return 1 / tau_synapse_ms; }

  // The factor before both exponentials, per ms.
  double scale() const { return 1 / (tau_leak_ms - tau_synapse_ms); }

  bool is_cut_off() const { return cut_off_ms > 0; }

  // What is left of each exponential when the kernel is cut off.
  double leak_at_cut_off() const { return std::exp(-cut_off_ms * leak_rate()); }
  double synapse_at_cut_off() const { return std::exp(-cut_off_ms * synapse_rate()); }

  // Integral of the kernel that was not cut off, from the cut-off on.
  double area_beyond_cut_off() const {
    return scale() * (tau_leak_ms * leak_at_cut_off() - tau_synapse_ms * synapse_at_cut_off());
  }

  double value(double t_ms) const {
    if (t_ms < 0 || (is_cut_off() && t_ms >= cut_off_ms)) return 0;
    return scale() * (std::exp(-t_ms * leak_rate()) - std::exp(-t_ms * synapse_rate()));
  }

  // Integral of the kernel from 0 to t.
  double integral(double t_ms) const {
    if (t_ms < 0) return 0;
    if (is_cut_off()) t_ms = std::min(t_ms, cut_off_ms);
    return 1 - scale() * (tau_leak_ms * std::exp(-t_ms * leak_rate()) -
                          tau_synapse_ms * std::exp(-t_ms * synapse_rate()));
  }

  bool operator==(const PostsynapticPotential&) const = default;
};

}  // namespace apical
