#include "datasets/image_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/data_error.h"
#include "datasets/synset_list.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/idx_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing_data::Bytes;
using testing_data::expect_data_error;
using testing_data::write_plain;

class ImageFolderTest : public testing::Test {
 protected:
  // Listing decodes nothing, so any content will do.
  void put(const std::string& name, const std::string& content = "x") const {
    fs::create_directories((root_ / name).parent_path());
    write_plain(root_ / name, Bytes(content.begin(), content.end()));
  }

  void put_train() const {
    put("train/n02/b.JPEG");
    put("train/n01/z.JPEG");
    put("train/n02/a.JPEG");
    put("train/n03/c.JPEG");
  }

  void expect_error(DataErrorKind kind, const fs::path& path, const std::string& wrong) const {
    expect_data_error(kind, path, wrong, [&] { list_image_folders(root_); });
  }

  static std::vector<std::string> listed(const ImageFolder& images) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < images.size(); ++i) {
      EXPECT_TRUE(fs::exists(images.path(i))) << images.path(i);
      result.push_back(fmt::format(
          "{} {}", images.path(i).lexically_relative(images.folder()).native(), images.label(i)));
    }
    return result;
  }

  const fs::path root_ = testing_data::fresh_folder("image_folder");
};

TEST_F(ImageFolderTest, ClassesAndImagesAreSorted) {
  put_train();
  put("val/n03/v.JPEG");
  put("val/n01/w.JPEG");
  EXPECT_TRUE(holds_image_folders(root_));
  const ImageFolders folders = list_image_folders(root_);
  EXPECT_THAT(folders.synsets, ElementsAre("n01", "n02", "n03"));
  EXPECT_THAT(listed(folders.train),
              ElementsAre("n01/z.JPEG 0", "n02/a.JPEG 1", "n02/b.JPEG 1", "n03/c.JPEG 2"));
  EXPECT_THAT(listed(folders.test), ElementsAre("n01/w.JPEG 0", "n03/v.JPEG 2"));
}

TEST_F(ImageFolderTest, ASynsetListNumbersTheClasses) {
  put_train();
  put("val/n03/v.JPEG");
  put("synset_words.txt", "n03 a thing, thingy\r\nn04 another\n\nn01 tench, Tinca tinca\nn02 x");
  const ImageFolders folders = list_image_folders(root_);
  EXPECT_THAT(folders.synsets, ElementsAre("n03", "n04", "n01", "n02"));
  EXPECT_THAT(listed(folders.train),
              ElementsAre("n03/c.JPEG 0", "n01/z.JPEG 2", "n02/a.JPEG 3", "n02/b.JPEG 3"));
  EXPECT_THAT(listed(folders.test), ElementsAre("n03/v.JPEG 0"));
}

TEST_F(ImageFolderTest, OnlyImagesCount) {
  put_train();
  put("val/n01/v.jpg");
  put("val/n01/u.PNG");
  put("val/n01/readme.txt");
  put("val/n01/.hidden.JPEG");
  put("val/.git/x.JPEG");
  EXPECT_THAT(listed(list_image_folders(root_).test), ElementsAre("n01/u.PNG 0", "n01/v.jpg 0"));
}

TEST_F(ImageFolderTest, AFlatFolderGoesWithAListOfLabels) {
  put_train();
  put("val/c.JPEG");
  put("val/a.JPEG");
  put("val/b.JPEG");
  for (const std::string list :
       {"n03\nn01\nn02\n", "n03 some words\nn01 more\nn02\n",
        "b.JPEG n01\nc.JPEG n02\na.JPEG n03\n", "a 2\nb 0\nc 1\n",
        "a.JPEG\t2\nelsewhere.JPEG 1\nb.JPEG 0\nc.JPEG 1",
        "ImageId,PredictionString\nb,n01 1 2 3 4 n01 5 6 7 8\nc,n02 3 3 3 3\na,n03 1 1 1 1\n"}) {
    put("val.txt", list);
    EXPECT_THAT(listed(list_image_folders(root_).test),
                ElementsAre("a.JPEG 2", "b.JPEG 0", "c.JPEG 1"))
        << list;
  }
  fs::rename(root_ / "val.txt", root_ / "val/LOC_val_solution.csv");
  EXPECT_EQ(list_image_folders(root_).test.size(), 3u);
}

