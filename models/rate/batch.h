#pragma once

#include <cassert>
#include <cstddef>
#include <span>

namespace apical {

// Activations of a layer for the examples of a batch: batch x size floats, an example a row, rows
// without gaps, from the start of a cache line. Owns nothing.
struct ConstBatchView {
  const float* values = nullptr;
  std::size_t batch = 0;
  std::size_t size = 0;

  std::span<const float> row(std::size_t example) const {
    assert(example < batch);
    return {values + example * size, size};
  }
  std::span<const float> all() const { return {values, batch * size}; }
};

struct BatchView {
  float* values = nullptr;
  std::size_t batch = 0;
  std::size_t size = 0;

  std::span<float> row(std::size_t example) const {
    assert(example < batch);
    return {values + example * size, size};
  }
  std::span<float> all() const { return {values, batch * size}; }

  operator ConstBatchView() const {  // NOLINT(google-explicit-constructor)
    return {values, batch, size};
  }
};

}  // namespace apical
