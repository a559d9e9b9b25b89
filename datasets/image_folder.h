#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace apical {

// ImageNet's folders of images. Below one root are
//   train/SYNSET/*.JPEG      a folder a class, such as train/n01440764
//   val/SYNSET/*.JPEG        likewise, or
//   val/*.JPEG               all in one, with a list of their labels (synset_list.h), which is the
//                            first there is of the root's, then val's own, val.txt, val_labels.txt,
//                            val_synsets.txt, LOC_val_solution.csv (Kaggle) and
//                            imagenet_2012_validation_synset_labels.txt (TensorFlow)
//   synset_words.txt         the classes in the order of their numbers; or synsets.txt or
//                            LOC_synset_mapping.txt; without any, the folders of train/ in the
//                            order of their names, which is the same order for ImageNet.
// The folders may also be called sample/ (for train/) and original/ (for val/), as those of the
// sample with one small image a class are.
//
// Files count as images by their names, .JPEG, .jpg or .png in any case; hidden files and all
// others are passed over. Nothing is decoded here.

// The images of one half, by class and then by file name (those with a list: by file name), so that
// the order is the same on every machine. Names are kept in one block: 1.28 million take about
// 40 MB.
class ImageFolder {
 public:
  explicit ImageFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(std::string_view name, std::uint16_t label);

  // Images to come lie in this folder of the half's; they lie in the half itself until it is
  // called.
  void enter(std::string subfolder);

  std::size_t size() const { return labels_.size(); }
  std::uint16_t label(std::size_t index) const { return labels_[index]; }
  std::filesystem::path path(std::size_t index) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Subfolder {
    std::string name;
    std::size_t first;  // index of its first image
  };

  std::filesystem::path folder_;
  std::vector<Subfolder> subfolders_;
  std::string names_;                    // one after another
  std::vector<std::uint64_t> name_end_;  // in names_
  std::vector<std::uint16_t> labels_;
};

struct ImageFolders {
  std::vector<std::string> synsets;  // by class
  ImageFolder train;
  ImageFolder test;
};

// Whether there is a folder for either half.
bool holds_image_folders(const std::filesystem::path& root);

// Throws DataError: kMissing (no folder, or no image), kIncomplete (one of the halves, or the list
// of labels, is not there), kUnknownClass (a folder that is no class), kUnreadable, kBadSize (too
// many classes), and as read_label_list does.
ImageFolders list_image_folders(const std::filesystem::path& root);

}  // namespace apical
