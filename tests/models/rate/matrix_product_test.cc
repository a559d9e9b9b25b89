#include "models/rate/matrix_product.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>

#include "tests/models/rate/explicit_map.h"

namespace apical {
namespace {

constexpr std::size_t kRows = 17;
constexpr std::size_t kDepth = 5;
constexpr std::size_t kColumns = 9;
constexpr std::size_t kGap = 3;

// A matrix in an array with gaps between its rows.
struct Spread {
  Spread(std::size_t row_count, std::size_t column_count, std::uint64_t seed)
      : rows(row_count),
        columns(column_count),
        values(random_floats(seed, row_count * (column_count + kGap))) {}

  float at(std::size_t i, std::size_t j) const { return values[i * (columns + kGap) + j]; }
  ConstMatrix read() const { return {values.data(), rows, columns, columns + kGap}; }
  Matrix write() { return {values.data(), rows, columns, columns + kGap}; }

  std::size_t rows;
  std::size_t columns;
  AlignedFloats values;
};

using Element = std::function<float(std::size_t, std::size_t)>;

// Both sums, and that the gaps are left alone.
void expect_product(void (*product)(ConstMatrix, ConstMatrix, Matrix, Sum), const Spread& a,
                    const Spread& b, const Element& left, const Element& right) {
  for (const Sum sum : {Sum::kReplace, Sum::kAdd}) {
    const Spread before(kRows, kColumns, 3);
    Spread c = before;
    product(a.read(), b.read(), c.write(), sum);
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kColumns + kGap; ++j) {
        double expected = sum == Sum::kAdd || j >= kColumns ? before.at(i, j) : 0.0;
        for (std::size_t k = 0; k < kDepth && j < kColumns; ++k) {
          expected += static_cast<double>(left(i, k)) * right(k, j);
        }
        EXPECT_NEAR(c.at(i, j), expected, 1e-6);
      }
    }
  }
}

TEST(MatrixProductTest, ProductsAreSumsOverTheInnerIndex) {
  const Spread a(kRows, kDepth, 1);
  const Spread b(kDepth, kColumns, 2);
  const Spread a_transpose(kDepth, kRows, 1);
  const Spread b_transpose(kColumns, kDepth, 2);
  const auto of = [](const Spread& m) {
    return [&m](std::size_t i, std::size_t j) { return m.at(i, j); };
  };
  const auto transpose_of = [](const Spread& m) {
    return [&m](std::size_t i, std::size_t j) { return m.at(j, i); };
  };
  expect_product(multiply, a, b, of(a), of(b));
  expect_product(multiply_by_transpose, a, b_transpose, of(a), transpose_of(b_transpose));
  expect_product(multiply_transpose_by, a_transpose, b, transpose_of(a_transpose), of(b));
}

}  // namespace
}  // namespace apical
