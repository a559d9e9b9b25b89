#include "models/spike_trace.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

#include "simulator/vector_math.h"

namespace apical {
namespace {

// exp(40) leaves 10^20 of a float's range for the sums.
constexpr double kMaxExponent = 40;

// A sum below this would be lost in the rounding of the neuron's next spike. It counts as none, so
// that neurons long silent are skipped and no arithmetic is done on denormal numbers.
constexpr float kForgotten = 0x1p-24F;

}  // namespace

SpikeTrace::SpikeTrace(std::size_t neurons, PostsynapticPotential kernel)
    : kernel_(kernel),
      max_age_(kMaxExponent * std::min(kernel.tau_leak_ms, kernel.tau_synapse_ms)),
      leak_(neurons, 0.0F),
      synapse_(neurons, 0.0F),
      spikes_(neurons, 0.0F),
      leak_at_start_(neurons, 0.0F),
      synapse_at_start_(neurons, 0.0F),
      window_mean_(neurons, 0.0F) {}

void SpikeTrace::add(std::span<const Spike> spikes) {
  constexpr std::size_t kBlock = 64;
  const auto leak_rate = static_cast<float>(kernel_.leak_rate());
  const auto synapse_rate = static_cast<float>(kernel_.synapse_rate());
  float leak[kBlock];
  float synapse[kBlock];
  while (!spikes.empty()) {
    if (spikes.front().time - origin_ > max_age_) move_origin(spikes.front().time);
    const std::size_t count = std::min(kBlock, spikes.size());
    std::size_t within = 0;
    for (; within < count && spikes[within].time - origin_ <= max_age_; ++within) {
      leak[within] = synapse[within] = static_cast<float>(spikes[within].time - origin_);
    }
    for (std::size_t k = 0; k < within; ++k) leak[k] = fast_exp_inside(leak[k] * leak_rate);
    for (std::size_t k = 0; k < within; ++k)
      synapse[k] = fast_exp_inside(synapse[k] * synapse_rate);
    for (std::size_t k = 0; k < within; ++k) {
      const std::uint32_t j = spikes[k].neuron;
      leak_[j] += leak[k];
      synapse_[j] += synapse[k];
      spikes_[j] += 1.0F;
    }
    if (kernel_.is_cut_off()) {
      to_end_.insert(to_end_.end(), spikes.begin(),
                     spikes.begin() + static_cast<std::ptrdiff_t>(within));
    }
    spikes = spikes.subspan(within);
  }
}

// Takes away what ends up to `now`. At times that a reader does not choose only: each sum is one
// chain of additions, whose order must not depend on who looks.
void SpikeTrace::end_spikes(Time now) {
  const auto beyond = static_cast<float>(kernel_.area_beyond_cut_off());
  std::size_t ended = 0;
  for (; ended < to_end_.size() && to_end_[ended].time + kernel_.cut_off_ms <= now; ++ended) {
    const Spike& spike = to_end_[ended];
    leak_[spike.neuron] -=
        static_cast<float>(std::exp((spike.time - origin_) * kernel_.leak_rate()));
    synapse_[spike.neuron] -=
        static_cast<float>(std::exp((spike.time - origin_) * kernel_.synapse_rate()));
    spikes_[spike.neuron] -= beyond;
  }
  to_end_.erase(to_end_.begin(), to_end_.begin() + static_cast<std::ptrdiff_t>(ended));
}

// The same for a look: from sums that have been read at `now`.
void SpikeTrace::subtract_ended(Time now, std::span<float> leak, std::span<float> synapse) const {
  for (const Spike& spike : to_end_) {
    if (spike.time + kernel_.cut_off_ms > now) break;
    leak[spike.neuron] -= static_cast<float>(std::exp((spike.time - now) * kernel_.leak_rate()));
    synapse[spike.neuron] -=
        static_cast<float>(std::exp((spike.time - now) * kernel_.synapse_rate()));
  }
}

void SpikeTrace::move_origin(Time now) {
  if (!to_end_.empty()) end_spikes(now);
  const auto move = [&](std::vector<float>& sums, double rate) {
    const auto factor = static_cast<float>(std::exp((origin_ - now) * rate));
    for (float& sum : sums) {
      const float moved = sum * factor;
      sum = moved < kForgotten ? 0.0F : moved;
    }
  };
  move(leak_, kernel_.leak_rate());
  move(synapse_, kernel_.synapse_rate());
  origin_ = now;
}

void SpikeTrace::open_window(Time now) {
  move_origin(now);
  window_start_ = now;
  std::ranges::fill(spikes_, 0.0F);
  leak_at_start_ = leak_;
  synapse_at_start_ = synapse_;
}

void SpikeTrace::close_window(Time now) {
  assert(now > window_start_);
  move_origin(now);
  const auto per_ms = static_cast<float>(1 / (now - window_start_));
  const auto leak = static_cast<float>(kernel_.scale() * kernel_.tau_leak_ms);
  const auto synapse = static_cast<float>(kernel_.scale() * kernel_.tau_synapse_ms);
  for (std::size_t j = 0; j < neurons(); ++j) {
    const float integral = spikes_[j] + leak * (leak_at_start_[j] - leak_[j]) -
                           synapse * (synapse_at_start_[j] - synapse_[j]);
    window_mean_[j] = integral * per_ms;
  }
}

void SpikeTrace::potentials(Time now, std::span<float> s) const {
  if (!to_end_.empty()) {
    std::vector<float> leak(neurons());
    std::vector<float> synapse(neurons());
    exponential_sums(now, leak, synapse);
    const auto factor = static_cast<float>(kernel_.scale());
    for (std::size_t j = 0; j < neurons(); ++j) s[j] = factor * (leak[j] - synapse[j]);
    return;
  }
  const double scale = kernel_.scale();
  const double leak = scale * std::exp((origin_ - now) * kernel_.leak_rate());
  const double synapse = scale * std::exp((origin_ - now) * kernel_.synapse_rate());
  for (std::size_t j = 0; j < neurons(); ++j) {
    s[j] = static_cast<float>(leak * leak_[j] - synapse * synapse_[j]);
  }
}

void SpikeTrace::exponential_sums(Time now, std::span<float> leak, std::span<float> synapse) const {
  const auto leak_factor = static_cast<float>(std::exp((origin_ - now) * kernel_.leak_rate()));
  const auto synapse_factor =
      static_cast<float>(std::exp((origin_ - now) * kernel_.synapse_rate()));
  for (std::size_t j = 0; j < neurons(); ++j) {
    leak[j] = leak_[j] * leak_factor;
    synapse[j] = synapse_[j] * synapse_factor;
  }
  subtract_ended(now, leak, synapse);
}

// Four partial sums of each kind, so that additions need not wait for one another.
SpikeTrace::WeightedSums SpikeTrace::weighted_sums(Time now, std::span<const float> values) {
  move_origin(now);
  constexpr std::size_t kParts = 4;
  std::array<double, kParts> leak{};
  std::array<double, kParts> synapse{};
  const auto add = [&](std::size_t j, std::size_t part) {
    leak[part] += static_cast<double>(values[j]) * leak_[j];
    synapse[part] += static_cast<double>(values[j]) * synapse_[j];
  };
  std::size_t j = 0;
  for (; j + kParts <= neurons(); j += kParts) {
    for (std::size_t part = 0; part < kParts; ++part) add(j + part, part);
  }
  for (; j < neurons(); ++j) add(j, 0);
  return {std::accumulate(leak.begin(), leak.end(), 0.0),
          std::accumulate(synapse.begin(), synapse.end(), 0.0)};
}

void SpikeTrace::clear(Time now) {
  origin_ = window_start_ = now;
  to_end_.clear();
  for (auto* values :
       {&leak_, &synapse_, &spikes_, &leak_at_start_, &synapse_at_start_, &window_mean_}) {
    std::ranges::fill(*values, 0.0F);
  }
}

void SpikeTrace::checkpoint(const Checkpoint& state) {
  state.number("origin_ms", origin_);
  state.number("window_start_ms", window_start_);
  state.array("leak", std::span(leak_));
  state.array("synapse", std::span(synapse_));
  state.array("spikes", std::span(spikes_));
  state.array("leak_at_start", std::span(leak_at_start_));
  state.array("synapse_at_start", std::span(synapse_at_start_));
  state.array("window_mean", std::span(window_mean_));
  if (kernel_.is_cut_off()) apical::checkpoint(state.in("to_end"), to_end_);
}

}  // namespace apical
