#include "models/dense_weights.h"

#include <cassert>

namespace apical {

DenseWeights::DenseWeights(std::size_t sources, std::size_t targets)
    : sources_(sources),
      targets_(targets),
      stride_(padded(targets)),
      values_(sources * padded(targets), 0.0F) {}

void DenseWeights::add_weighted_rows(std::span<const float> sources, std::span<float> sums) const {
  assert(sources.size() == sources_ && sums.size() >= stride_);
  float* const sum = sums.data();
  for (std::size_t j = 0; j < sources_; ++j) {
    if (sources[j] == 0.0F) continue;
    const float* const weights = row(j);
    for (std::size_t i = 0; i < stride_; ++i) sum[i] = fused(weights[i], sources[j], sum[i]);
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
