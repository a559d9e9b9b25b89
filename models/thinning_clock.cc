#include "models/thinning_clock.h"

#include <cassert>

#include "simulator/vector_math.h"

namespace apical {
namespace {

constexpr std::uint32_t kOnes24 = 0xffffff;

// u = a 2^-24 + (b + 1/2) 2^-(24 + bits of b). Its complement 1 - u is the same sum of the
// complements of a and b, so that both ends have the relative accuracy of a float.
float fraction_of(std::uint32_t a, std::uint32_t b, float unit_of_b) {
  return fused(static_cast<float>(static_cast<std::int32_t>(b)) + 0.5F, unit_of_b,
               static_cast<float>(static_cast<std::int32_t>(a)) * 0x1p-24F);
}

}  // namespace

void exponential_of(std::span<const std::uint32_t> high, std::span<const std::uint32_t> low,
                    std::span<float> result) {
  const std::uint32_t* const a = high.data();
  const std::uint32_t* const b = low.data();
  float* const out = result.data();
  for (std::size_t n = 0; n < result.size(); ++n) {
    const std::uint32_t upper = a[n] >> 8;
    const std::uint32_t lower = b[n] >> 8;
    const float u = fraction_of(upper, lower, 0x1p-48F);
    const float rest = fraction_of(kOnes24 - upper, kOnes24 - lower, 0x1p-48F);
    out[n] = -fast_log(u, -rest);
  }
}

void logit_of(std::span<const std::uint32_t> words, std::span<float> result) {
  const std::uint32_t* const word = words.data();
  float* const out = result.data();
  for (std::size_t n = 0; n < result.size(); ++n) {
    const std::uint32_t upper = word[n] >> 8;
    const std::uint32_t lower = word[n] & 0xff;
    const float u = fraction_of(upper, lower, 0x1p-32F);
    const float rest = fraction_of(kOnes24 - upper, 0xff - lower, 0x1p-32F);
    out[n] = fast_log(u / rest);
  }
}

ThinningClock::ThinningClock(StreamKey key, std::uint32_t neurons, double rate_per_ms)
    : stream_(key), population_(neurons), mean_interval_(1 / (rate_per_ms * neurons)) {
  assert(neurons > 0 && rate_per_ms > 0);
  draw_block();
}

void ThinningClock::restart(StreamKey key) {
  stream_ = RandomStream(key);
  last_ = 0;
  draw_block();
}

void ThinningClock::draw_block() {
  std::array<std::uint32_t, 4 * kBlock> words;
  std::array<float, kBlock> intervals;
  stream_.words(words);
  const auto word = [&](std::size_t k) {
    return std::span<const std::uint32_t>(words).subspan(k * kBlock, kBlock);
  };
  exponential_of(word(0), word(1), intervals);
  for (std::size_t n = 0; n < kBlock; ++n) {
    neurons_[n] =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(word(2)[n]) * population_ >> 32);
  }
  logit_of(word(3), thresholds_);
  for (std::size_t n = 0; n < kBlock; ++n) {
    last_ += static_cast<double>(intervals[n]) * mean_interval_;
    times_[n] = last_;
  }
  at_ = 0;
}

}  // namespace apical
