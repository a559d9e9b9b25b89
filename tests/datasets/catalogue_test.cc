#include "datasets/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "datasets/data_error.h"
#include "datasets/image_set.h"
#include "tests/datasets/cifar10_files.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/idx_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::ElementsAre;
using testing_data::expect_data_error;
using testing_data::fresh_folder;
using testing_data::write_small_set;

const fs::path kDigits = "tests/data/digits";

class Catalogue : public testing::Test {
 protected:
  void SetUp() override {
    setenv("HOME", folder_.c_str(), 1);
    unsetenv("APICAL_DATA");
  }

  fs::path made(const std::string& name) const {
    fs::create_directories(folder_ / name);
    return folder_ / name;
  }

  const fs::path folder_ = fresh_folder("catalogue");
  const CatalogueEntry& mnist_ = *find_data_set("mnist");
  const CatalogueEntry& fashion_ = *find_data_set("fashion-mnist");
};

TEST_F(Catalogue, FindsByName) {
  EXPECT_EQ(mnist_.name, "mnist");
  EXPECT_EQ(fashion_.name, "fashion-mnist");
  EXPECT_EQ(find_data_set("MNIST"), nullptr);
  EXPECT_EQ(find_data_set(""), nullptr);
  EXPECT_EQ(data_set_names(), "mnist, fashion-mnist, cifar10, imagenet");
}

TEST_F(Catalogue, ChecksumsAreSha256AndAllDifferent) {
  std::set<std::string_view> checksums;
  for (const CatalogueEntry& entry : catalogue()) {
    for (const PublishedFile& file : entry.files) {
      if (entry.format != DataFormat::kIdx) continue;
      EXPECT_EQ(file.sha256.size(), 64u);
      EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string_view::npos);
      EXPECT_TRUE(checksums.insert(file.sha256).second);
    }
  }
}

TEST_F(Catalogue, SearchesOnlyTheExplicitFolderIfThereIsOne) {
  setenv("APICAL_DATA", "/data", 1);
  EXPECT_THAT(search_path(fashion_, "/mine"), ElementsAre("/mine/fashion-mnist", "/mine"));
}

TEST_F(Catalogue, SearchesTheEnvironmentsFolderThenTheCacheThenTheSystem) {
  setenv("APICAL_DATA", "/data", 1);
  setenv("HOME", "/home/me", 1);
  EXPECT_THAT(search_path(mnist_, ""),
              ElementsAre("/data/mnist", "/data", "/home/me/.cache/apical/mnist",
                          "/home/me/.cache/apical"));
  EXPECT_EQ(search_path(fashion_, "").back(), "/usr/share/datasets/fashion-mnist");
  setenv("APICAL_DATA", "", 1);
  EXPECT_THAT(data_folders(""), ElementsAre("/home/me/.cache/apical"));
}

TEST_F(Catalogue, TakesTheFirstFolderThatHoldsTheFiles) {
  setenv("APICAL_DATA", made("data").c_str(), 1);
  write_small_set(made(".cache/apical/mnist"), 100, 2, 1);
  EXPECT_EQ(load(mnist_, "").train.pixels[0], 100);
  write_small_set(made("data"), 110, 2, 1);
  EXPECT_EQ(load(mnist_, "").train.pixels[0], 110);
  write_small_set(made("data/mnist"), 120, 2, 1);
  EXPECT_EQ(load(mnist_, "").train.pixels[0], 120);
  write_small_set(made("explicit"), 130, 2, 1);
  EXPECT_EQ(load(mnist_, folder_ / "explicit").train.pixels[0], 130);
}

