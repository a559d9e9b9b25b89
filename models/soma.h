#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "models/postsynaptic_potential.h"
#include "simulator/time.h"
#include "simulator/vector_math.h"

namespace apical {

// The somatic potentials of a population, in closed form (docs/exactness.md).
//
// C dV/dt = -g V + sum over compartments c of g_c V_c + I, where V_c = W_c s + b_c. Dividing by
// the capacitance (all conductances here are per ms), and because all neurons share their
// constants, each is a constant and three decaying modes,
//   V(t) = level + leak + synapse + membrane,
// which decay with 1/tau_leak, 1/tau_synapse and g. A presynaptic spike adds its weight times
// (a, -b, b - a) to them, with a = g_c scale / (g - 1/tau_leak), b = g_c scale / (g -
// 1/tau_synapse).
//
// The modes are kept multiplied by exp(rate (t - origin)): a spike then adds its weight times three
// numbers that depend on its time only, nothing decays while nothing happens, and reading a neuron
// multiplies by three numbers that depend on the time only. The origin moves before the numbers
// leave the range of a float.
class Soma {
 public:
  // A step to be taken by the modes of all neurons for one spike: weight times this.
  struct Step {
    float leak;
    float synapse;
    float membrane;
  };
  // Up to kBlock spikes, in order of time: rows of weights and steps.
  static constexpr std::size_t kBlock = 8;
  struct Block {
    std::size_t count = 0;
    const float* rows[kBlock];
    Step steps[kBlock];
  };

  // `conductance_per_ms` is g, above 0 and not 1/tau_leak or 1/tau_synapse (the closed form has
  // another shape there).
  Soma(std::size_t neurons, PostsynapticPotential kernel, double conductance_per_ms);

  std::size_t neurons() const { return neurons_; }
  double conductance() const { return conductance_; }

  // ---- The hot path ----

  Time origin() const { return origin_; }
  // The latest time for which steps and decays may be asked relative to the origin.
  Time origin_end() const { return origin_ + max_age_; }
  void move_origin(Time now);

  // Changes whenever steps and decays computed before no longer hold.
  std::uint64_t version() const { return version_; }

  // Steps of spikes at `times`, from origin() to origin_end(), through a compartment of conductance
  // g_c: three arrays.
  void steps_at(std::span<const Time> times, std::span<const float> compartment_conductances,
                float* leak, float* synapse, float* membrane) const;

  // exp(-rate (t - origin)) of the three modes, for t from the origin on.
  void decays_at(std::span<const Time> times, float* leak, float* synapse, float* membrane) const;

  // Takes the steps of the block's spikes in order. Each mode of each neuron is one chain of fused
  // multiply-adds, so that neither the cutting into blocks nor a look at a neuron within a block
  // changes a bit.
  void add(const Block& block);

  // V of one neuron after the first `count` spikes of `block`, without adding them.
  float potential(std::size_t neuron, const Block& block, std::size_t count, float leak_decay,
                  float synapse_decay, float membrane_decay) const {
    float leak = leak_[neuron];
    float synapse = synapse_[neuron];
    float membrane = membrane_[neuron];
    for (std::size_t k = 0; k < count; ++k) {
      const float weight = block.rows[k][neuron];
      leak = fused(weight, block.steps[k].leak, leak);
      synapse = fused(weight, block.steps[k].synapse, synapse);
      membrane = fused(weight, block.steps[k].membrane, membrane);
    }
    const float slow = fused(leak, leak_decay, level_[neuron]);
    return fused(membrane, membrane_decay, fused(synapse, synapse_decay, slow));
  }

  // ---- Between events ----

  // V of all neurons at `now`, from the origin on; does not change the state.
  void potentials(Time now, std::span<float> v) const;

  // Sets the level that each neuron approaches without input: (sum of g_c b_c + I) / g. The
  // potential itself does not jump.
  void set_level(Time now, std::span<const float> level);

  // Sets g, likewise.
  void set_conductance(Time now, double conductance_per_ms);

  // For a change of weights while potentials are under way: W_ij changes by change[i] u_j, where
  // `leak` and `synapse` are the sums of u_j times the exponential sums of source j (SpikeTrace).
  // V does not jump.
  void change_weights(Time now, std::span<const float> change, double compartment_conductance,
                      double leak, double synapse);

  // At rest: V = level, no input under way, origin at `now`.
  void clear(Time now);

 private:
  double leak_factor() const;     // a / g_c
  double synapse_factor() const;  // b / g_c

  std::size_t neurons_;
  PostsynapticPotential kernel_;
  double conductance_;
  Time max_age_;
  Time origin_ = 0;
  std::uint64_t version_ = 0;
  AlignedFloats leak_;
  AlignedFloats synapse_;
  AlignedFloats membrane_;
  AlignedFloats level_;
};

}  // namespace apical
