#include "models/soma.h"

#include <algorithm>
#include <array>
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

Lanes load(const float* values) { return *reinterpret_cast<const Lanes*>(values); }
void store(float* values, Lanes lanes) { *reinterpret_cast<Lanes*>(values) = lanes; }

// Arrivals that are added in one pass over the neurons: their steps (12) and the modes of a vector
// of neurons (3) fill the registers. Of 2, 4 and 8 the fastest (tools/bench/trial_bench.cc).
constexpr std::size_t kBlock = 4;

}  // namespace

// Arrivals that are added together. Arrival k adds rows[k][i] times its steps to the modes of
// neuron i.
struct Soma::Block {
  const float* rows[kBlock];
  const float* rows_to_come[kBlock];  // to be fetched meanwhile
  float leak[kBlock];
  float synapse[kBlock];
  float membrane[kBlock];
};

inline float Soma::potential_of(float leak, float synapse, float membrane, float level,
                                const Decays& decays) {
  const float slow = fused(leak, decays.leak, level);
  return fused(membrane, decays.membrane, fused(synapse, decays.synapse, slow));
}

Soma::Soma(std::size_t neurons, PostsynapticPotential kernel, double conductance_per_ms)
    : neurons_(neurons),
      kernel_(kernel),
      conductance_(conductance_per_ms),
      max_age_(max_age(kernel, conductance_per_ms)),
      leak_(padded(neurons), 0.0F),
      synapse_(padded(neurons), 0.0F),
      membrane_(padded(neurons), 0.0F),
      level_(padded(neurons), 0.0F),
      leak_steps_(Stretch::kMaxArrivals),
      synapse_steps_(Stretch::kMaxArrivals),
      membrane_steps_(Stretch::kMaxArrivals),
      leak_decays_(Stretch::kMaxLooks),
      synapse_decays_(Stretch::kMaxLooks),
      membrane_decays_(Stretch::kMaxLooks) {
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
}

Soma::Decays Soma::decays_at(Time now) const {
  const auto age = static_cast<float>(now - origin_);
  return {fast_exp(age * static_cast<float>(-kernel_.leak_rate())),
          fast_exp(age * static_cast<float>(-kernel_.synapse_rate())),
          fast_exp(age * static_cast<float>(-conductance_))};
}

// ---- A stretch ----

void Soma::find_steps(const Stretch& stretch) {
  const auto leak_rate = static_cast<float>(kernel_.leak_rate());
  const auto synapse_rate = static_cast<float>(kernel_.synapse_rate());
  const auto membrane_rate = static_cast<float>(conductance_);
  const auto a = static_cast<float>(leak_factor());
  const auto b = static_cast<float>(synapse_factor());
  const std::size_t count = stretch.arrivals;
  std::array<float, Stretch::kMaxArrivals> ages;
  for (std::size_t k = 0; k < count; ++k) {
    ages[k] = static_cast<float>(stretch.arrival_times[k] - origin_);
  }
  const float* const g = stretch.conductances.data();
  float* const __restrict leak = leak_steps_.data();
  float* const __restrict synapse = synapse_steps_.data();
  float* const __restrict membrane = membrane_steps_.data();
  for (std::size_t k = 0; k < count; ++k) {
    leak[k] = fast_exp_inside(ages[k] * leak_rate) * a * g[k];
    synapse[k] = fast_exp_inside(ages[k] * synapse_rate) * -b * g[k];
    membrane[k] = fast_exp_inside(ages[k] * membrane_rate) * (b - a) * g[k];
  }
}

// The steps of ends, which have been found as if they were spikes.
void Soma::turn_ends(const Stretch& stretch) {
  const auto leak_left = static_cast<float>(-kernel_.leak_at_cut_off());
  const auto synapse_left = static_cast<float>(-kernel_.synapse_at_cut_off());
  const double a = leak_factor();
  const double b = synapse_factor();
  const auto membrane_left = static_cast<float>(
      (a * kernel_.leak_at_cut_off() - b * kernel_.synapse_at_cut_off()) / (b - a));
  for (std::size_t k = 0; k < stretch.arrivals; ++k) {
    if (!stretch.ends[k]) continue;
    leak_steps_[k] *= leak_left;
    synapse_steps_[k] *= synapse_left;
    membrane_steps_[k] *= membrane_left;
  }
}

void Soma::find_decays(const Stretch& stretch) {
  const auto leak_rate = static_cast<float>(-kernel_.leak_rate());
  const auto synapse_rate = static_cast<float>(-kernel_.synapse_rate());
  const auto membrane_rate = static_cast<float>(-conductance_);
  const std::size_t count = stretch.look_times.size();
  std::array<float, Stretch::kMaxLooks> ages;
  for (std::size_t n = 0; n < count; ++n) {
    ages[n] = static_cast<float>(stretch.look_times[n] - origin_);
  }
  float* const __restrict leak = leak_decays_.data();
  float* const __restrict synapse = synapse_decays_.data();
  float* const __restrict membrane = membrane_decays_.data();
  for (std::size_t n = 0; n < count; ++n) {
    leak[n] = fast_exp_inside(ages[n] * leak_rate);
    synapse[n] = fast_exp_inside(ages[n] * synapse_rate);
    membrane[n] = fast_exp_inside(ages[n] * membrane_rate);
  }
}

