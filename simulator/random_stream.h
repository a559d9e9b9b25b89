#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "simulator/checkpoint.h"

namespace apical {

// What random numbers are drawn for. Numbers are part of the promise that a seed gives the same
// bits: never reuse or renumber one.
enum class Purpose : std::uint32_t {
  kSpikes = 1,
  kInitialWeights = 2,
  kInitialBiases = 3,
  kShuffling = 4,
  kPhaseLengths = 5,
  kFeedbackWeights = 32,
  kInverseWeights = 33,
  kAuxiliaryWeights = 34,
  kInverseNoise = 35,
  kAugmentation = 36,
  kZeroedWeights = 64,
  kFeedbackNoise = 65,
  kPlateauTimes = 66,
};

// Names one of the independent streams of a run.
struct StreamKey {
  std::uint64_t seed = 0;
  std::uint32_t process = 0;  // below 2^24: a population, a projection
  Purpose purpose = Purpose::kSpikes;
  std::uint32_t context = 0;  // for example the number of a test trial
};

// Counter-based random numbers: Philox 4x32-10 (Salmon et al., SC 2011; Random123). Draw n of a
// stream is a function of the key and n alone, so streams can be made anywhere, in any order, on
// any thread, and saved as one number. All distributions are computed here from the random bits,
// so that they do not depend on the standard library.
class RandomStream {
 public:
  explicit RandomStream(StreamKey key, std::uint64_t position = 0);

  // Number of 128-bit draws taken so far; every scalar below takes one.
  std::uint64_t position() const { return position_; }

  // The position alone; the key is the owner's.
  void checkpoint(const Checkpoint& state) { state.number("random_position", position_); }

  // Uniform in (0, 1), a multiple of 2^-52 plus 2^-53.
  double uniform();

  // Uniform in [0, bound), bound >= 1.
  std::uint32_t below(std::uint32_t bound);

  // Standard normal (Box and Muller's polar-free form).
  double normal();

  // Wald (inverse Gaussian) of the given mean and shape, both above 0 (Michael, Schucany & Haas
  // 1976).
  double wald(double mean, double shape);

  // Takes words.size() / 4 draws; word k of draw n is words[k * draws + n], so that each word of
  // the draws is a contiguous array.
  void words(std::span<std::uint32_t> words);

  // Uniform in [low, high), four to a draw, multiples of 2^-24 of the interval.
  void uniforms(float low, float high, std::span<float> values);

  // Normal with mean 0, four to a draw, to single precision; none is beyond 5.8 sd.
  void normals(float sd, std::span<float> values);

  // Puts the elements in a uniformly random order (Fisher and Yates).
  template <typename T>
  void shuffle(std::span<T> elements) {
    for (std::size_t n = elements.size(); n > 1; --n) {
      std::swap(elements[n - 1], elements[below(static_cast<std::uint32_t>(n))]);
    }
  }

 private:
  std::array<std::uint32_t, 4> draw();
  template <typename OfDraws>
  void fill(std::span<float> values, const OfDraws& of_draws);

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> id_;  // upper half of the counter
  std::uint64_t position_;
};

// 52 random bits of two words as a number in (0, 1). With one bit more, the half that keeps it away
// from 0 would round the largest number up to 1.
inline double uniform_of(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 12;
  return (static_cast<double>(static_cast<std::int64_t>(bits)) + 0.5) * 0x1p-52;
}

}  // namespace apical
