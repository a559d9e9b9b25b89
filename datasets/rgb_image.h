#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace apical {

// A decoded colour image: width * height pixels of red, green and blue, row by row.
// It may have been decoded at `scale` times its full size, from the upper left corner; then the
// full image extends over full_width * scale by full_height * scale of its pixels, of which the
// last ones are only partly covered.
struct RgbImage {
  int width = 0;
  int height = 0;
  int full_width = 0;
  int full_height = 0;
  double scale = 1;
  std::vector<std::uint8_t> pixels;

  std::size_t row_values() const { return 3 * static_cast<std::size_t>(width); }
};

}  // namespace apical
