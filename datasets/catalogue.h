#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/image_folder.h"
#include "datasets/image_set.h"

namespace apical {

// The data sets that are known by name, and where on this machine they are.

// A file as it was published.
struct PublishedFile {
  std::array<std::string_view, 2> names;  // any is accepted, plain or with .gz added
  std::string_view sha256;                // of the uncompressed content; empty if not known
};

enum class Packaging { kNpm, kDebian };

// A package in a public registry that holds a data set's files.
struct PublishedPackage {
  Packaging packaging;
  std::string_view name;
  std::string_view version;  // empty for the newest
  std::string_view folder;   // of the files, once the package is unpacked
};

enum class DataFormat {
  kIdx,           // four files, at the positions below
  kCifar10,       // the files are batches of training images, then one of test images
  kImageFolders,  // no files of given names; see image_folder.h
};

// The positions of a data set's files in IDX.
inline constexpr std::size_t kTrainImages = 0;
inline constexpr std::size_t kTrainLabels = 1;
inline constexpr std::size_t kTestImages = 2;
inline constexpr std::size_t kTestLabels = 3;

struct CatalogueEntry {
  std::string_view name;
  std::string_view description;
  DataFormat format = DataFormat::kIdx;
  int rows = 0;  // as a network gets them
  int columns = 0;
  int channels = 0;
  int classes = 0;
  int train_images = 0;  // as published
  int test_images = 0;
  std::vector<PublishedFile> files;
  std::vector<std::string_view> folder_names;  // that it is kept in, the preferred one first
  PublishedPackage package;                    // of an empty name if no registry has it
  std::string_view source;         // without a package: where it comes from and where it goes
  std::string_view system_folder;  // where a system package puts the files; empty for none
};

// Whether a public registry has it.
bool is_in_a_registry(const CatalogueEntry& entry);

// A data set's files in one folder; none for image folders.
struct DataSetFiles {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;
};

std::span<const CatalogueEntry> catalogue();

// Null where no data set has that name.
const CatalogueEntry* find_data_set(std::string_view name);

// The names of all, such as `mnist, fashion-mnist, cifar10, imagenet`.
std::string data_set_names();

// The folders that data sets are kept in, the preferred one first: `explicit_dir` alone unless it
// is empty; else $APICAL_DATA, then ~/.cache/apical, each if its variable is set.
std::vector<std::filesystem::path> data_folders(const std::filesystem::path& explicit_dir);

// The folders in which the data set's files are looked for, in this order: of each data folder DIR
// first DIR/NAME for each of its names, then DIR; last the system's, unless `explicit_dir` is
// given.
std::vector<std::filesystem::path> search_path(const CatalogueEntry& entry,
                                               const std::filesystem::path& explicit_dir);

// The files in the first folder of the search path that holds any; what is in them is not looked
// at. Throws DataError: kMissing, kIncomplete.
DataSetFiles find_files(const CatalogueEntry& entry, const std::filesystem::path& explicit_dir);

// The data set, from the first folder that holds any of its files. Fewer or other images than were
// published are fine, as long as they have the same shape. Throws DataError, of every kind;
// kTooLarge if it does not fit into memory.
TrainAndTest load(const CatalogueEntry& entry, const std::filesystem::path& explicit_dir);

// The images of a data set in folders, from the first folder that holds any. Throws as find_files
// and list_image_folders do.
ImageFolders load_image_folders(const CatalogueEntry& entry,
                                const std::filesystem::path& explicit_dir);

}  // namespace apical