TEST_F(Catalogue, AcceptsEverySpellingOfAFile) {
  const fs::path folder = made("data");
  write_small_set(folder, 100, 2, 1);
  fs::rename(folder / "train-images-idx3-ubyte.gz", folder / "train-images.idx3-ubyte.gz");
  fs::rename(folder / "train-labels-idx1-ubyte.gz", folder / "train-labels.idx1-ubyte");
  fs::rename(folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-images-idx3-ubyte");
  const DataSetFiles found = find_files(mnist_, folder);
  EXPECT_EQ(found.folder, folder);
  EXPECT_THAT(found.files,
              ElementsAre(folder / "train-images.idx3-ubyte.gz", folder / "train-labels.idx1-ubyte",
                          folder / "t10k-images-idx3-ubyte", folder / "t10k-labels-idx1-ubyte.gz"));
  EXPECT_EQ(load(mnist_, folder).test.size(), 1u);
}

TEST_F(Catalogue, MissingDataSaysWhereItLookedAndHowToGetIt) {
  setenv("APICAL_DATA", "/nowhere", 1);
  expect_data_error(DataErrorKind::kMissing, "mnist",
                    "/nowhere/mnist, /nowhere, " + folder_.native() + "/.cache/apical/mnist, " +
                        folder_.native() + "/.cache/apical; `apical data get mnist` fetches it",
                    [&] { load(mnist_, ""); });
  expect_data_error(DataErrorKind::kMissing, "mnist", "`apical data get mnist --data /none`",
                    [&] { load(mnist_, "/none"); });
  unsetenv("APICAL_DATA");
  unsetenv("HOME");
  expect_data_error(DataErrorKind::kMissing, "mnist", "neither APICAL_DATA nor HOME is set",
                    [&] { load(mnist_, ""); });
}

TEST_F(Catalogue, IncompleteDataAreNotPassedOver) {
  const fs::path folder = made(".cache/apical/mnist");
  write_small_set(folder, 100, 2, 1);
  fs::remove(folder / "train-labels-idx1-ubyte.gz");
  fs::remove(folder / "t10k-images-idx3-ubyte.gz");
  expect_data_error(
      DataErrorKind::kIncomplete, folder,
      "holds 2 of the 4 files of mnist, without train-labels-idx1-ubyte, t10k-images-idx3-ubyte",
      [&] { load(mnist_, ""); });
}

TEST_F(Catalogue, ImagesHaveTheDataSetsShape) {
  const fs::path folder = made("data");
  write_small_set(folder, 100, 2, 1);
  const fs::path file = folder / "t10k-images-idx3-ubyte.gz";
  testing_data::write_plain(file, testing_data::idx_images(1, 14, 56, testing_data::Bytes(784)));
  expect_data_error(DataErrorKind::kWrongShape, file,
                    "14 by 56 pixels; those of mnist are 28 by 28", [&] { load(mnist_, folder); });
}

TEST_F(Catalogue, ABadFileIsNamed) {
  const fs::path folder = made("data");
  write_small_set(folder, 100, 2, 1);
  const fs::path file = folder / "t10k-labels-idx1-ubyte.gz";
  testing_data::write_plain(file, testing_data::idx_labels({10}));
  expect_data_error(DataErrorKind::kLabelOutOfRange, file, "label 10",
                    [&] { load(mnist_, folder); });
}

TEST_F(Catalogue, Cifar10IsFoundUnderEachOfItsNames) {
  const CatalogueEntry& cifar10 = *find_data_set("cifar10");
  int images = 1;
  // Each is preferred to those before.
  for (const std::string name :
       {".", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10"}) {
    const fs::path folder = made("data") / name;
    testing_data::write_small_cifar10(folder, images);
    EXPECT_TRUE(fs::equivalent(find_files(cifar10, folder_ / "data").folder, folder)) << name;
    const TrainAndTest data = load(cifar10, folder_ / "data");
    EXPECT_EQ(data.train.size(), static_cast<std::size_t>(5 * images));
    EXPECT_EQ(data.test.size(), static_cast<std::size_t>(images));
    EXPECT_EQ(data.train.image_size(), 3072u);
    // The batches in their order, the test batch apart.
    EXPECT_EQ(data.train.labels.back(), (5 * images - 1) % 10);
    EXPECT_EQ(data.test.labels.front(), 5 * images % 10);
    ++images;
  }
}

TEST_F(Catalogue, IncompleteOrBadCifar10IsNamed) {
  const CatalogueEntry& cifar10 = *find_data_set("cifar10");
  expect_data_error(DataErrorKind::kMissing, "cifar10",
                    "`apical data get cifar10 --data /none` says where it comes from",
                    [&] { load(cifar10, "/none"); });
  const fs::path folder = made("data/cifar10");
  testing_data::write_small_cifar10(folder, 2);
  testing_data::write_plain(folder / "data_batch_4.bin", testing_data::Bytes(4000));
  expect_data_error(DataErrorKind::kTruncated, folder / "data_batch_4.bin",
                    "ends after 927 of the 3073 bytes of record 1",
                    [&] { load(cifar10, folder_ / "data"); });
  fs::remove(folder / "data_batch_4.bin");
  expect_data_error(DataErrorKind::kIncomplete, folder,
                    "holds 5 of the 6 files of cifar10, without data_batch_4.bin",
                    [&] { load(cifar10, folder_ / "data"); });
}

TEST_F(Catalogue, ImageNetIsListedAndNotLoaded) {
  const CatalogueEntry& imagenet = *find_data_set("imagenet");
  expect_data_error(DataErrorKind::kMissing, "imagenet", "says where it comes from",
                    [&] { load_image_folders(imagenet, folder_); });
  const fs::path folder = made("data/imagenet");
  testing_data::write_plain(made("data/imagenet/train/n01") / "a.JPEG", {});
  expect_data_error(DataErrorKind::kIncomplete, folder, "has no folder val/",
                    [&] { load_image_folders(imagenet, folder_ / "data"); });
  testing_data::write_plain(made("data/imagenet/val/n01") / "b.JPEG", {});
  EXPECT_EQ(find_files(imagenet, folder_ / "data").folder, folder);
  EXPECT_EQ(load_image_folders(imagenet, folder_ / "data").train.size(), 1u);
  expect_data_error(DataErrorKind::kTooLarge, folder, "does not fit into memory",
                    [&] { load(imagenet, folder_ / "data"); });
}

TEST_F(Catalogue, TheSampleOfDigitsIsBalanced) {
  const TrainAndTest digits = load(mnist_, kDigits);
  for (const ImageSet* set : {&digits.train, &digits.test}) {
    EXPECT_EQ(set->rows, 28);
    EXPECT_EQ(set->columns, 28);
    EXPECT_EQ(set->channels, 1);
    EXPECT_EQ(set->classes, 10);
    std::vector<std::size_t> counts(10);
    for (const std::uint8_t label : set->labels) ++counts[label];
    EXPECT_THAT(counts, Each(set->size() / 10));
    // Of the whole of MNIST it is 0.13.
    const double sum = std::accumulate(set->pixels.begin(), set->pixels.end(), 0.0);
    EXPECT_NEAR(sum / 255.0 / static_cast<double>(set->pixels.size()), 0.13, 0.01);
  }
  EXPECT_EQ(digits.train.size(), 500u);
  EXPECT_EQ(digits.test.size(), 200u);
  // As MNIST itself starts.
  EXPECT_EQ(digits.train.labels[0], 5);
  EXPECT_EQ(digits.train.labels[1], 0);
  EXPECT_EQ(digits.test.labels[0], 7);
  EXPECT_EQ(digits.test.labels[1], 2);
}

}  // namespace
}  // namespace apical
