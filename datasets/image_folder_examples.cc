#include "datasets/image_folder_examples.h"

#include <stdexcept>

#include "datasets/image_file.h"
#include "datasets/resample.h"

namespace apical {

ImageFolderExamples::ImageFolderExamples(const ImageFolder& images, int classes,
                                         const Options& options)
    : images_(&images),
      classes_(classes),
      options_(options),
      scales_(channel_scales(options.normalization, 3)) {
  if (options.side < 1 || options.side > options.shorter_side) {
    throw std::invalid_argument(
        "a crop must be 1 pixel wide at least, and no wider than the image");
  }
}

void ImageFolderExamples::read(std::size_t index, const RandomBits* bits,
                               std::span<float> values) const {
  const RgbImage image = read_image(images_->path(index), options_.shorter_side);
  const Size size = resized(image.full_width, image.full_height, options_.shorter_side);
  const int room_x = size.width - options_.side;
  const int room_y = size.height - options_.side;
  Crop crop = centre_crop(room_x, room_y);
  if (bits != nullptr) {
    const Crop random = random_crop(*bits, room_x, room_y, options_.flips);
    if (options_.crops) crop = random;
    crop.flipped = random.flipped;
  }
  resample_crop(image, size, crop, options_.side, scales_, values);
}

}  // namespace apical
