#include "datasets/resample.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace apical {
namespace {

constexpr std::size_t kChannels = 3;

// Row `k` of the vertical filter, over the columns that the horizontal one reaches.
void filter_rows(const RgbImage& image, const AxisFilter& vertical, std::size_t k,
                 std::size_t first_value, std::span<float> row) {
  std::ranges::fill(row, 0.0F);
  for (std::size_t i = 0; i < static_cast<std::size_t>(vertical.taps); ++i) {
    const float weight = vertical.weights[k * static_cast<std::size_t>(vertical.taps) + i];
    if (weight == 0) continue;
    const std::size_t y = static_cast<std::size_t>(vertical.first[k]) + i;
    const std::uint8_t* source = image.pixels.data() + y * image.row_values() + first_value;
    for (std::size_t v = 0; v < row.size(); ++v) row[v] += weight * static_cast<float>(source[v]);
  }
}

}  // namespace

AxisFilter axis_filter(int source, double extent, int target, int begin, int count) {
  const double step = extent / target;
  const double reach = std::max(1.0, step);
  AxisFilter filter;
  filter.taps = std::min(source, static_cast<int>(std::ceil(2 * reach)) + 1);
  filter.weights.reserve(static_cast<std::size_t>(count) * static_cast<std::size_t>(filter.taps));
  std::vector<double> weights(static_cast<std::size_t>(filter.taps));
  for (int k = begin; k < begin + count; ++k) {
    const double centre = (k + 0.5) * step - 0.5;
    const int first =
        std::clamp(static_cast<int>(std::ceil(centre - reach)), 0, source - filter.taps);
    const auto distance = [&](std::size_t i) { return first + static_cast<int>(i) - centre; };
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = std::max(0.0, 1 - std::abs(distance(i)) / reach);
    }
    // Moments about the centre; the tilt makes the first one 0.
    std::array<double, 3> moments = {};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      moments[0] += weights[i];
      moments[1] += weights[i] * distance(i);
      moments[2] += weights[i] * distance(i) * distance(i);
    }
    const bool at_border = centre < reach || centre > source - 1 - reach;
    const double tilt = at_border || moments[2] == 0 ? 0 : moments[1] / moments[2];
    const double sum = moments[0] - tilt * moments[1];
    filter.first.push_back(first);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      filter.weights.push_back(static_cast<float>(weights[i] * (1 - tilt * distance(i)) / sum));
    }
  }
  return filter;
}

Size resized(int width, int height, int side) {
  const auto longer = [side](int of, int shorter) {
    return static_cast<int>((std::int64_t{2} * of * side + shorter) / (std::int64_t{2} * shorter));
  };
  if (width <= height) return {.width = side, .height = longer(height, width)};
  return {.width = longer(width, height), .height = side};
}

void resample_crop(const RgbImage& image, const Size& size, const Crop& crop, int side,
                   std::span<const ChannelScale> scales, std::span<float> values) {
  assert(scales.size() == kChannels);
  const auto count = static_cast<std::size_t>(side);
  assert(values.size() == kChannels * count * count);
  const AxisFilter horizontal =
      axis_filter(image.width, image.full_width * image.scale, size.width, crop.x, side);
  const AxisFilter vertical =
      axis_filter(image.height, image.full_height * image.scale, size.height, crop.y, side);
  const auto taps = static_cast<std::size_t>(horizontal.taps);
  const auto left = static_cast<std::size_t>(horizontal.first.front());
  const auto columns = static_cast<std::size_t>(horizontal.first.back()) + taps - left;

  std::array<float, kChannels> slope = {};
  std::array<float, kChannels> offset = {};
  for (std::size_t c = 0; c < kChannels; ++c) {
    slope[c] = static_cast<float>(scales[c].slope);
    offset[c] = static_cast<float>(scales[c].offset);
  }
  std::vector<float> row(kChannels * columns);
  for (std::size_t y = 0; y < count; ++y) {
    filter_rows(image, vertical, y, kChannels * left, row);
    for (std::size_t k = 0; k < count; ++k) {
      const float* weights = horizontal.weights.data() + k * taps;
      const float* source =
          row.data() + kChannels * (static_cast<std::size_t>(horizontal.first[k]) - left);
      std::array<float, kChannels> sum = {};
      for (std::size_t i = 0; i < taps; ++i) {
        for (std::size_t c = 0; c < kChannels; ++c)
          sum[c] += weights[i] * source[kChannels * i + c];
      }
      const std::size_t x = crop.flipped ? count - 1 - k : k;
      for (std::size_t c = 0; c < kChannels; ++c) {
        values[kChannels * (y * count + x) + c] = slope[c] * sum[c] + offset[c];
      }
    }
  }
}

}  // namespace apical
