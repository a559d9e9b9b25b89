#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/postsynaptic_potential.h"
#include "simulator/checkpoint.h"
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
//
// Where the kernel is cut off, the end of a spike is one more arrival: it takes away what is left
// of the spike's exponentials, (a, -b) times them, and gives their sum to the membrane mode.
class Soma {
 public:
  // A stretch of time: spikes that arrive, and looks at single neurons between them, both in order
  // of time; arrivals of one time are added in the order given. Times lie from origin() to
  // origin_end().
  struct Stretch {
    static constexpr std::size_t kMaxArrivals = 512;
    static constexpr std::size_t kMaxLooks = 4096;

    std::size_t arrivals = 0;
    std::array<Time, kMaxArrivals> arrival_times;
    std::array<const float*, kMaxArrivals> rows;   // of the weights (DenseWeights::row)
    std::array<float, kMaxArrivals> conductances;  // of the compartments, to the soma
    std::array<bool, kMaxArrivals> ends;  // of spikes; read only of a kernel that is cut off

    // Up to kMaxLooks. A spike has no effect yet at its own time.
    std::span<const Time> look_times;
    std::span<const std::uint32_t> look_neurons;

    std::array<float, kMaxLooks> potentials;  // V of the look's neuron at its time, the result
  };

  // `conductance_per_ms` is g, above 0 and not 1/tau_leak or 1/tau_synapse (the closed form has
  // another shape there).
  Soma(std::size_t neurons, PostsynapticPotential kernel, double conductance_per_ms);

  std::size_t neurons() const { return neurons_; }
  double conductance() const { return conductance_; }

  // ---- The hot path ----

  Time origin() const { return origin_; }
  // The latest time that a stretch may reach before the origin has to move.
  Time origin_end() const { return origin_ + max_age_; }
  void move_origin(Time now);

  // Adds the arrivals and sets the potentials of the looks. Each mode of each neuron is one chain
  // of fused multiply-adds over the arrivals, so that neither the cutting into stretches nor a look
  // changes a bit.
  //
  // A few arrivals are added in one pass over all neurons; looks between them add those arrivals of
  // the block that come before to their own neuron only. Cost: per arrival three multiply-adds per
  // neuron and three exponentials; per look three exponentials and, on average, five loads and
  // multiply-adds for arrivals of the block.
  void run(Stretch& stretch);

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

  // Likewise for any change: leak[i] and synapse[i] are the sums over j of the change of W_ij times
  // the exponential sums of source j.
  void change_weights(Time now, std::span<const float> leak, std::span<const float> synapse,
                      double compartment_conductance);

  void checkpoint(const Checkpoint& state);

  // At rest: V = level, no input under way, origin at `now`.
  void clear(Time now);

 private:
  double leak_factor() const;     // a / g_c
  double synapse_factor() const;  // b / g_c

  struct Block;
  struct Decays {
    float leak;
    float synapse;
    float membrane;
  };
  Decays decays_at(Time now) const;
  static float potential_of(float leak, float synapse, float membrane, float level,
                            const Decays& decays);

  void find_steps(const Stretch& stretch);
  void turn_ends(const Stretch& stretch);
  void find_decays(const Stretch& stretch);
  void fill(Block& block, const Stretch& stretch, std::size_t first, std::size_t count) const;
  template <std::size_t arrivals>
  std::size_t look_until(Time end, const Block& block, std::size_t n, Stretch& stretch) const;
  template <std::size_t arrivals>
  void add(const Block& block);

  std::size_t neurons_;
  PostsynapticPotential kernel_;
  double conductance_;
  Time max_age_;
  Time origin_ = 0;
  AlignedFloats leak_;
  AlignedFloats synapse_;
  AlignedFloats membrane_;
  AlignedFloats level_;

  // What running a stretch needs. Steps: what an arrival adds to the modes, for a weight of 1.
  std::vector<float> leak_steps_;
  std::vector<float> synapse_steps_;
  std::vector<float> membrane_steps_;
  std::vector<float> leak_decays_;
  std::vector<float> synapse_decays_;
  std::vector<float> membrane_decays_;
};

}  // namespace apical
