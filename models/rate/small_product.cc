#include "models/rate/small_product.h"

#include <cassert>
#include <cstring>

#include "simulator/vector_math.h"

namespace apical {
namespace {

// Six rows by two registers of columns: twelve sums, two registers of b and one factor of a fill
// the sixteen that AVX has.
constexpr std::size_t kRows = 6;
constexpr std::size_t kRegisters = 2;

Lanes load(const float* from) {
  Lanes result;
  std::memcpy(&result, from, sizeof(result));
  return result;
}

void store(Lanes value, float* to) { std::memcpy(to, &value, sizeof(value)); }

// Inlined, because with few columns of `a` the tiles are small, and a call would take as long.
template <std::size_t kTileRows, std::size_t kTileRegisters>
[[gnu::always_inline]] inline void multiply_tile(const StridedMatrix& a, const ConstMatrix& b,
                                                 const Matrix& c, Sum sum, std::size_t row,
                                                 std::size_t column) {
  Lanes sums[kTileRows][kTileRegisters] = {};
  float* const to = c.values + row * c.stride + column;
  if (sum == Sum::kAdd) {
#pragma GCC unroll 6
    for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 2
      for (std::size_t n = 0; n < kTileRegisters; ++n) {
        sums[i][n] = load(to + i * c.stride + n * kLanes);
      }
    }
  }
  const float* factor = a.values + row * a.row_stride;
  const float* from = b.values + column;
  for (std::size_t k = 0; k < a.columns; ++k) {
    Lanes values[kTileRegisters];
#pragma GCC unroll 2
    for (std::size_t n = 0; n < kTileRegisters; ++n) values[n] = load(from + n * kLanes);
#pragma GCC unroll 6
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const Lanes times = all(factor[i * a.row_stride]);
#pragma GCC unroll 2
      for (std::size_t n = 0; n < kTileRegisters; ++n) {
        sums[i][n] = fused(times, values[n], sums[i][n]);
      }
    }
    factor += a.column_stride;
    from += b.stride;
  }
#pragma GCC unroll 6
  for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 2
    for (std::size_t n = 0; n < kTileRegisters; ++n) {
      store(sums[i][n], to + i * c.stride + n * kLanes);
    }
  }
}

// Columns that do not fill a register.
void multiply_rest(const StridedMatrix& a, const ConstMatrix& b, const Matrix& c, Sum sum,
                   std::size_t row, std::size_t column) {
  float& to = c.values[row * c.stride + column];
  float result = sum == Sum::kAdd ? to : 0.0F;
  for (std::size_t k = 0; k < a.columns; ++k) {
    const float factor = a.values[row * a.row_stride + k * a.column_stride];
    result = fused(factor, b.values[k * b.stride + column], result);
  }
  to = result;
}

template <std::size_t kTileRows>
void multiply_rows(const StridedMatrix& a, const ConstMatrix& b, const Matrix& c, Sum sum,
                   std::size_t row) {
  std::size_t column = 0;
  for (; column + kRegisters * kLanes <= c.columns; column += kRegisters * kLanes) {
    multiply_tile<kTileRows, kRegisters>(a, b, c, sum, row, column);
  }
  for (; column + kLanes <= c.columns; column += kLanes) {
    multiply_tile<kTileRows, 1>(a, b, c, sum, row, column);
  }
  for (; column < c.columns; ++column) {
    for (std::size_t i = 0; i < kTileRows; ++i) multiply_rest(a, b, c, sum, row + i, column);
  }
}

}  // namespace

void multiply_small(StridedMatrix a, ConstMatrix b, Matrix c, Sum sum) {
  assert(a.rows == c.rows && b.columns == c.columns && a.columns == b.rows);
  std::size_t row = 0;
  for (; row + kRows <= c.rows; row += kRows) multiply_rows<kRows>(a, b, c, sum, row);
  switch (c.rows - row) {
    case 5:
      return multiply_rows<5>(a, b, c, sum, row);
    case 4:
      return multiply_rows<4>(a, b, c, sum, row);
    case 3:
      return multiply_rows<3>(a, b, c, sum, row);
    case 2:
      return multiply_rows<2>(a, b, c, sum, row);
    case 1:
      return multiply_rows<1>(a, b, c, sum, row);
    default:
      return;
  }
}

}  // namespace apical
