#include "models/rate/small_product.h"

#include <gtest/gtest.h>

#include <cstddef>

#include "tests/models/rate/explicit_map.h"

namespace apical {
namespace {

// All tiles: whole ones, rows left over, one register of columns, columns that fill none; of a
// matrix and of a transpose; to the bit, since the order of each sum is part of the contract.
TEST(SmallProductTest, ElementsAreChainsOfFusedMultiplyAdds) {
  for (const bool transposed : {false, true}) {
    for (const Sum sum : {Sum::kReplace, Sum::kAdd}) {
      for (std::size_t rows = 1; rows <= 13; ++rows) {
        for (const std::size_t columns : {1U, 7U, 8U, 16U, 27U, 40U}) {
          for (const std::size_t depth : {1U, 9U}) {
            const AlignedFloats a = random_floats(1, rows * depth);
            const AlignedFloats b = random_floats(2, depth * (columns + 3));
            AlignedFloats c = random_floats(3, rows * (columns + 2));
            AlignedFloats expected = c;
            const std::size_t row_stride = transposed ? 1 : depth;
            const std::size_t column_stride = transposed ? rows : 1;
            for (std::size_t i = 0; i < rows; ++i) {
              for (std::size_t j = 0; j < columns; ++j) {
                float& element = expected[i * (columns + 2) + j];
                if (sum == Sum::kReplace) element = 0;
                for (std::size_t k = 0; k < depth; ++k) {
                  const float factor = a[i * row_stride + k * column_stride];
                  element = fused(factor, b[k * (columns + 3) + j], element);
                }
              }
            }
            multiply_small({a.data(), rows, depth, row_stride, column_stride},
                           {b.data(), depth, columns, columns + 3},
                           {c.data(), rows, columns, columns + 2}, sum);
            EXPECT_TRUE(c == expected) << rows << ' ' << columns << ' ' << depth;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace apical
