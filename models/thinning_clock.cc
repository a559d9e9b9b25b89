#include "models/thinning_clock.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "simulator/vector_math.h"

namespace apical {
namespace {

// u of 32 bits, in (0, 1), and 1 - u: both with the relative accuracy of a float.
struct Fraction {
  float u;
  float rest;
};

Fraction fraction_of(std::uint32_t word) {
  const auto part = [](std::uint32_t upper24, std::uint32_t lower8) {
    return fused(static_cast<float>(static_cast<std::int32_t>(lower8)) + 0.5F, 0x1p-32F,
                 static_cast<float>(static_cast<std::int32_t>(upper24)) * 0x1p-24F);
  };
  return {part(word >> 8, word & 0xff), part(0xffffff - (word >> 8), 0xff - (word & 0xff))};
}

}  // namespace

void exponential_of(std::span<const std::uint32_t> words, std::span<float> result) {
  const std::uint32_t* const word = words.data();
  float* const out = result.data();
  for (std::size_t n = 0; n < result.size(); ++n) {
    const Fraction fraction = fraction_of(word[n]);
    out[n] = -fast_log(fraction.u, -fraction.rest);
  }
}

void logit_of(std::span<const std::uint32_t> words, std::span<float> result) {
  const std::uint32_t* const word = words.data();
  float* const out = result.data();
  for (std::size_t n = 0; n < result.size(); ++n) {
    const Fraction fraction = fraction_of(word[n]);
    out[n] = fast_log(fraction.u / fraction.rest);
  }
}

// Sums of four intervals at a time, so that only every fourth sum waits for the one before it.
void event_times(Time after, double scale, std::span<const float> intervals,
                 std::span<Time> times) {
  assert(intervals.size() == times.size() && times.size() % 4 == 0);
  for (std::size_t n = 0; n < times.size(); n += 4) {
    const double first = static_cast<double>(intervals[n]) * scale;
    const double second = first + static_cast<double>(intervals[n + 1]) * scale;
    const double third = second + static_cast<double>(intervals[n + 2]) * scale;
    const double fourth = third + static_cast<double>(intervals[n + 3]) * scale;
    times[n] = after + first;
    times[n + 1] = after + second;
    times[n + 2] = after + third;
    times[n + 3] = after + fourth;
    after = times[n + 3];
  }
}

ThinningClock::ThinningClock(StreamKey key, std::uint32_t neurons, double rate_per_ms,
                             std::size_t most)
    : stream_(key),
      population_(neurons),
      mean_interval_(1 / (rate_per_ms * neurons)),
      most_(most),
      times_(most + kBlock),
      neurons_(most + kBlock),
      thresholds_(most + kBlock) {
  assert(neurons > 0 && rate_per_ms > 0);
  draw_block();
}

void ThinningClock::restart(StreamKey key) {
  stream_ = RandomStream(key);
  last_ = 0;
  at_ = drawn_ = 0;
  draw_block();
}

void ThinningClock::look_ahead(Time end) {
  while (last_ <= end && drawn_ - at_ <= most_) draw_block();
}

// Behind those that are pending, which go to the front where there is no room.
void ThinningClock::draw_block() {
  if (drawn_ + kBlock > times_.size()) {
    const auto to_front = [&](auto& values) {
      std::copy(values.begin() + static_cast<std::ptrdiff_t>(at_),
                values.begin() + static_cast<std::ptrdiff_t>(drawn_), values.begin());
    };
    to_front(times_);
    to_front(neurons_);
    to_front(thresholds_);
    drawn_ -= at_;
    at_ = 0;
  }
  std::array<std::uint32_t, 2 * kBlock> words;
  std::array<float, kBlock> intervals;
  std::array<std::uint32_t, kBlock> remainders;
  stream_.words(words);
  std::uint32_t* const neurons = neurons_.data() + drawn_;
  for (std::size_t n = 0; n < kBlock; ++n) {
    const std::uint64_t product = static_cast<std::uint64_t>(words[n]) * population_;
    neurons[n] = static_cast<std::uint32_t>(product >> 32);
    remainders[n] = static_cast<std::uint32_t>(product);
  }
  exponential_of(remainders, intervals);
  logit_of(std::span(words).subspan(kBlock), std::span(thresholds_).subspan(drawn_, kBlock));
  const std::span<Time> times = std::span(times_).subspan(drawn_, kBlock);
  event_times(last_, mean_interval_, intervals, times);
  last_ = times.back();
  drawn_ += kBlock;
}

void ThinningClock::checkpoint(const Checkpoint& state) {
  stream_.checkpoint(state);
  state.number("last_ms", last_);
  std::size_t pending = drawn_ - at_;
  state.number("candidates", pending);
  if (state.restores()) {
    assert(pending > 0 && pending <= times_.size());
    at_ = 0;
    drawn_ = pending;
  }
  state.array("times_ms", std::span(times_).subspan(at_, pending));
  state.array("neurons", std::span(neurons_).subspan(at_, pending));
  state.array("thresholds", std::span(thresholds_).subspan(at_, pending));
}

}  // namespace apical
