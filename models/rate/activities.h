#pragma once

#include <cassert>
#include <cstddef>

#include "models/rate/batch.h"
#include "simulator/vector_math.h"

namespace apical {

// Memory for numbers of a layer's neurons, a row an example, for batches of up to `batch`.
class Activities {
 public:
  Activities() = default;
  Activities(std::size_t batch, std::size_t size) : size_(size), values_(batch * size) {}

  std::size_t size() const { return size_; }

  // The first `batch` rows.
  BatchView of(std::size_t batch) {
    assert(batch * size_ <= values_.size());
    return {values_.data(), batch, size_};
  }
  ConstBatchView of(std::size_t batch) const {
    assert(batch * size_ <= values_.size());
    return {values_.data(), batch, size_};
  }

 private:
  std::size_t size_ = 0;
  AlignedFloats values_;
};

}  // namespace apical
