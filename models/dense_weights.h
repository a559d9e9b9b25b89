#pragma once

#include <cstddef>
#include <span>

#include "simulator/checkpoint.h"
#include "simulator/vector_math.h"

namespace apical {

// Weights of a dense projection, stored by presynaptic neuron: row j holds the weights of source j
// onto all targets, contiguous, from the start of a cache line, padded with zeros. Arrays by target
// that the functions below are given hold padded(targets()) floats.
class DenseWeights {
 public:
  DenseWeights() = default;
  DenseWeights(std::size_t sources, std::size_t targets);

  std::size_t sources() const { return sources_; }
  std::size_t targets() const { return targets_; }

  // padded(targets()) floats, of which the first targets() count; rows are stride() floats apart.
  const float* row(std::size_t source) const { return values_.data() + source * stride_; }
  float* row(std::size_t source) { return values_.data() + source * stride_; }
  std::size_t stride() const { return stride_; }

  // As a table of sources and targets.
  void checkpoint(const Checkpoint& state);

  // sums[i] += sum over j of W_ij sources[j]. Silent sources cost nothing.
  void add_weighted_rows(std::span<const float> sources, std::span<float> sums) const;

  // sums[j] += sum over i of W_ij targets[i].
  void add_products_with_rows(std::span<const float> targets, std::span<float> sums) const;

  // W_ij += targets[i] sources[j]. Silent sources cost nothing.
  void add_outer_product(std::span<const float> targets, std::span<const float> sources);

 private:
  std::size_t sources_ = 0;
  std::size_t targets_ = 0;
  std::size_t stride_ = 0;
  AlignedFloats values_;
};

}  // namespace apical
