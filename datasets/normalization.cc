#include "datasets/normalization.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace apical {

std::vector<ChannelScale> channel_scales(const Normalization& normalization, int channels) {
  const auto count = static_cast<std::size_t>(channels);
  for (const std::vector<double>* values : {&normalization.mean, &normalization.sd}) {
    if (!values->empty() && values->size() != count) {
      throw std::invalid_argument("a normalization needs a mean and an sd for each channel");
    }
  }
  std::vector<ChannelScale> scales(count);
  for (std::size_t c = 0; c < count; ++c) {
    const double mean = normalization.mean.empty() ? 0 : normalization.mean[c];
    const double sd = normalization.sd.empty() ? 1 : normalization.sd[c];
    if (!std::isfinite(mean) || !std::isfinite(sd) || sd <= 0) {
      throw std::invalid_argument("the sd of a normalization must be above 0");
    }
    scales[c] = {.slope = 1 / (255 * sd), .offset = -mean / sd};
  }
  return scales;
}

Normalization cifar10_normalization() {
  return {.mean = {0.4914, 0.4822, 0.4465}, .sd = {0.2470, 0.2435, 0.2616}};
}

Normalization imagenet_normalization() {
  return {.mean = {0.485, 0.456, 0.406}, .sd = {0.229, 0.224, 0.225}};
}

}  // namespace apical
