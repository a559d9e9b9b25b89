#pragma once

#include <cstddef>

#include "models/rate/matrix_product.h"

namespace apical {

// Element (i, j) is values[i * row_stride + j * column_stride], so a transpose is one too. Owns
// nothing.
struct StridedMatrix {
  const float* values = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t row_stride = 0;
  std::size_t column_stride = 0;
};

// c = a b or c += a b on the calling thread, for matrices that stay in the nearest caches: nothing
// is packed, which for so few products would take a BLAS longer than the products themselves.
// Fastest where the columns of b and c are a multiple of two registers. Each element is one chain
// of fused multiply-adds in the order of a's columns, which a sum continues: its bits depend on
// nothing else.
void multiply_small(StridedMatrix a, ConstMatrix b, Matrix c, Sum sum = Sum::kReplace);

}  // namespace apical
