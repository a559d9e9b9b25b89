#pragma once

#include <span>
#include <vector>

#include "datasets/crop.h"
#include "datasets/normalization.h"
#include "datasets/rgb_image.h"

namespace apical {

// Resampling with an antialiased bilinear filter: each axis on its own, weights that fall linearly
// from the centre of the new pixel to 0 at a distance of one pixel of the coarser of the two grids.
// Pixels are squares whose centres are at 0.5, 1.5, ... The weights sum to 1, and where no border
// is in reach their mean is the new pixel's centre: a small tilt sees to that, without which pixels
// would move by up to 0.09 of an old one. So a constant image stays constant and a linear ramp
// stays one at every ratio, enlarging is bilinear interpolation, and the same size is the identity.
// Beyond a border there is nothing.

// Sample k of a new axis is the sum over i of weights[k * taps + i] times old sample first[k] + i.
// Every row reaches over old samples only.
struct AxisFilter {
  int taps = 0;
  std::vector<int> first;
  std::vector<float> weights;
};

// Samples [begin, begin + count) of an axis of `target` samples, from one of `source` samples that
// extends over `extent` of them, source - 1 < extent <= source.
AxisFilter axis_filter(int source, double extent, int target, int begin, int count);

struct Size {
  int width = 0;
  int height = 0;

  friend bool operator==(const Size&, const Size&) = default;
};

// The size whose shorter side is `side` pixels, its longer in proportion, rounded.
Size resized(int width, int height, int side);

// The `side` by `side` pixels at `crop` of the image as it would be when resampled to `size`, which
// reaches at least that far. Writes 3 * side * side values, channels innermost, scaled by channel.
void resample_crop(const RgbImage& image, const Size& size, const Crop& crop, int side,
                   std::span<const ChannelScale> scales, std::span<float> values);

}  // namespace apical