TEST_F(ImageFolderTest, BadListsOfLabels) {
  put_train();
  put("val/a.JPEG");
  put("val/b.JPEG");
  const fs::path list = root_ / "val.txt";
  const struct {
    std::string content;
    DataErrorKind kind;
    std::string wrong;
  } cases[] = {
      {"n01\n", DataErrorKind::kMismatchedCount, "1 labels; there are 2 images"},
      {"", DataErrorKind::kMismatchedCount, "0 labels; there are 2 images"},
      {"n01\nn99\n", DataErrorKind::kUnknownClass, "line 2: `n99` is none of the 3 classes"},
      {"490\n361\n", DataErrorKind::kUnknownClass, "the development kit's own numbers"},
      {"a.JPEG n01\n", DataErrorKind::kMismatchedCount, "no line for b.JPEG"},
      {"a.JPEG n01\n\nb.JPEG n99\n", DataErrorKind::kUnknownClass, "line 3: `n99`"},
      {"a.JPEG 0\nb.JPEG 3\n", DataErrorKind::kLabelOutOfRange,
       "line 2: class 3; classes are 0 to 2"},
      {"a.JPEG 0\nb.JPEG -1\n", DataErrorKind::kUnknownClass, "line 2: `-1`"},
      {"a.JPEG 0\nb.JPEG 1\na.JPEG 2\n", DataErrorKind::kMismatchedCount,
       "line 3: a second class for a.JPEG"},
  };
  for (const auto& bad : cases) {
    put("val.txt", bad.content);
    expect_error(bad.kind, list, bad.wrong);
  }
  fs::remove(list);
  expect_error(DataErrorKind::kIncomplete, root_ / "val",
               "images but no list of their labels; put val.txt beside it");
}

TEST_F(ImageFolderTest, BadSynsetLists) {
  put_train();
  put("val/n01/v.JPEG");
  put("synsets.txt", "n01\nn02\n");
  expect_error(DataErrorKind::kUnknownClass, root_ / "train/n03", "is no class");
  put("synsets.txt", "n01\nn02\nn03\nn02\n");
  expect_error(DataErrorKind::kMismatchedCount, root_ / "synsets.txt",
               "line 4: `n02` is in line 2 already");
  put("synsets.txt", "\n");
  expect_error(DataErrorKind::kBadSize, root_ / "synsets.txt", "0 classes");
}

TEST_F(ImageFolderTest, MissingParts) {
  EXPECT_FALSE(holds_image_folders(root_));
  expect_error(DataErrorKind::kIncomplete, root_, "has no folder train/");
  fs::create_directory(root_ / "train");
  expect_error(DataErrorKind::kIncomplete, root_, "has no folder val/");
  fs::create_directory(root_ / "val");
  expect_error(DataErrorKind::kMissing, root_ / "train", "holds no folder");
  fs::create_directory(root_ / "train/n01");
  expect_error(DataErrorKind::kMissing, root_ / "train", "holds no image");
  put_train();
  expect_error(DataErrorKind::kMissing, root_ / "val", "holds no image");
  put("val/n01/a.JPEG");
  put("val/b.JPEG");
  expect_error(DataErrorKind::kIncomplete, root_ / "val",
               "holds both folders (n01) and images (b.JPEG)");
  fs::remove(root_ / "val/b.JPEG");
  put("val/n77/a.JPEG");
  expect_error(DataErrorKind::kUnknownClass, root_ / "val/n77", "is no class");
}

TEST_F(ImageFolderTest, TheSamplesFoldersStandForTheHalves) {
  put("sample/n01/n01_0.JPEG");
  put("sample/n02/n02_0.JPEG");
  put("original/n02/n02_0.JPEG");
  put("synset_words.txt", "n01 one\nn02 two\n");
  const ImageFolders folders = list_image_folders(root_);
  EXPECT_THAT(listed(folders.train), ElementsAre("n01/n01_0.JPEG 0", "n02/n02_0.JPEG 1"));
  EXPECT_THAT(listed(folders.test), ElementsAre("n02/n02_0.JPEG 1"));
}

TEST(ImageFolderMemory, ManyNamesComeBack) {
  ImageFolder images("root");
  for (int c = 0; c < 50; ++c) {
    images.enter(fmt::format("n{}", c));
    // Some classes have no image.
    for (int i = 0; i < c % 7; ++i) {
      images.add(fmt::format("{}.JPEG", i), static_cast<std::uint16_t>(c));
    }
  }
  std::size_t index = 0;
  for (int c = 0; c < 50; ++c) {
    for (int i = 0; i < c % 7; ++i, ++index) {
      EXPECT_EQ(images.path(index), fs::path("root") / fmt::format("n{}/{}.JPEG", c, i));
      EXPECT_EQ(images.label(index), c);
    }
  }
  EXPECT_EQ(images.size(), index);
}

}  // namespace
}  // namespace apical
