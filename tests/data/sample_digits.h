#pragma once

#include <string>

#include "datasets/idx.h"
#include "datasets/image_set.h"

namespace apical {

// The sample of MNIST in tests/data/digits: 500 and 200 images. Paths start from the repository's
// root, where tests run.
inline TrainAndTest sample_digits() {
  const std::string folder = "tests/data/digits/";
  return {
      read_idx(folder + "train-images-idx3-ubyte.gz", folder + "train-labels-idx1-ubyte.gz", 10),
      read_idx(folder + "t10k-images-idx3-ubyte.gz", folder + "t10k-labels-idx1-ubyte.gz", 10)};
}

}  // namespace apical
