#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "datasets/examples.h"
#include "datasets/image_folder.h"
#include "datasets/image_set.h"
#include "proto/training.pb.h"

namespace apical {

// The images of an experiment with a rate network: pixels in [0, 1]; of CIFAR-10 and ImageNet, less
// each channel's mean, over its standard deviation. ImageNet stays on the disk until it is shown.
class RateData {
 public:
  // From --data's folder, empty for the usual ones. Throws DataError.
  RateData(const proto::DataSet& chosen, const std::filesystem::path& folder);

  const Examples& train() const { return *train_; }
  const Examples& test() const { return *test_; }

 private:
  TrainAndTest images_;
  std::optional<ImageFolders> folders_;
  std::unique_ptr<Examples> train_;
  std::unique_ptr<Examples> test_;
};

}  // namespace apical
