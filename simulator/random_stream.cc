#include "simulator/random_stream.h"

#include <Random123/philox.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>

#include "simulator/vector_math.h"

namespace apical {
namespace {

using Philox = r123::Philox4x32;

#ifdef __AVX2__
// Sixteen consecutive draws at once, the same bits as Random123's. Four vectors of four 64-bit
// lanes hold one word of the counter each, of which only the lower halves count: the multiplier
// takes just those, so nothing needs to be masked between rounds.
constexpr std::size_t kAtOnce = 16;

void philox_sixteen(std::uint64_t counter, std::array<std::uint32_t, 2> id,
                    std::array<std::uint32_t, 2> key, std::uint32_t* out, std::size_t stride) {
  constexpr int kVectors = 4;
  const auto all = [](std::uint32_t value) { return _mm256_set1_epi64x(value); };
  __m256i c0[kVectors], c1[kVectors], c2[kVectors], c3[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const auto first = std::bit_cast<long long>(counter + 4U * static_cast<unsigned>(v));
    c0[v] = _mm256_add_epi64(_mm256_set1_epi64x(first), _mm256_set_epi64x(3, 2, 1, 0));
    c1[v] = _mm256_srli_epi64(c0[v], 32);
    c2[v] = all(id[0]);
    c3[v] = all(id[1]);
  }
  std::uint32_t k0 = key[0];
  std::uint32_t k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    for (int v = 0; v < kVectors; ++v) {
      const __m256i p0 = _mm256_mul_epu32(c0[v], all(PHILOX_M4x32_0));
      const __m256i p1 = _mm256_mul_epu32(c2[v], all(PHILOX_M4x32_1));
      c0[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c1[v]), all(k0));
      c2[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c3[v]), all(k1));
      c1[v] = p1;
      c3[v] = p0;
    }
    k0 += PHILOX_W32_0;
    k1 += PHILOX_W32_1;
  }
  const __m256i even = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
  const __m256i* const words[] = {c0, c1, c2, c3};
  for (int word = 0; word < 4; ++word) {
    for (int v = 0; v < kVectors; ++v) {
      const __m256i low = _mm256_permutevar8x32_epi32(words[word][v], even);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + word * stride + 4 * v),
                       _mm256_castsi256_si128(low));
    }
  }
}
#endif

// Draws that bulk distributions take at a time.
constexpr std::size_t kBlock = 64;
constexpr std::size_t kBlockWords = 4 * kBlock;

// sin and cos of pi/2 r for r in [-1/2, 1/2], error below 1e-7 (Taylor series).
float sine_of_quarter(float r) {
  const float x = r * (std::numbers::pi_v<float> / 2);
  const float z = x * x;
  float p = 2.7557319e-6F;
  p = fused(p, z, -1.9841270e-4F);
  p = fused(p, z, 8.3333333e-3F);
  p = fused(p, z, -1.6666667e-1F);
  return fused(p * z, x, x);
}
float cosine_of_quarter(float r) {
  const float x = r * (std::numbers::pi_v<float> / 2);
  const float z = x * x;
  float p = 2.4801587e-5F;
  p = fused(p, z, -1.3888889e-3F);
  p = fused(p, z, 4.1666667e-2F);
  p = fused(p, z, -0.5F);
  return fused(p, z, 1.0F);
}

// 23 bits and a half, in (0, 1).
float unit_of(std::uint32_t bits) {
  return (static_cast<float>(static_cast<std::int32_t>(bits)) + 0.5F) * 0x1p-23F;
}

