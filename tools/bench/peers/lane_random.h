#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace apical::peers {

// Uniform random floats, many at a time: as many independent xoshiro128+ generators (Blackman &
// Vigna 2021) as fit into a register, which the compiler runs as one. Its authors recommend it for
// floats, as only its lowest bits are weak.
class LaneRandom {
 public:
  explicit LaneRandom(std::uint64_t seed) {
    for (auto& words : state_) {
      for (std::uint32_t& word : words) word = split_mix(seed);
    }
  }

  // Each in (0, 1), an odd multiple of 2^-24. `values` holds a multiple of kAtOnce.
  void fill(std::span<float> values) {
    for (std::size_t at = 0; at < values.size(); at += kAtOnce) {
      float* const out = values.data() + at;
      for (std::size_t k = 0; k < kAtOnce; ++k) {
        const std::uint32_t bits = state_[0][k] + state_[3][k];
        const std::uint32_t shifted = state_[1][k] << 9;
        state_[2][k] ^= state_[0][k];
        state_[3][k] ^= state_[1][k];
        state_[1][k] ^= state_[2][k];
        state_[0][k] ^= state_[3][k];
        state_[2][k] ^= shifted;
        state_[3][k] = std::rotl(state_[3][k], 11);
        // 23 random bits and a half fit a float exactly, so that neither 0 nor 1 comes up.
        out[k] = (static_cast<float>(static_cast<std::int32_t>(bits >> 9)) + 0.5F) * 0x1p-23F;
      }
    }
  }

  static constexpr std::size_t kAtOnce = 16;

 private:
  // Steele, Lea & Flood 2014, to seed the lanes.
  static std::uint32_t split_mix(std::uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
  }

  std::uint32_t state_[4][kAtOnce];
};

}  // namespace apical::peers
