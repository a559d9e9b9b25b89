#include "models/individual_windows.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/postsynaptic_potential.h"

namespace apical {
namespace {

// Of times, ms, after years of simulated time.
[[maybe_unused]] constexpr Time kRounding = 1e-5;

// exp(300) leaves 10^178 of a double's range for the sums.
constexpr double kMaxExponent = 300;

}  // namespace

IndividualWindows::IndividualWindows(DenseProjection& projection)
    : projection_(&projection),
      leak_at_start_(projection.weights().sources()),
      synapse_at_start_(projection.weights().sources()) {
  assert(!projection.transmits_rates());
  projection.set_listener(this);
}

void IndividualWindows::begin(Time now) {
  start_ = now;
  arrivals_.clear();
  if (kernel().is_cut_off()) {
    receive(projection_->trace().acting());
  } else {
    projection_->trace().exponential_sums(now, leak_at_start_, synapse_at_start_);
  }
}

void IndividualWindows::receive(std::span<const Spike> spikes) {
  arrivals_.insert(arrivals_.end(), spikes.begin(), spikes.end());
}

void IndividualWindows::add_means(std::span<const Time> ends, Time length, std::span<float> v) {
  bounds_.clear();
  for (std::uint32_t i = 0; i < ends.size(); ++i) {
    assert(ends[i] - length >= start_ - kRounding);
    bounds_.push_back({ends[i] - length, i, -1});
    bounds_.push_back({ends[i], i, 1});
  }
  std::ranges::sort(bounds_, [](const Bound& a, const Bound& b) {
    return a.time < b.time || (a.time == b.time && a.neuron < b.neuron);
  });
  area_.assign(leak_at_start_.size(), 0.0);
  leak_.assign(leak_at_start_.begin(), leak_at_start_.end());
  synapse_.assign(synapse_at_start_.begin(), synapse_at_start_.end());
  origin_ = start_;
  const double per_ms = 1 / length;
  std::vector<double> means(ends.size(), 0.0);
  std::size_t next = 0;
  std::size_t ended = 0;
  for (const Bound& bound : bounds_) {
    for (; next < arrivals_.size() && arrivals_[next].time < bound.time; ++next) {
      take_in(arrivals_[next]);
    }
    if (kernel().is_cut_off()) {
      const Time last = bound.time - kernel().cut_off_ms;
      for (; ended < next && arrivals_[ended].time <= last; ++ended) take_out(arrivals_[ended]);
    }
    means[bound.neuron] += bound.factor * per_ms * integral(bound.time, bound.neuron);
  }
  for (std::size_t i = 0; i < ends.size(); ++i) v[i] += static_cast<float>(means[i]);
}

void IndividualWindows::take_in(const Spike& spike) {
  const Time max_age = kMaxExponent * std::min(kernel().tau_leak_ms, kernel().tau_synapse_ms);
  if (spike.time - origin_ > max_age) move_origin(spike.time);
  area_[spike.neuron] += 1;
  leak_[spike.neuron] += std::exp((spike.time - origin_) * kernel().leak_rate());
  synapse_[spike.neuron] += std::exp((spike.time - origin_) * kernel().synapse_rate());
}

void IndividualWindows::take_out(const Spike& spike) {
  area_[spike.neuron] -= kernel().area_beyond_cut_off();
  leak_[spike.neuron] -= std::exp((spike.time - origin_) * kernel().leak_rate());
  synapse_[spike.neuron] -= std::exp((spike.time - origin_) * kernel().synapse_rate());
}

void IndividualWindows::move_origin(Time now) {
  const double leak = std::exp((origin_ - now) * kernel().leak_rate());
  const double synapse = std::exp((origin_ - now) * kernel().synapse_rate());
  for (double& sum : leak_) sum *= leak;
  for (double& sum : synapse_) sum *= synapse;
  origin_ = now;
}

// Up to a constant that is the same for all times.
double IndividualWindows::integral(Time time, std::uint32_t neuron) const {
  const double scale = kernel().scale();
  const double leak =
      scale * kernel().tau_leak_ms * std::exp((origin_ - time) * kernel().leak_rate());
  const double synapse =
      scale * kernel().tau_synapse_ms * std::exp((origin_ - time) * kernel().synapse_rate());
  const DenseWeights& weights = projection_->weights();
  const float* const row = weights.row(0) + neuron;
  double sum = 0;
  for (std::size_t j = 0; j < area_.size(); ++j) {
    sum += static_cast<double>(row[j * weights.stride()]) *
           (area_[j] - leak * leak_[j] + synapse * synapse_[j]);
  }
  return sum;
}

}  // namespace apical