// Box & Muller: a radius from one word, an angle from another, two normals from both. The angle's
// upper two bits are its quadrant.
void normals_of(const std::uint32_t* radii, const std::uint32_t* angles, float sd, float* values) {
  for (std::size_t n = 0; n < kBlock; ++n) {
    const float radius = sd * std::sqrt(-2.0F * fast_log(unit_of(radii[n] >> 9)));
    const std::uint32_t quadrant = angles[n] >> 30;
    const float r = unit_of((angles[n] << 2) >> 9) - 0.5F;
    const float sine = sine_of_quarter(r);
    const float cosine = cosine_of_quarter(r);
    const float first = (quadrant & 1) != 0 ? sine : cosine;
    const float second = (quadrant & 1) != 0 ? cosine : sine;
    const float sign = (quadrant & 2) != 0 ? -radius : radius;
    values[n] = first * sign;
    values[kBlock + n] = second * sign;
  }
}

}  // namespace

RandomStream::RandomStream(StreamKey key, std::uint64_t position)
    : key_{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)},
      id_{key.process << 8 | static_cast<std::uint32_t>(key.purpose), key.context},
      position_(position) {
  assert(key.process < 1U << 24);
}

std::array<std::uint32_t, 4> RandomStream::draw() {
  std::array<std::uint32_t, 4> result;
  words(result);
  return result;
}

void RandomStream::words(std::span<std::uint32_t> words) {
  const std::size_t draws = words.size() / 4;
  assert(draws * 4 == words.size());
  const Philox::key_type key{{key_[0], key_[1]}};
  std::uint32_t* const out = words.data();
  std::size_t n = 0;
#ifdef __AVX2__
  for (; n + kAtOnce <= draws; n += kAtOnce) {
    philox_sixteen(position_ + n, id_, key_, out + n, draws);
  }
#endif
  for (; n < draws; ++n) {
    const std::uint64_t counter = position_ + n;
    const auto block = Philox()({{static_cast<std::uint32_t>(counter),
                                  static_cast<std::uint32_t>(counter >> 32), id_[0], id_[1]}},
                                key);
    for (std::size_t k = 0; k < 4; ++k) out[k * draws + n] = block[k];
  }
  position_ += draws;
}

template <typename OfDraws>
void RandomStream::fill(std::span<float> values, const OfDraws& of_draws) {
  std::array<std::uint32_t, kBlockWords> words;
  std::array<float, kBlockWords> block;
  while (!values.empty()) {
    this->words(words);
    of_draws(words.data(), block.data());
    const std::size_t count = std::min(values.size(), kBlockWords);
    std::copy_n(block.begin(), count, values.begin());
    values = values.subspan(count);
  }
}

void RandomStream::uniforms(float low, float high, std::span<float> values) {
  const float scale = (high - low) * 0x1p-24F;
  fill(values, [&](const std::uint32_t* words, float* block) {
    for (std::size_t k = 0; k < kBlockWords; ++k) {
      block[k] = fused(static_cast<float>(static_cast<std::int32_t>(words[k] >> 8)), scale, low);
    }
  });
}

void RandomStream::normals(float sd, std::span<float> values) {
  fill(values, [&](const std::uint32_t* words, float* block) {
    normals_of(words, words + kBlock, sd, block);
    normals_of(words + 2 * kBlock, words + 3 * kBlock, sd, block + 2 * kBlock);
  });
}

double RandomStream::uniform() {
  const auto words = draw();
  return uniform_of(words[0], words[1]);
}

std::uint32_t RandomStream::below(std::uint32_t bound) {
  assert(bound > 0);
  // 64 random bits times the bound: the bias is below 2^-32, unobservable.
  const auto words = draw();
  const std::uint64_t low = static_cast<std::uint64_t>(words[1]) * bound >> 32;
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(words[0]) * bound + low) >> 32);
}

double RandomStream::normal() {
  const auto words = draw();
  const double radius = std::sqrt(-2.0 * std::log(uniform_of(words[0], words[1])));
  return radius * std::cos(2.0 * std::numbers::pi * uniform_of(words[2], words[3]));
}

double RandomStream::wald(double mean, double shape) {
  const double normal_squared = std::pow(normal(), 2);
  const double step = mean * normal_squared;
  const double root = mean + mean / (2 * shape) * (step - std::sqrt(step * (4 * shape + step)));
  return uniform() <= mean / (mean + root) ? root : mean * mean / root;
}

}  // namespace apical
