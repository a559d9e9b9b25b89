#include "models/dense_weights.h"

#include <cassert>

namespace apical {

DenseWeights::DenseWeights(std::size_t sources, std::size_t targets)
    : sources_(sources),
      targets_(targets),
      stride_(padded(targets)),
      values_(sources * padded(targets), 0.0F) {}

// Four rows at a time, so that the sums are loaded and stored once for all of them. Each sum is one
// chain of fused multiply-adds in the order of the sources, as if it were a row at a time.
void DenseWeights::add_weighted_rows(std::span<const float> sources, std::span<float> sums) const {
  assert(sources.size() == sources_ && sums.size() >= stride_);
  constexpr std::size_t kRows = 4;
  const float* rows[kRows];
  float factors[kRows];
  std::size_t pending = 0;
  float* const sum = sums.data();
  for (std::size_t j = 0; j < sources_; ++j) {
    if (sources[j] == 0.0F) continue;
    rows[pending] = row(j);
    factors[pending] = sources[j];
    if (++pending < kRows) continue;
    pending = 0;
    for (std::size_t i = 0; i < stride_; ++i) {
      float value = fused(rows[0][i], factors[0], sum[i]);
      value = fused(rows[1][i], factors[1], value);
      value = fused(rows[2][i], factors[2], value);
      sum[i] = fused(rows[3][i], factors[3], value);
    }
  }
  for (std::size_t k = 0; k < pending; ++k) {
    for (std::size_t i = 0; i < stride_; ++i) sum[i] = fused(rows[k][i], factors[k], sum[i]);
  }
}

void DenseWeights::add_outer_product(std::span<const float> targets,
                                     std::span<const float> sources) {
  assert(sources.size() == sources_ && targets.size() >= stride_);
  const float* const target = targets.data();
  for (std::size_t j = 0; j < sources_; ++j) {
    if (sources[j] == 0.0F) continue;
    float* const weights = row(j);
    for (std::size_t i = 0; i < stride_; ++i) weights[i] = fused(target[i], sources[j], weights[i]);
  }
}

}  // namespace apical
