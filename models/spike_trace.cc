#include "models/spike_trace.h"

#include <algorithm>
#include <cassert>
#include <cmath>

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
      sums_(neurons),
      at_start_(neurons),
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
    for (std::size_t k = 0; k < within; ++k) leak[k] = fast_exp(leak[k] * leak_rate);
    for (std::size_t k = 0; k < within; ++k) synapse[k] = fast_exp(synapse[k] * synapse_rate);
    for (std::size_t k = 0; k < within; ++k) {
      Sums& sums = sums_[spikes[k].neuron];
      sums.leak += leak[k];
      sums.synapse += synapse[k];
      sums.spikes += 1.0F;
    }
    spikes = spikes.subspan(within);
  }
}

void SpikeTrace::move_origin(Time now) {
  const auto leak = static_cast<float>(std::exp((origin_ - now) * kernel_.leak_rate()));
  const auto synapse = static_cast<float>(std::exp((origin_ - now) * kernel_.synapse_rate()));
  for (Sums& sums : sums_) {
    sums.leak *= leak;
    sums.synapse *= synapse;
    if (sums.leak < kForgotten) sums.leak = 0;
    if (sums.synapse < kForgotten) sums.synapse = 0;
  }
  origin_ = now;
}

void SpikeTrace::open_window(Time now) {
  move_origin(now);
  window_start_ = now;
  for (Sums& sums : sums_) sums.spikes = 0;
  at_start_ = sums_;
}

void SpikeTrace::close_window(Time now) {
  assert(now > window_start_);
  move_origin(now);
  const auto per_ms = static_cast<float>(1 / (now - window_start_));
  const auto leak = static_cast<float>(kernel_.scale() * kernel_.tau_leak_ms);
  const auto synapse = static_cast<float>(kernel_.scale() * kernel_.tau_synapse_ms);
  for (std::size_t j = 0; j < sums_.size(); ++j) {
    const float integral = sums_[j].spikes + leak * (at_start_[j].leak - sums_[j].leak) -
                           synapse * (at_start_[j].synapse - sums_[j].synapse);
    window_mean_[j] = integral * per_ms;
  }
}

void SpikeTrace::potentials(Time now, std::span<float> s) {
  const double scale = kernel_.scale();
  const double leak = scale * std::exp((origin_ - now) * kernel_.leak_rate());
  const double synapse = scale * std::exp((origin_ - now) * kernel_.synapse_rate());
  for (std::size_t j = 0; j < sums_.size(); ++j) {
    s[j] = static_cast<float>(leak * sums_[j].leak - synapse * sums_[j].synapse);
  }
}

SpikeTrace::WeightedSums SpikeTrace::weighted_sums(Time now, std::span<const float> values) {
  move_origin(now);
  WeightedSums result{0, 0};
  for (std::size_t j = 0; j < sums_.size(); ++j) {
    result.leak += static_cast<double>(values[j]) * sums_[j].leak;
    result.synapse += static_cast<double>(values[j]) * sums_[j].synapse;
  }
  return result;
}

void SpikeTrace::clear(Time now) {
  origin_ = window_start_ = now;
  std::ranges::fill(sums_, Sums{});
  std::ranges::fill(at_start_, Sums{});
  std::ranges::fill(window_mean_, 0.0F);
}

}  // namespace apical
