#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "datasets/crop.h"

namespace apical {

struct ImageShape {
  int rows = 0;
  int columns = 0;
  int channels = 0;

  std::size_t values() const {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) *
           static_cast<std::size_t>(channels);
  }
  friend bool operator==(const ImageShape&, const ImageShape&) = default;
};

// Labelled images as a network takes them: numbers of a fixed shape, scaled, wherever the images
// are kept. Reading changes nothing and may happen on many threads at once.
class Examples {
 public:
  virtual ~Examples() = default;

  virtual std::size_t size() const = 0;
  virtual int classes() const = 0;
  virtual ImageShape shape() const = 0;

  // In [0, classes()).
  virtual std::uint16_t label(std::size_t index) const = 0;

  // Writes example `index` to shape().values() values: the value of channel c at (row, column) is
  // at (row * columns + column) * channels + c. With random bits it is cropped and flipped by them,
  // as far as its options ask for that; without (null), as for a test, it is the centre crop.
  // What is written is a function of the index and the bits alone. Throws DataError, where the
  // example is a file that cannot be decoded; then `values` may hold anything.
  virtual void read(std::size_t index, const RandomBits* bits, std::span<float> values) const = 0;
};

}  // namespace apical