// The looks from `n` on, up to and including `end`, after `arrivals` arrivals of the block that
// have not been added yet. Returns the first look that is later.
template <std::size_t arrivals>
std::size_t Soma::look_until(Time end, const Block& block, std::size_t n, Stretch& stretch) const {
  const Time* const times = stretch.look_times.data();
  const std::size_t looks = stretch.look_times.size();
  for (; n < looks && times[n] <= end; ++n) {
    const std::size_t neuron = stretch.look_neurons[n];
    float leak = leak_[neuron];
    float synapse = synapse_[neuron];
    float membrane = membrane_[neuron];
    for (std::size_t k = 0; k < arrivals; ++k) {
      const float weight = block.rows[k][neuron];
      leak = fused(weight, block.leak[k], leak);
      synapse = fused(weight, block.synapse[k], synapse);
      membrane = fused(weight, block.membrane[k], membrane);
    }
    stretch.potentials[n] =
        potential_of(leak, synapse, membrane, level_[neuron],
                     {leak_decays_[n], synapse_decays_[n], membrane_decays_[n]});
  }
  return n;
}

// All that the loop reads stands in locals: as far as the compiler knows, what is stored could be
// any of the members, which it would read again each time.
template <std::size_t arrivals>
void Soma::add(const Block& block) {
  float* const leak_modes = leak_.data();
  float* const synapse_modes = synapse_.data();
  float* const membrane_modes = membrane_.data();
  const std::size_t size = leak_.size();
  const float* rows[arrivals];
  const float* rows_to_come[arrivals];
  Lanes leak_steps[arrivals];
  Lanes synapse_steps[arrivals];
  Lanes membrane_steps[arrivals];
#pragma GCC unroll 8
  for (std::size_t k = 0; k < arrivals; ++k) {
    rows[k] = block.rows[k];
    rows_to_come[k] = block.rows_to_come[k];
    leak_steps[k] = all(block.leak[k]);
    synapse_steps[k] = all(block.synapse[k]);
    membrane_steps[k] = all(block.membrane[k]);
  }
  for (std::size_t i = 0; i < size; i += kPadding) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < arrivals; ++k) __builtin_prefetch(rows_to_come[k] + i);
#pragma GCC unroll 4
    for (std::size_t j = i; j < i + kPadding; j += kLanes) {
      Lanes leak = load(leak_modes + j);
      Lanes synapse = load(synapse_modes + j);
      Lanes membrane = load(membrane_modes + j);
#pragma GCC unroll 8
      for (std::size_t k = 0; k < arrivals; ++k) {
        const Lanes weight = load(rows[k] + j);
        leak = fused(weight, leak_steps[k], leak);
        synapse = fused(weight, synapse_steps[k], synapse);
        membrane = fused(weight, membrane_steps[k], membrane);
      }
      store(leak_modes + j, leak);
      store(synapse_modes + j, synapse);
      store(membrane_modes + j, membrane);
    }
  }
}

inline void Soma::fill(Block& block, const Stretch& stretch, std::size_t first,
                       std::size_t count) const {
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t k = first + n;
    block.rows[n] = stretch.rows[k];
    block.rows_to_come[n] = stretch.rows[std::min(k + count, stretch.arrivals - 1)];
    block.leak[n] = leak_steps_[k];
    block.synapse[n] = synapse_steps_[k];
    block.membrane[n] = membrane_steps_[k];
  }
}

void Soma::run(Stretch& stretch) {
  find_decays(stretch);
  find_steps(stretch);
  if (kernel_.is_cut_off()) turn_ends(stretch);
  const Time* const times = stretch.arrival_times.data();
  std::size_t look = 0;
  Block block;
  std::size_t k = 0;
  for (; k + kBlock <= stretch.arrivals; k += kBlock) {
    static_assert(kBlock == 4);
    fill(block, stretch, k, kBlock);
    look = look_until<0>(times[k], block, look, stretch);
    look = look_until<1>(times[k + 1], block, look, stretch);
    look = look_until<2>(times[k + 2], block, look, stretch);
    look = look_until<3>(times[k + 3], block, look, stretch);
    add<kBlock>(block);
  }
  for (; k < stretch.arrivals; ++k) {
    fill(block, stretch, k, 1);
    look = look_until<0>(times[k], block, look, stretch);
    add<1>(block);
  }
  look_until<0>(kNever, block, look, stretch);
}

// ---- Between events ----

void Soma::potentials(Time now, std::span<float> v) const {
  assert(v.size() >= neurons_);
  const Decays decays = decays_at(now);
  const float* const leak = leak_.data();
  const float* const synapse = synapse_.data();
  const float* const membrane = membrane_.data();
  const float* const level = level_.data();
  float* const out = v.data();
  for (std::size_t i = 0; i < neurons_; ++i) {
    out[i] = potential_of(leak[i], synapse[i], membrane[i], level[i], decays);
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

void Soma::change_weights(Time now, std::span<const float> leak, std::span<const float> synapse,
                          double compartment_conductance) {
  move_origin(now);
  const auto leak_step = static_cast<float>(compartment_conductance * leak_factor());
  const auto synapse_step = static_cast<float>(-compartment_conductance * synapse_factor());
  for (std::size_t i = 0; i < neurons_; ++i) {
    const float on_leak = leak[i] * leak_step;
    const float on_synapse = synapse[i] * synapse_step;
    leak_[i] += on_leak;
    synapse_[i] += on_synapse;
    membrane_[i] -= on_leak + on_synapse;
  }
}

void Soma::clear(Time now) {
  origin_ = now;
  std::ranges::fill(leak_, 0.0F);
  std::ranges::fill(synapse_, 0.0F);
  std::ranges::fill(membrane_, 0.0F);
}

void Soma::checkpoint(const Checkpoint& state) {
  state.number("conductance_per_ms", conductance_);
  state.number("origin_ms", origin_);
  max_age_ = max_age(kernel_, conductance_);
  state.array("leak", std::span(leak_).first(neurons_));
  state.array("synapse", std::span(synapse_).first(neurons_));
  state.array("membrane", std::span(membrane_).first(neurons_));
  state.array("level", std::span(level_).first(neurons_));
}

}  // namespace apical
