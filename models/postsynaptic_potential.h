#pragma once

#include <cmath>

namespace apical {

// kappa(t) = (exp(-t / tau_leak) - exp(-t / tau_synapse)) / (tau_leak - tau_synapse) for t >= 0:
// the potential that a spike of weight 1 leaves in a compartment (Guerguiev et al. 2017, eq. 2, not
// cut off). Area 1 ms; the two time constants differ.
struct PostsynapticPotential {
  double tau_leak_ms = 10;
  double tau_synapse_ms = 3;

  double leak_rate() const { return 1 / tau_leak_ms; }
  double synapse_rate() const { return 1 / tau_synapse_ms; }

  // The factor before both exponentials, per ms.
  double scale() const { return 1 / (tau_leak_ms - tau_synapse_ms); }

  double value(double t_ms) const {
    if (t_ms < 0) return 0;
    return scale() * (std::exp(-t_ms * leak_rate()) - std::exp(-t_ms * synapse_rate()));
  }

  // Integral of the kernel from 0 to t.
  double integral(double t_ms) const {
    if (t_ms < 0) return 0;
    return 1 - scale() * (tau_leak_ms * std::exp(-t_ms * leak_rate()) -
                          tau_synapse_ms * std::exp(-t_ms * synapse_rate()));
  }

  bool operator==(const PostsynapticPotential&) const = default;
};

}  // namespace apical
