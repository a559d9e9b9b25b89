#pragma once

#include <vector>

namespace apical {

// Pixels in [0, 1] less their channel's mean, over its standard deviation. A vector has a value a
// channel; an empty one stands for mean 0 or sd 1, which leaves pixels in [0, 1].
struct Normalization {
  std::vector<double> mean = {};
  std::vector<double> sd = {};
};

// value = slope * byte + offset, for a pixel of 0 to 255.
struct ChannelScale {
  double slope = 0;
  double offset = 0;
};

// A scale a channel. Throws std::invalid_argument if a vector has another number of values than
// there are channels, or an sd is not above 0.
std::vector<ChannelScale> channel_scales(const Normalization& normalization, int channels);

// Those that are usual for the training images of both sets.
Normalization cifar10_normalization();
Normalization imagenet_normalization();

}  // namespace apical
