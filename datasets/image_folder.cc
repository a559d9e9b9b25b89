#include "datasets/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "datasets/data_error.h"
#include "datasets/synset_list.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostClasses = 65536;

constexpr std::array<std::string_view, 2> kTrainFolders = {"train", "sample"};
constexpr std::array<std::string_view, 2> kTestFolders = {"val", "original"};
constexpr std::array<std::string_view, 3> kSynsetLists = {"synset_words.txt", "synsets.txt",
                                                          "LOC_synset_mapping.txt"};
constexpr std::array<std::string_view, 5> kLabelLists = {
    "val.txt", "val_labels.txt", "val_synsets.txt", "LOC_val_solution.csv",
    "imagenet_2012_validation_synset_labels.txt"};

bool is_image_name(const std::string& name) {
  std::string extension = fs::path(name).extension();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpeg" || extension == ".jpg" || extension == ".png";
}

// What a folder holds, each sorted by name.
struct Content {
  std::vector<std::string> folders;
  std::vector<std::string> images;
};

Content content_of(const fs::path& folder) {
  Content content;
  try {
    for (const fs::directory_entry& item : fs::directory_iterator(folder)) {
      std::string name = item.path().filename();
      if (name.starts_with('.')) continue;
      if (item.is_directory()) {
        content.folders.push_back(std::move(name));
      } else if (is_image_name(name)) {
        content.images.push_back(std::move(name));
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw DataError(DataErrorKind::kUnreadable, folder,
                    "cannot be listed: " + error.code().message(),
                    "it must be a folder that you may read");
  }
  std::ranges::sort(content.folders);
  std::ranges::sort(content.images);
  return content;
}

// The first that is a folder or file of that kind; empty for none.
fs::path first_of(const fs::path& root, std::span<const std::string_view> names, bool folders) {
  for (const std::string_view name : names) {
    const fs::path path = root / name;
    std::error_code ignored;
    if (folders ? fs::is_directory(path, ignored) : fs::is_regular_file(path, ignored)) return path;
  }
  return {};
}

fs::path half_folder(const fs::path& root, std::span<const std::string_view> names) {
  fs::path folder = first_of(root, names, true);
  if (!folder.empty()) return folder;
  throw DataError(DataErrorKind::kIncomplete, root, fmt::format("has no folder {}/", names[0]),
                  "ImageNet is train/SYNSET/*.JPEG and val/, in one folder");
}

std::vector<std::string> read_synsets(const fs::path& root, const fs::path& train,
                                      const Content& content) {
  if (const fs::path list = first_of(root, kSynsetLists, false); !list.empty()) {
    return read_synset_list(list);
  }
  if (content.folders.empty()) {
    throw DataError(DataErrorKind::kMissing, train, "holds no folder",
                    "each class is a folder of images, such as train/n01440764 (what "
                    "n01440764.tar unpacks to)");
  }
  if (content.folders.size() > kMostClasses) {
    throw DataError(DataErrorKind::kBadSize, train,
                    fmt::format("holds {} folders", content.folders.size()),
                    fmt::format("up to {} classes are possible", kMostClasses));
  }
  return content.folders;
}

// A folder a class. By class, which may be another order than that of the folders' names.
ImageFolder list_by_class(const fs::path& folder, const Content& content,
                          const std::vector<std::string>& synsets) {
  std::unordered_map<std::string_view, std::size_t> class_of;
  for (std::size_t c = 0; c < synsets.size(); ++c) class_of.emplace(synsets[c], c);
  std::vector<std::uint16_t> classes;
  for (const std::string& name : content.folders) {
    const auto found = class_of.find(name);
    if (found == class_of.end()) {
      throw DataError(DataErrorKind::kUnknownClass, folder / name, "is no class of the data set",
                      "each folder is named by a synset that the synset list or train/ has");
    }
    classes.push_back(static_cast<std::uint16_t>(found->second));
  }
  std::ranges::sort(classes);
  ImageFolder images(folder);
  for (const std::uint16_t label : classes) {
    images.enter(synsets[label]);
    for (const std::string& name : content_of(folder / synsets[label]).images) {
      images.add(name, label);
    }
  }
  return images;
}

ImageFolder list_with_labels(const fs::path& root, const fs::path& folder, const Content& content,
                             const std::vector<std::string>& synsets) {
  fs::path list = first_of(root, kLabelLists, false);
  if (list.empty()) list = first_of(folder, kLabelLists, false);
  if (list.empty()) {
    throw DataError(DataErrorKind::kIncomplete, folder, "holds images but no list of their labels",
                    fmt::format("put {} beside it with a line `FILE SYNSET` for each, or the "
                                "images into a folder a class",
                                kLabelLists[0]));
  }
  const std::vector<std::uint16_t> labels = read_label_list(list, content.images, synsets);
  ImageFolder images(folder);
  for (std::size_t i = 0; i < labels.size(); ++i) images.add(content.images[i], labels[i]);
  return images;
}

void check_not_mixed(const fs::path& folder, const Content& content) {
  if (content.folders.empty() || content.images.empty()) return;
  throw DataError(DataErrorKind::kIncomplete, folder,
                  fmt::format("holds both folders ({}) and images ({})", content.folders.front(),
                              content.images.front()),
                  "either all images are in folders of their class, or none");
}

ImageFolder checked(ImageFolder images) {
  if (images.size() > 0) return images;
  throw DataError(DataErrorKind::kMissing, images.folder(), "holds no image",
                  "images are files named *.JPEG, *.jpg or *.png");
}

}  // namespace

void ImageFolder::add(std::string_view name, std::uint16_t label) {
  names_ += name;
  name_end_.push_back(names_.size());
  labels_.push_back(label);
}

void ImageFolder::enter(std::string subfolder) {
  subfolders_.push_back({.name = std::move(subfolder), .first = size()});
}

fs::path ImageFolder::path(std::size_t index) const {
  const std::uint64_t begin = index == 0 ? 0 : name_end_[index - 1];
  const std::string_view name = std::string_view(names_).substr(begin, name_end_[index] - begin);
  const auto after = std::ranges::upper_bound(subfolders_, index, {}, &Subfolder::first);
  if (after == subfolders_.begin()) return folder_ / name;
  return folder_ / std::prev(after)->name / name;
}

bool holds_image_folders(const fs::path& root) {
  return !first_of(root, kTrainFolders, true).empty() ||
         !first_of(root, kTestFolders, true).empty();
}

ImageFolders list_image_folders(const fs::path& root) {
  const fs::path train = half_folder(root, kTrainFolders);
  const fs::path test = half_folder(root, kTestFolders);
  const Content train_content = content_of(train);
  const Content test_content = content_of(test);
  check_not_mixed(train, train_content);
  check_not_mixed(test, test_content);
  std::vector<std::string> synsets = read_synsets(root, train, train_content);
  ImageFolder train_images = checked(list_by_class(train, train_content, synsets));
  ImageFolder test_images =
      checked(test_content.images.empty() ? list_by_class(test, test_content, synsets)
                                          : list_with_labels(root, test, test_content, synsets));
  return {.synsets = std::move(synsets),
          .train = std::move(train_images),
          .test = std::move(test_images)};
}

}  // namespace apical
