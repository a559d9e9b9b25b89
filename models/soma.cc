#include "models/soma.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace apical {
namespace {

// Modes scaled by up to exp(30) leave a float 10^25 for weights and sums.
constexpr double kMaxExponent = 30;

// A mode below this, scaled back, adds nothing to a potential; keeps out denormal numbers.
constexpr float kForgotten = 1e-30F;

double max_age(const PostsynapticPotential& kernel, double conductance) {
  return kMaxExponent / std::max({kernel.leak_rate(), kernel.synapse_rate(), conductance});
}

Lanes load(const AlignedFloats& values, std::size_t at) {
  return *reinterpret_cast<const Lanes*>(values.data() + at);
}
Lanes load(const float* values) { return *reinterpret_cast<const Lanes*>(values); }
void store(AlignedFloats& values, std::size_t at, Lanes lanes) {
  *reinterpret_cast<Lanes*>(values.data() + at) = lanes;
}

// The state of two vectors of neurons stays in registers while `count` spikes are added.
template <std::size_t count>
void add_spikes(const Soma::Block& block, AlignedFloats& leaks, AlignedFloats& synapses,
                AlignedFloats& membranes) {
  for (std::size_t i = 0; i < leaks.size(); i += 2 * kLanes) {
    Lanes leak_0 = load(leaks, i);
    Lanes leak_1 = load(leaks, i + kLanes);
    Lanes synapse_0 = load(synapses, i);
    Lanes synapse_1 = load(synapses, i + kLanes);
    Lanes membrane_0 = load(membranes, i);
    Lanes membrane_1 = load(membranes, i + kLanes);
    for (std::size_t k = 0; k < count; ++k) {
      const Lanes weight_0 = load(block.rows[k] + i);
      const Lanes weight_1 = load(block.rows[k] + i + kLanes);
      const Lanes leak = all(block.steps[k].leak);
      const Lanes synapse = all(block.steps[k].synapse);
      const Lanes membrane = all(block.steps[k].membrane);
      leak_0 = fused(weight_0, leak, leak_0);
      leak_1 = fused(weight_1, leak, leak_1);
      synapse_0 = fused(weight_0, synapse, synapse_0);
      synapse_1 = fused(weight_1, synapse, synapse_1);
      membrane_0 = fused(weight_0, membrane, membrane_0);
      membrane_1 = fused(weight_1, membrane, membrane_1);
    }
    store(leaks, i, leak_0);
    store(leaks, i + kLanes, leak_1);
    store(synapses, i, synapse_0);
    store(synapses, i + kLanes, synapse_1);
    store(membranes, i, membrane_0);
    store(membranes, i + kLanes, membrane_1);
  }
}

}  // namespace

Soma::Soma(std::size_t neurons, PostsynapticPotential kernel, double conductance_per_ms)
    : neurons_(neurons),
      kernel_(kernel),
      conductance_(conductance_per_ms),
      max_age_(max_age(kernel, conductance_per_ms)),
      leak_(padded(neurons), 0.0F),
      synapse_(padded(neurons), 0.0F),
      membrane_(padded(neurons), 0.0F),
      level_(padded(neurons), 0.0F) {
  assert(conductance_per_ms > 0);
}

double Soma::leak_factor() const { return kernel_.scale() / (conductance_ - kernel_.leak_rate()); }
double Soma::synapse_factor() const {
  return kernel_.scale() / (conductance_ - kernel_.synapse_rate());
}

void Soma::move_origin(Time now) {
  assert(now >= origin_);
  const auto move = [&](AlignedFloats& mode, double rate) {
    const auto factor = static_cast<float>(std::exp((origin_ - now) * rate));
    for (float& value : mode) {
      value *= factor;
      value = std::fabs(value) < kForgotten ? 0.0F : value;
    }
  };
  move(leak_, kernel_.leak_rate());
  move(synapse_, kernel_.synapse_rate());
  move(membrane_, conductance_);
  origin_ = now;
  ++version_;
}

