#include "models/rate_trace.h"

#include <algorithm>
#include <cassert>

namespace apical {

void RateTrace::integrate(Time now) {
  const Time length = now - integrated_to_;
  for (std::size_t j = 0; j < rates_.size(); ++j) {
    integrals_[j] += static_cast<double>(rates_[j]) * length;
  }
  integrated_to_ = now;
}

void RateTrace::hold(Time now, std::span<const float> rates) {
  assert(now >= integrated_to_);
  integrate(now);
  std::ranges::copy(rates, rates_.begin());
}

void RateTrace::open_window(Time now) {
  window_start_ = integrated_to_ = now;
  std::ranges::fill(integrals_, 0.0);
}

void RateTrace::close_window(Time now) {
  assert(now > window_start_);
  integrate(now);
  const double per_ms = 1 / (now - window_start_);
  for (std::size_t j = 0; j < rates_.size(); ++j) {
    window_mean_[j] = static_cast<float>(integrals_[j] * per_ms);
  }
}

void RateTrace::clear(Time now) {
  window_start_ = integrated_to_ = now;
  std::ranges::fill(rates_, 0.0F);
  std::ranges::fill(integrals_, 0.0);
  std::ranges::fill(window_mean_, 0.0F);
}

void RateTrace::checkpoint(const Checkpoint& state) {
  state.number("window_start_ms", window_start_);
  state.number("integrated_to_ms", integrated_to_);
  state.array("rates", std::span(rates_));
  state.array("integrals", std::span(integrals_));
  state.array("window_mean", std::span(window_mean_));
}

}  // namespace apical
