// Bad image files among good ones, as a person meets them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/datasets/image_files.h"
#include "tests/program/program.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr int kGood = 5;
constexpr int kBadTrain = 9;
constexpr int kBadTest = 3;

class SkipBadImages : public TestWithFolder {
 protected:
  SkipBadImages() {
    fill("train", kBadTrain);
    fill("val", kBadTest);
    put(folder_ / "small.textproto", R"(
      rate_network {
        layer { name: "a" locally_connected { kernel: 32 channels: 1 stride: 32 } }
        layer { name: "o" dense { units: 1000 } }
      }
      data { name: "imagenet" }
      training { epochs: 2 rate_learning { algorithm: BP batch_size: 3 } }
    )");
  }

  // kGood images, and empty, cut and other files.
  void fill(const std::string& half, int bad) const {
    const fs::path synset = folder_ / "data/imagenet" / half / "n00000001";
    fs::create_directories(synset);
    for (int i = 0; i < kGood + bad; ++i) {
      const auto picture = [i](int x, int y, int c) { return (5 * i + 2 * x + y * (c + 1)) & 255; };
      testing_data::Bytes bytes = testing_data::jpeg_bytes(40 + i, 30, picture);
      const bool is_bad = i >= kGood;
      if (is_bad && i % 3 == 0) bytes.clear();
      if (is_bad && i % 3 == 1) bytes.resize(bytes.size() / 2);
      if (is_bad && i % 3 == 2) bytes = {'n', 'o'};
      testing_data::write_plain(
          synset / ((is_bad ? "bad_" : "good_") + std::to_string(i) + ".JPEG"), bytes);
    }
  }

  Finished run(const std::string& out, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {(root_ / "tools/apical").string(),
                                          "run",
                                          "small.textproto",
                                          "--data",
                                          "data",
                                          "--quiet",
                                          "--out",
                                          out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_command_line(arguments, folder_);
  }

  nlohmann::json summary(const std::string& out) const {
    return nlohmann::json::parse(content_of(folder_ / out / "summary.json"));
  }
  std::string metrics(const std::string& out) const {
    return measurements(folder_ / out / "metrics.csv");
  }

  fs::path root_ = fs::current_path();  // of the runfiles
};

TEST_F(SkipBadImages, AreAnErrorUnlessTheyAreToBeSkipped) {
  const Finished finished = run("out", {});
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.err, AllOf(StartsWith("apical: data/imagenet/"), HasSubstr("/bad_")));
  EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1);
}

// The network has an output neuron for each of ImageNet's classes and no others.
TEST_F(SkipBadImages, MoreClassesThanThereAreOutputsAreAnError) {
  std::string synsets;
  for (int n = 1; n <= 1001; ++n) synsets += fmt::format("n{:08}\n", n);
  put(folder_ / "data/imagenet/synsets.txt", synsets);
  const Finished finished = run("out", {"--skip-bad-images"});
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.err, HasSubstr("data/imagenet: holds 1001 classes; 1000 are expected"));
}

TEST_F(SkipBadImages, ImagesOfOnesOwnMayHaveAnyNumberOfClasses) {
  put(folder_ / "data/imagenet/synsets.txt", "n00000001\nn00000002\nn00000003\n");
  const std::vector<std::string> options = {"--skip-bad-images", "--set",
                                            "rate_network.layer[o].dense.units=3", "--set"};
  const auto classes = [&](const std::string& number) {
    std::vector<std::string> more = options;
    more.push_back("data.classes=" + number);
    return run("out_" + number, more);
  };
  EXPECT_EQ(classes("3").exit_code, 0);
  const Finished other_outputs = classes("4");
  EXPECT_EQ(other_outputs.exit_code, 3);
  EXPECT_THAT(other_outputs.err, HasSubstr("the output `o` has 3 neurons, imagenet has 4 classes"));
  put(folder_ / "data/imagenet/synsets.txt", "n00000001\nn00000002\nn00000003\nn00000004\n");
  const Finished more_folders =
      run("out", {"--skip-bad-images", "--set", options[2], "--set", "data.classes=3"});
  EXPECT_EQ(more_folders.exit_code, 4);
  EXPECT_THAT(more_folders.err, HasSubstr("holds 4 classes; 3 are expected"));
}

