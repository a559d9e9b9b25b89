#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "simulator/vector_math.h"

namespace apical::peers {

// The constants that the C++ peer's somata and network share: those of Guerguiev et al. 2017, as in
// the fields' defaults of proto/. Times in ms, conductances and rates per ms.
inline constexpr double kMaxRate = 0.2;
inline constexpr double kTauLeak = 10;
inline constexpr double kTauSynapse = 3;
inline constexpr double kKernel = 1 / (kTauLeak - kTauSynapse);
inline constexpr double kLeakConductance = 0.1;
inline constexpr double kDendriteConductance = 0.6;  // basal or of the output's dendrite

// A soma's potential from a step's start to its end, by the exact solution for given modes at the
// start: V <- membrane V + leak L + synapse S + drive (g_dendrite b + I).
struct Propagator {
  // `conductance` is the sum of the soma's conductances, `dt` the step.
  Propagator(double conductance, double dt);
  float membrane;
  float leak;
  float synapse;
  float drive;
  float leak_decay;
  float synapse_decay;
};

// Weights, a row of floats per source, padded to whole cache lines.
struct WeightRows {
  WeightRows(std::size_t sources, std::size_t targets)
      : stride(padded(targets)), values(sources * stride) {}
  float* row(std::size_t source) { return values.data() + source * stride; }
  const float* row(std::size_t source) const { return values.data() + source * stride; }
  std::size_t stride;
  AlignedFloats values;
};

// The dendrites and somata of a layer. What depends on the synapses is two exponentials per neuron,
// summed over all of them; W s = kKernel (leak - synapse). All arrays are padded to whole cache
// lines.
struct ClockDrivenSomata {
  explicit ClockDrivenSomata(std::size_t neurons);

  // Spikes of these sources arrive at the end of the step that advance() takes next; at once those
  // of all sources.
  void receive(const WeightRows& weights, std::span<const std::uint32_t> sources);
  void advance(const Propagator& propagator);

  AlignedFloats constant;  // drive (g_dendrite b + I)
  AlignedFloats arriving;  // sums of the weights of spikes in this step
  AlignedFloats leak;
  AlignedFloats synapse;
  AlignedFloats v;
};

}  // namespace apical::peers
