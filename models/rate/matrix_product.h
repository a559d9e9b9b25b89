#pragma once

#include <cstddef>

namespace apical {

// A matrix within an array: element (i, j) is values[i * stride + j]. Owns nothing.
struct ConstMatrix {
  const float* values = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;
};

struct Matrix {
  float* values = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  operator ConstMatrix() const {  // NOLINT(google-explicit-constructor)
    return {values, rows, columns, stride};
  }
};

// Whether the product replaces c or is added to it.
enum class Sum { kReplace, kAdd };

// c = a b, c = a b^T and c = a^T b, or c += likewise, on the calling thread alone, with OpenBLAS.
// The bits depend on the shapes of the three matrices and the processor. No dimension may be 0.
void multiply(ConstMatrix a, ConstMatrix b, Matrix c, Sum sum = Sum::kReplace);
void multiply_by_transpose(ConstMatrix a, ConstMatrix b, Matrix c, Sum sum = Sum::kReplace);
void multiply_transpose_by(ConstMatrix a, ConstMatrix b, Matrix c, Sum sum = Sum::kReplace);

}  // namespace apical
