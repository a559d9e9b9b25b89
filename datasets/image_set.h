#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace apical {

// Labelled images in memory, one byte a value: pixel 0 is black, 255 is 1.0.
// Image i takes rows * columns * channels values, row by row, channels innermost: value c of the
// pixel at (row, column) is at (row * columns + column) * channels + c.
struct ImageSet {
  int rows = 0;
  int columns = 0;
  int channels = 1;
  int classes = 0;                   // labels are in [0, classes)
  std::vector<std::uint8_t> pixels;  // size() * image_size()
  std::vector<std::uint8_t> labels;  // one per image

  std::size_t size() const { return labels.size(); }
  std::size_t image_size() const {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) *
           static_cast<std::size_t>(channels);
  }
  std::span<const std::uint8_t> image(std::size_t index) const {
    return std::span(pixels).subspan(index * image_size(), image_size());
  }
};

// A data set's two halves.
struct TrainAndTest {
  ImageSet train;
  ImageSet test;
};

}  // namespace apical
