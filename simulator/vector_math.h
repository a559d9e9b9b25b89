#pragma once

#ifdef __AVX__
#include <immintrin.h>
#endif

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

namespace apical {

// Arithmetic that compiles to SIMD, and gives the same bits whether an element is computed in a
// vector or alone: a product is fused with a sum where `fused` says so and nowhere else (the build
// turns the compiler's own contraction off).

// a * b + c, rounded once where the processor can.
inline float fused(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
inline double fused(double a, double b, double c) {
#ifdef __FMA__
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

// The floats of a register. Arrays of state and weights are padded to whole cache lines, one, two
// or four of these.
#if defined(__AVX512F__)
inline constexpr std::size_t kLanes = 16;
#elif defined(__AVX__)
inline constexpr std::size_t kLanes = 8;
#else
inline constexpr std::size_t kLanes = 4;
#endif
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float)), may_alias));
inline constexpr std::size_t kPadding = 16;  // floats in a cache line

inline constexpr std::size_t padded(std::size_t count) {
  return (count + kPadding - 1) / kPadding * kPadding;
}

inline Lanes all(float value) {
#if defined(__AVX512F__)
  return _mm512_set1_ps(value);
#elif defined(__AVX__)
  return _mm256_set1_ps(value);
#else
  return Lanes{value, value, value, value};
#endif
}

inline Lanes fused(Lanes a, Lanes b, Lanes c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__) && defined(__AVX__)
  return _mm256_fmadd_ps(a, b, c);  // a loop over the lanes is not always made into this
#else
  return a * b + c;
#endif
}

// What is summed over the lanes of a register has other bits with other registers. So that AVX-512
// gives those of AVX2, sums have no more lanes than that.
inline constexpr std::size_t kSumLanes = kLanes < 8 ? kLanes : 8;
using SumLanes = float __attribute__((vector_size(kSumLanes * sizeof(float)), may_alias));
#ifdef __AVX512F__
inline SumLanes fused(SumLanes a, SumLanes b, SumLanes c) { return _mm256_fmadd_ps(a, b, c); }
#endif

// Memory aligned to cache lines.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  CacheLineAllocator() = default;
  template <typename U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const CacheLineAllocator&) const { return true; }
};

// Floats from the start of a cache line on.
using AlignedFloats = std::vector<float, CacheLineAllocator<float>>;

// exp(x) for x in [-87, 88], relative error below 2e-7; nothing is said of other x.
// Range reduction to |r| <= ln 2 / 2 and a polynomial (coefficients as in Cephes expf).
inline float fast_exp_inside(float x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 0x1.8p23F;  // adding it rounds to the nearest integer
  const float shifted = fused(x, kLog2E, kRound);
  const float n = shifted - kRound;
  float r = fused(n, -kLn2High, x);
  r = fused(n, -kLn2Low, r);
  float p = 1.9875691500e-4F;
  p = fused(p, r, 1.3981999507e-3F);
  p = fused(p, r, 8.3334519073e-3F);
  p = fused(p, r, 4.1665795894e-2F);
  p = fused(p, r, 1.6666665459e-1F);
  p = fused(p, r, 5.0000001201e-1F);
  p = fused(p * r, r, r) + 1.0F;
  const std::int32_t exponent = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted))
                                << 23;
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(p) + exponent);
}

// exp(x) for any x; outside [-87, 88] the value at the nearer end.
inline float fast_exp(float x) {
  const float above = x < -87.0F ? -87.0F : x;
  return fast_exp_inside(above > 88.0F ? 88.0F : above);
}

// ln(x) for positive normal x, error below 2e-7 of the larger of |ln x| and 1. The polynomial on
// [sqrt(1/2), sqrt(2)) is that of Cephes logf. `x_minus_one`, where the caller has it more exactly
// than x itself, makes the relative error small next to x = 1 too.
inline float fast_log(float x, float x_minus_one) {
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  const auto bits = std::bit_cast<std::int32_t>(x);
  const std::int32_t e = (bits - kSqrtHalf) >> 23;
  const auto power = static_cast<std::int32_t>(static_cast<std::uint32_t>(e) << 23);
  const float mantissa = std::bit_cast<float>(bits - power) - 1.0F;
  const float m = e == 0 ? x_minus_one : mantissa;
  const auto exponent = static_cast<float>(e);
  const float z = m * m;
  float p = 7.0376836292e-2F;
  p = fused(p, m, -1.1514610310e-1F);
  p = fused(p, m, 1.1676998740e-1F);
  p = fused(p, m, -1.2420140846e-1F);
  p = fused(p, m, 1.4249322787e-1F);
  p = fused(p, m, -1.6668057665e-1F);
  p = fused(p, m, 2.0000714765e-1F);
  p = fused(p, m, -2.4999993993e-1F);
  p = fused(p, m, 3.3333331174e-1F);
  float y = p * m * z;
  y = fused(exponent, -2.12194440e-4F, y);
  y = fused(z, -0.5F, y);
  return fused(exponent, 0.693359375F, m + y);
}
inline float fast_log(float x) { return fast_log(x, x - 1.0F); }

// The logistic function.
inline float sigmoid(float x) { return 1.0F / (1.0F + fast_exp(-x)); }

}  // namespace apical
