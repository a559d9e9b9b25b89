#include "models/rate/matrix_product.h"

#include <cblas.h>

#include <cassert>

namespace apical {
namespace {

// oneTBB spreads the products over threads; the BLAS must not do so once more.
[[maybe_unused]] const bool kOneThread = [] {
  openblas_set_num_threads(1);
  return true;
}();

blasint blas(std::size_t count) { return static_cast<blasint>(count); }

void product(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, std::size_t depth,
             ConstMatrix a, ConstMatrix b, Matrix c, Sum sum) {
  cblas_sgemm(CblasRowMajor, transpose_a, transpose_b, blas(c.rows), blas(c.columns), blas(depth),
              1.0F, a.values, blas(a.stride), b.values, blas(b.stride),
              sum == Sum::kAdd ? 1.0F : 0.0F, c.values, blas(c.stride));
}

}  // namespace

void multiply(ConstMatrix a, ConstMatrix b, Matrix c, Sum sum) {
  assert(a.rows == c.rows && b.columns == c.columns && a.columns == b.rows);
  product(CblasNoTrans, CblasNoTrans, a.columns, a, b, c, sum);
}

void multiply_by_transpose(ConstMatrix a, ConstMatrix b, Matrix c, Sum sum) {
  assert(a.rows == c.rows && b.rows == c.columns && a.columns == b.columns);
  product(CblasNoTrans, CblasTrans, a.columns, a, b, c, sum);
}

void multiply_transpose_by(ConstMatrix a, ConstMatrix b, Matrix c, Sum sum) {
  assert(a.columns == c.rows && b.columns == c.columns && a.rows == b.rows);
  product(CblasTrans, CblasNoTrans, a.rows, a, b, c, sum);
}

}  // namespace apical
