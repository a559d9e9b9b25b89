#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/random_stream.h"
#include "simulator/time.h"

namespace apical {

// Candidate spikes of a whole population: N independent Poisson processes of one rate are one
// process of N times the rate, each event of which falls on a uniformly random neuron (Lewis &
// Shedler 1979 for the thinning that follows). A neuron whose rate is max_rate sigmoid(V) accepts
// its candidate when u < sigmoid(V), that is when V exceeds the candidate's threshold logit(u).
//
// The clock knows nothing of V, so it never needs to be rescheduled. Candidates are drawn a block
// at a time, 64 random bits each: 32 for the threshold, 32 for neuron and interval. (A word times
// the number of neurons N has the neuron in its upper half, and in its lower half what is left of
// the randomness, in steps of N: the distribution of the intervals is exact up to N 2^-32.)
class ThinningClock {
 public:
  static constexpr std::size_t kBlock = 128;

  // `rate_per_ms` of each of `neurons`, above 0; candidates start at time 0. look_ahead stops once
  // more than `most` candidates are pending.
  ThinningClock(StreamKey key, std::uint32_t neurons, double rate_per_ms,
                std::size_t most = kBlock);

  // Starts again at time 0 with another stream.
  void restart(StreamKey key);

  // Restored into a clock that was made with the same arguments.
  void checkpoint(const Checkpoint& state);

  // The pending candidate.
  Time time() const { return times_[at_]; }

  // Draws candidates until one is pending that is later than `end`, or more than `most` are.
  void look_ahead(Time end);

  // The candidates that have been drawn and are still to come, at least one.
  std::span<const Time> times() const { return pending(times_); }
  std::span<const std::uint32_t> neurons() const { return pending(neurons_); }
  std::span<const float> thresholds() const { return pending(thresholds_); }

  // Passes the first `count` of them.
  void pass(std::size_t count) {
    assert(count <= drawn_ - at_);
    at_ += count;
    if (at_ == drawn_) draw_block();
  }

 private:
  template <typename T>
  std::span<const T> pending(const std::vector<T>& values) const {
    return std::span(values).subspan(at_, drawn_ - at_);
  }

  void draw_block();

  RandomStream stream_;
  std::uint32_t population_;
  double mean_interval_;  // ms, of the whole population
  std::size_t most_;
  Time last_ = 0;
  std::size_t at_ = 0;     // the pending candidate
  std::size_t drawn_ = 0;  // end of the candidates
  std::vector<Time> times_;
  std::vector<std::uint32_t> neurons_;
  std::vector<float> thresholds_;
};

// -ln(u) of the 32 bits of each word: exponentially distributed with mean 1. The relative error is
// that of a float everywhere, also for the shortest intervals.
void exponential_of(std::span<const std::uint32_t> words, std::span<float> result);

// ln(u / (1 - u)) of the 32 bits of each word: logistically distributed.
void logit_of(std::span<const std::uint32_t> words, std::span<float> result);

// times[n] = after + scale (intervals[0] + ... + intervals[n]); none is before the one before it.
void event_times(Time after, double scale, std::span<const float> intervals, std::span<Time> times);

}  // namespace apical
