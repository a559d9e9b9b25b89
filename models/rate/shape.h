#pragma once

#include <cstddef>

namespace apical {

// The activations of a layer: height x width x channels, channels innermost. A fully connected
// layer is 1 x 1 x units.
struct Shape {
  std::size_t height = 1;
  std::size_t width = 1;
  std::size_t channels = 1;

  std::size_t size() const { return height * width * channels; }
  bool operator==(const Shape&) const = default;
};

}  // namespace apical