// The first images are of the first class.
TEST_F(SkipBadImages, FewClassesOfManyAreNoted) {
  for (const char* half : {"train", "val"}) {
    for (const char* synset : {"n00000002", "n00000003"}) {
      fs::copy(folder_ / "data/imagenet" / half / "n00000001",
               folder_ / "data/imagenet" / half / synset);
    }
  }
  const Finished finished = run("out", {"--skip-bad-images", "--set", "data.train_examples=4"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err,
              HasSubstr("the first 4 images that data.train_examples takes are of 1 of 3 classes"));
}

TEST_F(SkipBadImages, AreCountedAndTheFirstOnesNamed) {
  const Finished finished = run("out", {"--skip-bad-images"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const nlohmann::json summary = this->summary("out");
  EXPECT_EQ(summary["skipped_images"], kBadTrain + kBadTest);
  EXPECT_EQ(summary["train_examples"], 2 * kGood);
  EXPECT_EQ(summary["test_examples"], 3 * kGood);
  EXPECT_EQ(summary["epochs"], 2);
  EXPECT_EQ(summary["complete"], true);
  std::stringstream lines(finished.err);
  int named = 0;
  for (std::string line; std::getline(lines, line); ++named) {
    EXPECT_THAT(line, AllOf(StartsWith("skipped data/imagenet/"), HasSubstr("/bad_")));
  }
  EXPECT_EQ(named, 10);
  EXPECT_THAT(content_of(folder_ / "out/experiment.textproto"), HasSubstr("skip_bad_images: true"));
}

TEST_F(SkipBadImages, GiveTheSameBitsOnAnyNumberOfThreadsAndResumed) {
  ASSERT_EQ(run("one", {"--skip-bad-images", "--threads", "1"}).exit_code, 0);
  ASSERT_EQ(run("three", {"--skip-bad-images", "--threads", "3"}).exit_code, 0);
  EXPECT_EQ(metrics("three"), metrics("one"));
  ASSERT_EQ(run("half", {"--skip-bad-images", "--set", "training.epochs=1"}).exit_code, 0);
  const Finished resumed = run("half", {"--skip-bad-images", "--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(resumed.err, "");  // all have been named before
  EXPECT_EQ(metrics("half"), metrics("one"));
  EXPECT_EQ(summary("half")["skipped_images"], kBadTrain + kBadTest);
}

// Also where the last batch of a test has bad files alone.
TEST_F(SkipBadImages, HaveNoAnswerInTheTestsThatAreRecorded) {
  const fs::path synset = folder_ / "data/imagenet/val/n00000001";
  for (int i = kGood; i < kGood + kBadTest; ++i) {
    const std::string name = "bad_" + std::to_string(i) + ".JPEG";
    fs::rename(synset / name, synset / ("last_" + name));
  }
  const Finished finished = run("out", {"--skip-bad-images", "--set", "recording.tests=true"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const Hdf5File tests = Hdf5File::open(folder_ / "out/tests.h5");
  EXPECT_THAT(tests.read<std::int64_t>("/labels"), ElementsAre(0, 0, 0, 0, 0, -1, -1, -1));
  EXPECT_THAT(tests.shape_of("/answers"), ElementsAre(3, kGood + kBadTest));
  const auto answers = tests.read<std::int64_t>("/answers");
  ASSERT_THAT(answers, SizeIs(3 * (kGood + kBadTest)));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i] == -1, i % (kGood + kBadTest) >= kGood) << i;
  }
}

// Batches and epochs of bad files alone are passed over.
TEST_F(SkipBadImages, MayBeAllImagesThereAre) {
  for (const char* half : {"train", "val"}) {
    const fs::path synset = folder_ / "data/imagenet" / half / "n00000001";
    for (int i = 0; i < kGood; ++i) {
      testing_data::write_plain(synset / ("good_" + std::to_string(i) + ".JPEG"), {});
    }
  }
  const Finished finished = run("out", {"--skip-bad-images"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(summary("out")["train_examples"], 0);
  EXPECT_EQ(summary("out")["skipped_images"], 2 * kGood + kBadTrain + kBadTest);
}

}  // namespace
}  // namespace apical
