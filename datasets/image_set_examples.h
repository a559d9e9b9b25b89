#pragma once

#include <vector>

#include "datasets/examples.h"
#include "datasets/image_set.h"
#include "datasets/normalization.h"

namespace apical {

// The examples of a set in memory: MNIST, Fashion-MNIST, CIFAR-10.
class ImageSetExamples final : public Examples {
 public:
  struct Options {
    Normalization normalization = {};
    // Random crops of the image's own size are taken from the image with so many pixels of value
    // 0 around it (4 is usual for CIFAR-10); 0 for none. Value 0 is after the normalization, the
    // mean of a channel: black borders, far below it, would be seen in training only, and what
    // fully connected layers learn of them costs CIFAR-10 3 to 4 % of test error after two epochs.
    int padding = 0;
    // Whether half of the random crops are mirrored left to right.
    bool flips = false;
  };

  // `images` must outlive the examples. Throws std::invalid_argument: an impossible normalization
  // or a negative padding.
  ImageSetExamples(const ImageSet& images, const Options& options);

  std::size_t size() const override { return images_->size(); }
  int classes() const override { return images_->classes; }
  ImageShape shape() const override {
    return {.rows = images_->rows, .columns = images_->columns, .channels = images_->channels};
  }
  std::uint16_t label(std::size_t index) const override { return images_->labels[index]; }
  void read(std::size_t index, const RandomBits* bits, std::span<float> values) const override;

 private:
  void write(std::size_t index, const Crop& crop, std::span<float> values) const;

  const ImageSet* images_;
  int padding_;
  bool flips_;
  std::vector<float> value_of_;  // of byte b in channel c, at 256 * c + b
};

}  // namespace apical
