#include "tools/bench/peers/clock_driven_soma.h"

#include <algorithm>
#include <cmath>

namespace apical::peers {
namespace {

float coefficient_of_decay(double rate_of_soma, double tau, double dt) {
  return static_cast<float>(kDendriteConductance * kKernel *
                            (std::exp(-dt / tau) - std::exp(-rate_of_soma * dt)) /
                            (rate_of_soma - 1 / tau));
}

}  // namespace

Propagator::Propagator(double conductance, double dt)
    : membrane(static_cast<float>(std::exp(-conductance * dt))),
      leak(coefficient_of_decay(conductance, kTauLeak, dt)),
      synapse(-coefficient_of_decay(conductance, kTauSynapse, dt)),
      drive(static_cast<float>(-std::expm1(-conductance * dt) / conductance)),
      leak_decay(static_cast<float>(std::exp(-dt / kTauLeak))),
      synapse_decay(static_cast<float>(std::exp(-dt / kTauSynapse))) {}

ClockDrivenSomata::ClockDrivenSomata(std::size_t neurons)
    : constant(padded(neurons)),
      arriving(padded(neurons)),
      leak(padded(neurons)),
      synapse(padded(neurons)),
      v(padded(neurons)) {}

// Four rows at a time, so that the sums go through memory once for each four.
void ClockDrivenSomata::receive(const WeightRows& weights, std::span<const std::uint32_t> sources) {
  const std::size_t stride = weights.stride;
  float* __restrict const sums = arriving.data();
  std::fill(sums, sums + stride, 0.0F);
  std::size_t n = 0;
  for (; n + 4 <= sources.size(); n += 4) {
    const float* const a = weights.row(sources[n]);
    const float* const b = weights.row(sources[n + 1]);
    const float* const c = weights.row(sources[n + 2]);
    const float* const d = weights.row(sources[n + 3]);
    for (std::size_t i = 0; i < stride; ++i) sums[i] += (a[i] + b[i]) + (c[i] + d[i]);
  }
  for (; n < sources.size(); ++n) {
    const float* const row = weights.row(sources[n]);
    for (std::size_t i = 0; i < stride; ++i) sums[i] += row[i];
  }
}

void ClockDrivenSomata::advance(const Propagator& propagator) {
  const std::size_t count = v.size();
  const float* __restrict const constants = constant.data();
  const float* __restrict const arrivals = arriving.data();
  float* __restrict const leaks = leak.data();
  float* __restrict const synapses = synapse.data();
  float* __restrict const potentials = v.data();
  const Propagator step = propagator;
  for (std::size_t i = 0; i < count; ++i) {
    const float drive = fused(step.leak, leaks[i], fused(step.synapse, synapses[i], constants[i]));
    potentials[i] = fused(step.membrane, potentials[i], drive);
    leaks[i] = fused(leaks[i], step.leak_decay, arrivals[i]);
    synapses[i] = fused(synapses[i], step.synapse_decay, arrivals[i]);
  }
}

}  // namespace apical::peers
