#include "tools/rate_data.h"

#include <fmt/format.h>

#include "datasets/catalogue.h"
#include "datasets/data_error.h"
#include "datasets/image_folder_examples.h"
#include "datasets/image_set_examples.h"
#include "datasets/normalization.h"

namespace apical {
namespace {

constexpr int kPadding = 4;  // pixels around an image of which random crops are taken

}  // namespace

RateData::RateData(const proto::DataSet& chosen, const std::filesystem::path& folder) {
  const CatalogueEntry& entry = *find_data_set(chosen.name());
  const bool augmentation = chosen.augmentation();
  if (entry.format == DataFormat::kImageFolders) {
    folders_ = load_image_folders(entry, folder);
    const int classes = chosen.classes() > 0 ? chosen.classes() : entry.classes;
    if (folders_->synsets.size() > static_cast<std::size_t>(classes)) {
      throw DataError(DataErrorKind::kLabelOutOfRange, folders_->train.folder().parent_path(),
                      fmt::format("holds {} classes", folders_->synsets.size()),
                      fmt::format("{} are expected; data.classes says how many", classes));
    }
    ImageFolderExamples::Options options;
    options.crops = options.flips = augmentation;
    train_ = std::make_unique<ImageFolderExamples>(folders_->train, classes, options);
    test_ = std::make_unique<ImageFolderExamples>(folders_->test, classes, options);
    return;
  }
  images_ = load(entry, folder);
  ImageSetExamples::Options options;
  if (entry.format == DataFormat::kCifar10) options.normalization = cifar10_normalization();
  options.padding = augmentation ? kPadding : 0;
  options.flips = augmentation;
  train_ = std::make_unique<ImageSetExamples>(images_.train, options);
  test_ = std::make_unique<ImageSetExamples>(images_.test, options);
}

}  // namespace apical
