#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "simulator/random_stream.h"
#include "simulator/time.h"

namespace apical {

// Candidate spikes of a whole population: N independent Poisson processes of one rate are one
// process of N times the rate, each event of which falls on a uniformly random neuron (Lewis &
// Shedler 1979 for the thinning that follows). A neuron whose rate is max_rate sigmoid(V) accepts
// its candidate when u < sigmoid(V), that is when V exceeds the candidate's threshold logit(u).
//
// The clock knows nothing of V, so it never needs to be rescheduled. It is drawn a block at a time;
// position() counts the candidates that were passed.
class ThinningClock {
 public:
  static constexpr std::size_t kBlock = 128;

  // `rate_per_ms` of each of `neurons`, above 0; candidates start at time 0.
  ThinningClock(StreamKey key, std::uint32_t neurons, double rate_per_ms);

  // Starts again at time 0 with another stream.
  void restart(StreamKey key);

  // The pending candidate.
  Time time() const { return times_[at_]; }

  // The candidates of the current block that are still to come, at least one.
  std::span<const Time> times() const { return std::span(times_).subspan(at_); }
  std::span<const std::uint32_t> neurons() const { return std::span(neurons_).subspan(at_); }
  std::span<const float> thresholds() const { return std::span(thresholds_).subspan(at_); }

  // Passes the first `count` of them.
  void pass(std::size_t count) {
    at_ += count;
    if (at_ == kBlock) draw_block();
  }

 private:
  void draw_block();

  RandomStream stream_;
  std::uint32_t population_;
  double mean_interval_;  // ms, of the whole population
  Time last_ = 0;
  std::size_t at_ = 0;
  std::array<Time, kBlock> times_;
  std::array<std::uint32_t, kBlock> neurons_;
  std::array<float, kBlock> thresholds_;
};

// -ln(u) of the 48 bits in the upper 24 of each word: exponentially distributed with mean 1. The
// relative error is that of a float everywhere, also for the shortest intervals.
void exponential_of(std::span<const std::uint32_t> high, std::span<const std::uint32_t> low,
                    std::span<float> result);

// ln(u / (1 - u)) of the 32 bits of each word: logistically distributed.
void logit_of(std::span<const std::uint32_t> words, std::span<float> result);

}  // namespace apical
