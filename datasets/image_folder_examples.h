#pragma once

#include <vector>

#include "datasets/examples.h"
#include "datasets/image_folder.h"
#include "datasets/normalization.h"

namespace apical {

// The examples of a folder of images (ImageNet), decoded whenever they are read. An image is
// resampled so that its shorter side is `shorter_side` pixels (JPEG is decoded near that size
// already; see image_file.h and resample.h), and `side` by `side` pixels of that are taken: the
// middle, or a random place, flipped or not. Only the pixels of the crop are ever computed.
class ImageFolderExamples final : public Examples {
 public:
  struct Options {
    int shorter_side = 256;
    int side = 224;
    Normalization normalization = imagenet_normalization();
    bool crops = true;  // whether random bits move the crop from the middle
    bool flips = true;  // whether half of the random crops are mirrored left to right
  };

  // `images` must outlive the examples. Throws std::invalid_argument: sides without
  // 1 <= side <= shorter_side, or an impossible normalization.
  ImageFolderExamples(const ImageFolder& images, int classes, const Options& options);

  std::size_t size() const override { return images_->size(); }
  int classes() const override { return classes_; }
  ImageShape shape() const override {
    return {.rows = options_.side, .columns = options_.side, .channels = 3};
  }
  std::uint16_t label(std::size_t index) const override { return images_->label(index); }

  // Throws DataError, as read_image does.
  void read(std::size_t index, const RandomBits* bits, std::span<float> values) const override;

 private:
  const ImageFolder* images_;
  int classes_;
  Options options_;
  std::vector<ChannelScale> scales_;
};

}  // namespace apical
