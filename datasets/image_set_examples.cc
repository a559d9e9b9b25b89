#include "datasets/image_set_examples.h"

#include <cassert>
#include <stdexcept>

namespace apical {
namespace {

constexpr std::size_t kBytes = 256;
constexpr float kBorder = 0;  // what a padding holds, whatever the normalization

std::vector<float> table(const std::vector<ChannelScale>& scales) {
  std::vector<float> values;
  for (const ChannelScale& scale : scales) {
    for (std::size_t byte = 0; byte < kBytes; ++byte) {
      values.push_back(static_cast<float>(scale.slope * static_cast<double>(byte) + scale.offset));
    }
  }
  return values;
}

}  // namespace

ImageSetExamples::ImageSetExamples(const ImageSet& images, const Options& options)
    : images_(&images),
      padding_(options.padding),
      flips_(options.flips),
      value_of_(table(channel_scales(options.normalization, images.channels))) {
  if (padding_ < 0) throw std::invalid_argument("a padding must be 0 pixels at least");
}

void ImageSetExamples::read(std::size_t index, const RandomBits* bits,
                            std::span<float> values) const {
  assert(index < size() && values.size() == images_->image_size());
  const int room = 2 * padding_;
  write(index, bits == nullptr ? centre_crop(room, room) : random_crop(*bits, room, room, flips_),
        values);
}

void ImageSetExamples::write(std::size_t index, const Crop& crop, std::span<float> values) const {
  const auto image = images_->image(index);
  const int rows = images_->rows;
  const int columns = images_->columns;
  const auto channels = static_cast<std::size_t>(images_->channels);
  std::size_t at = 0;
  for (int row = 0; row < rows; ++row) {
    const int y = row + crop.y - padding_;
    for (int column = 0; column < columns; ++column) {
      const int x = (crop.flipped ? columns - 1 - column : column) + crop.x - padding_;
      const bool inside = y >= 0 && y < rows && x >= 0 && x < columns;
      const std::size_t pixel =
          inside ? channels * static_cast<std::size_t>(y * columns + x) : std::size_t{0};
      for (std::size_t c = 0; c < channels; ++c) {
        values[at++] = inside ? value_of_[kBytes * c + image[pixel + c]] : kBorder;
      }
    }
  }
}

}  // namespace apical