void Soma::steps_at(std::span<const Time> times, std::span<const float> compartment_conductances,
                    float* leak, float* synapse, float* membrane) const {
  const auto leak_rate = static_cast<float>(kernel_.leak_rate());
  const auto synapse_rate = static_cast<float>(kernel_.synapse_rate());
  const auto membrane_rate = static_cast<float>(conductance_);
  const auto a = static_cast<float>(leak_factor());
  const auto b = static_cast<float>(synapse_factor());
  const float* const g = compartment_conductances.data();
  for (std::size_t k = 0; k < times.size(); ++k) {
    leak[k] = synapse[k] = membrane[k] = static_cast<float>(times[k] - origin_);
  }
  for (std::size_t k = 0; k < times.size(); ++k) leak[k] = fast_exp(leak[k] * leak_rate) * a * g[k];
  for (std::size_t k = 0; k < times.size(); ++k) {
    synapse[k] = fast_exp(synapse[k] * synapse_rate) * -b * g[k];
  }
  for (std::size_t k = 0; k < times.size(); ++k) {
    membrane[k] = fast_exp(membrane[k] * membrane_rate) * (b - a) * g[k];
  }
}

void Soma::decays_at(std::span<const Time> times, float* leak, float* synapse,
                     float* membrane) const {
  const auto leak_rate = static_cast<float>(-kernel_.leak_rate());
  const auto synapse_rate = static_cast<float>(-kernel_.synapse_rate());
  const auto membrane_rate = static_cast<float>(-conductance_);
  for (std::size_t k = 0; k < times.size(); ++k) {
    leak[k] = synapse[k] = membrane[k] = static_cast<float>(times[k] - origin_);
  }
  for (std::size_t k = 0; k < times.size(); ++k) leak[k] = fast_exp(leak[k] * leak_rate);
  for (std::size_t k = 0; k < times.size(); ++k) synapse[k] = fast_exp(synapse[k] * synapse_rate);
  for (std::size_t k = 0; k < times.size(); ++k) {
    membrane[k] = fast_exp(membrane[k] * membrane_rate);
  }
}

void Soma::add(const Block& block) {
  static_assert(kBlock == 8);
  using Add = void (*)(const Block&, AlignedFloats&, AlignedFloats&, AlignedFloats&);
  static constexpr Add kAdd[kBlock + 1] = {nullptr,       add_spikes<1>, add_spikes<2>,
                                           add_spikes<3>, add_spikes<4>, add_spikes<5>,
                                           add_spikes<6>, add_spikes<7>, add_spikes<8>};
  if (block.count > 0) kAdd[block.count](block, leak_, synapse_, membrane_);
}

void Soma::potentials(Time now, std::span<float> v) const {
  assert(v.size() >= neurons_);
  float leak;
  float synapse;
  float membrane;
  decays_at(std::span(&now, 1), &leak, &synapse, &membrane);
  const Block nothing{};
  for (std::size_t i = 0; i < neurons_; ++i) {
    v[i] = potential(i, nothing, 0, leak, synapse, membrane);
  }
}

void Soma::set_level(Time now, std::span<const float> level) {
  move_origin(now);
  for (std::size_t i = 0; i < neurons_; ++i) {
    membrane_[i] += level_[i] - level[i];
    level_[i] = level[i];
  }
}

void Soma::set_conductance(Time now, double conductance_per_ms) {
  move_origin(now);
  const double leak_before = leak_factor();
  const double synapse_before = synapse_factor();
  conductance_ = conductance_per_ms;
  max_age_ = max_age(kernel_, conductance_per_ms);
  const auto leak_ratio = static_cast<float>(leak_factor() / leak_before);
  const auto synapse_ratio = static_cast<float>(synapse_factor() / synapse_before);
  for (std::size_t i = 0; i < leak_.size(); ++i) {
    const float leak = leak_[i] * leak_ratio;
    const float synapse = synapse_[i] * synapse_ratio;
    membrane_[i] += (leak_[i] - leak) + (synapse_[i] - synapse);
    leak_[i] = leak;
    synapse_[i] = synapse;
  }
}

void Soma::change_weights(Time now, std::span<const float> change, double compartment_conductance,
                          double leak, double synapse) {
  move_origin(now);
  const auto leak_step = static_cast<float>(compartment_conductance * leak_factor() * leak);
  const auto synapse_step =
      static_cast<float>(-compartment_conductance * synapse_factor() * synapse);
  const float membrane_step = -(leak_step + synapse_step);
  for (std::size_t i = 0; i < neurons_; ++i) {
    leak_[i] = fused(change[i], leak_step, leak_[i]);
    synapse_[i] = fused(change[i], synapse_step, synapse_[i]);
    membrane_[i] = fused(change[i], membrane_step, membrane_[i]);
  }
}

void Soma::clear(Time now) {
  origin_ = now;
  ++version_;
  std::ranges::fill(leak_, 0.0F);
  std::ranges::fill(synapse_, 0.0F);
  std::ranges::fill(membrane_, 0.0F);
}

}  // namespace apical
