#include "datasets/batch_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "datasets/data_error.h"
#include "datasets/image_folder_examples.h"
#include "datasets/image_set_examples.h"
#include "tests/datasets/image_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_data::Bytes;

// A pure function of both, and different for each.
RandomBits bits_of(std::uint64_t epoch, std::uint32_t example) {
  std::uint64_t word = epoch * 0x9e3779b97f4a7c15ULL + example * 0xbf58476d1ce4e5b9ULL + 1;
  RandomBits bits = {};
  for (std::uint32_t& b : bits) {
    word ^= word >> 29;
    word *= 0x94d049bb133111ebULL;
    b = static_cast<std::uint32_t>(word >> 32);
  }
  return bits;
}

struct Taken {
  std::vector<float> values;
  std::vector<std::uint16_t> labels;

  friend bool operator==(const Taken&, const Taken&) = default;
};

Taken taken(const Batch& batch) {
  return {.values = {batch.values.begin(), batch.values.end()},
          .labels = {batch.labels.begin(), batch.labels.end()}};
}

// `skipped` gets what is skipped on the way.
std::vector<Taken> rest_of_epoch(BatchSource& source,
                                 std::vector<SkippedImage>* skipped = nullptr) {
  std::vector<Taken> batches;
  while (true) {
    const Batch batch = source.next();
    if (skipped != nullptr) {
      skipped->insert(skipped->end(), batch.skipped.begin(), batch.skipped.end());
    }
    if (batch.size() == 0) return batches;
    batches.push_back(taken(batch));
  }
}

auto is_skipped(std::uint32_t example, const std::string& error) {
  return AllOf(Field(&SkippedImage::example, example),
               Field(&SkippedImage::error, HasSubstr(error)));
}

// One after another, on this thread.
std::vector<Taken> serial(const Examples& examples, std::uint64_t epoch,
                          const std::vector<std::uint32_t>& order, std::size_t batch_size,
                          const RandomBitsOf& random_bits, bool skip = false) {
  std::vector<Taken> batches;
  const std::size_t values = examples.shape().values();
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i % batch_size == 0) batches.emplace_back();
    Taken& batch = batches.back();
    std::vector<float> one(values);
    const RandomBits bits = random_bits ? random_bits(epoch, order[i]) : RandomBits{};
    try {
      examples.read(order[i], random_bits ? &bits : nullptr, one);
    } catch (const DataError&) {
      if (skip) continue;
      throw;
    }
    batch.values.insert(batch.values.end(), one.begin(), one.end());
    batch.labels.push_back(examples.label(order[i]));
  }
  std::erase_if(batches, [](const Taken& batch) { return batch.labels.empty(); });
  return batches;
}

ImageSet noise_set(std::size_t size) {
  ImageSet set{.rows = 6, .columns = 7, .channels = 3, .classes = 5, .pixels = {}, .labels = {}};
  for (std::size_t i = 0; i < size; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 5));
  for (std::size_t p = 0; p < size * set.image_size(); ++p) {
    set.pixels.push_back(static_cast<std::uint8_t>(p * p % 251));
  }
  return set;
}

// A reversed order with a stride, each example once.
std::vector<std::uint32_t> mixed_order(std::size_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.rbegin(), order.rend(), 0U);
  std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size / 3), order.end());
  return order;
}

TEST(BatchSource, IsTheSameAsASerialReadingOnAnyNumberOfThreads) {
  const ImageSet set = noise_set(103);
  const ImageSetExamples examples(set, {.normalization = {}, .padding = 2, .flips = true});
  const std::vector<std::uint32_t> order = mixed_order(set.size());
  for (const int threads : {1, 2, 5}) {
    for (const std::size_t batch_size : {1UL, 10UL, 103UL, 1000UL}) {
      for (const RandomBitsOf& random_bits : {RandomBitsOf(bits_of), RandomBitsOf()}) {
        BatchSource source(examples, {.batch_size = batch_size,
                                      .random_bits = random_bits,
                                      .skip_bad_images = false,
                                      .threads = threads});
        for (const std::uint64_t epoch : {0U, 1U}) {
          source.start_epoch(epoch, order);
          EXPECT_EQ(rest_of_epoch(source), serial(examples, epoch, order, batch_size, random_bits));
          EXPECT_EQ(source.next().size(), 0u);
        }
      }
    }
  }
}

TEST(BatchSource, DescribesItsExamples) {
  const ImageSet set = noise_set(12);
  const ImageSetExamples examples(set, {});
  BatchSource source(examples, {});
  EXPECT_EQ(source.size(), 12u);
  EXPECT_EQ(source.classes(), 5);
  EXPECT_EQ(source.shape(), (ImageShape{6, 7, 3}));
  EXPECT_EQ(source.next().size(), 0u);  // before any epoch
  source.start_epoch(0, {});
  EXPECT_EQ(source.next().size(), 0u);
}

// What happens to an example depends on the epoch and on itself, not on where it comes.
TEST(BatchSource, TheOrderMovesExamplesWithoutChangingThem) {
  const ImageSet set = noise_set(20);
  const ImageSetExamples examples(set, {.normalization = {}, .padding = 2, .flips = true});
  BatchSource source(examples, {.batch_size = 1, .random_bits = bits_of});
  std::vector<std::uint32_t> order(20);
  std::iota(order.begin(), order.end(), 0U);
  source.start_epoch(3, order);
  const std::vector<Taken> forward = rest_of_epoch(source);
  std::ranges::reverse(order);
  source.start_epoch(3, order);
  std::vector<Taken> backward = rest_of_epoch(source);
  std::ranges::reverse(backward);
  EXPECT_EQ(forward, backward);
  std::ranges::reverse(order);
  source.start_epoch(4, order);
  EXPECT_NE(forward, rest_of_epoch(source));
}

TEST(BatchSource, AnEpochMayBeBrokenOff) {
  const ImageSet set = noise_set(64);
  const ImageSetExamples examples(set, {});
  BatchSource source(examples, {.batch_size = 8, .threads = 2});
  const std::vector<std::uint32_t> order = mixed_order(64);
  for (int taken_batches = 0; taken_batches < 9; ++taken_batches) {
    source.start_epoch(0, order);
    for (int i = 0; i < taken_batches; ++i) EXPECT_EQ(source.next().size(), 8u);
  }
  source.start_epoch(1, {5, 6, 7});
  EXPECT_EQ(rest_of_epoch(source), serial(examples, 1, {5, 6, 7}, 8, {}));
  source.start_epoch(2, order);  // and is broken off by the end of the source
}

TEST(BatchSource, WrongUseIsAnError) {
  const ImageSet set = noise_set(4);
  const ImageSetExamples examples(set, {});
  EXPECT_THROW(BatchSource(examples, {.batch_size = 0}), std::invalid_argument);
  BatchSource source(examples, {});
  EXPECT_THROW(source.start_epoch(0, {0, 4}), std::out_of_range);
}

// The next batch is being read, and no further one, while the last is used.
TEST(BatchSource, ReadsOneBatchAhead) {
  const ImageSet set = noise_set(40);
  const ImageSetExamples examples(set, {});
  std::atomic<int> read = 0;
  BatchSource source(examples, {.batch_size = 10, .random_bits = [&](std::uint64_t, std::uint32_t) {
                                  ++read;
                                  return RandomBits{};
                                }});
  const auto comes_to = [&](int wanted) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (read < wanted && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return read == wanted;
  };
  source.start_epoch(0, mixed_order(40));
  EXPECT_TRUE(comes_to(10));
  for (const int wanted : {20, 30, 40, 40}) {
    EXPECT_EQ(source.next().size(), 10u);
    EXPECT_TRUE(comes_to(wanted));
  }
  EXPECT_EQ(source.next().size(), 0u);
}

TEST(BatchSource, ErrorsOfTheRandomBitsReachTheCaller) {
  const ImageSet set = noise_set(4);
  const ImageSetExamples examples(set, {});
  BatchSource source(examples,
                     {.batch_size = 2, .random_bits = [](std::uint64_t, std::uint32_t example) {
                        if (example == 3) throw std::logic_error("three");
                        return RandomBits{};
                      }});
  source.start_epoch(0, {0, 3, 1, 2});
  EXPECT_THROW(source.next(), std::logic_error);
  EXPECT_EQ(source.next().size(), 2u);
}

class BatchesOfFiles : public testing::Test {
 protected:
  BatchesOfFiles() {
    for (int i = 0; i < kImages; ++i) {
      const std::string name = std::to_string(i) + ".JPEG";
      const auto picture = [i](int x, int y, int c) { return (5 * i + 2 * x + y * (c + 1)) & 255; };
      Bytes bytes = testing_data::jpeg_bytes(40 + i, 30 + 2 * i, picture);
      if (i == 4 || i == 5) bytes.clear();
      if (i == 9) bytes.resize(bytes.size() / 2);
      if (i == 11) bytes = {'n', 'o'};
      testing_data::write_plain(folder_ / name, bytes);
      images_.add(name, static_cast<std::uint16_t>(i % 3));
    }
  }

  BatchSource::Options options(bool skip, int threads) const {
    return {.batch_size = 3, .random_bits = bits_of, .skip_bad_images = skip, .threads = threads};
  }

  static constexpr int kImages = 14;
  const fs::path folder_ = testing_data::fresh_folder("batches_of_files");
  ImageFolder images_{folder_};
};

// Batches of 0-2, 3-5, 6-8, 9-11, 12-13.
TEST_F(BatchesOfFiles, BadImagesAreSkippedWithoutMovingOthers) {
  const ImageFolderExamples examples(images_, 3, {.shorter_side = 24, .side = 16});
  std::vector<std::uint32_t> order(kImages);
  std::iota(order.begin(), order.end(), 0U);
  for (const int threads : {1, 2, 4}) {
    BatchSource source(examples, options(true, threads));
    for (const std::uint64_t epoch : {0U, 7U}) {
      source.start_epoch(epoch, order);
      std::vector<SkippedImage> skipped;
      const std::vector<Taken> batches = rest_of_epoch(source, &skipped);
      EXPECT_EQ(batches, serial(examples, epoch, order, 3, bits_of, true));
      ASSERT_THAT(batches, SizeIs(5));
      EXPECT_THAT(batches[1].labels, ElementsAre(0));
      EXPECT_THAT(batches[3].labels, ElementsAre(1));
      EXPECT_THAT(skipped,
                  ElementsAre(is_skipped(4, "4.JPEG: is empty"), is_skipped(5, "5.JPEG: is empty"),
                              is_skipped(9, "9.JPEG: the JPEG image ends early"),
                              is_skipped(11, "11.JPEG: starts with 0x6e6f")));
    }
    // A batch of bad images alone is passed over.
    source.start_epoch(0, {4, 5, 9, 1});
    EXPECT_THAT(rest_of_epoch(source), SizeIs(1));
    source.start_epoch(0, {4, 5, 9, 11, 4});
    const Batch end = source.next();
    EXPECT_EQ(end.size(), 0u);
    EXPECT_THAT(end.skipped, SizeIs(5));
    EXPECT_THAT(source.next().skipped, IsEmpty());
  }
}

TEST_F(BatchesOfFiles, OtherwiseTheFirstBadImageIsAnError) {
  const ImageFolderExamples examples(images_, 3, {.shorter_side = 24, .side = 16});
  for (const int threads : {1, 4}) {
    BatchSource source(examples, options(false, threads));
    source.start_epoch(0, {0, 1, 2, 11, 9, 4, 3, 6, 7});
    EXPECT_EQ(source.next().size(), 3u);
    try {
      source.next();
      ADD_FAILURE() << "no DataError";
    } catch (const DataError& error) {
      EXPECT_EQ(error.path(), folder_ / "11.JPEG");
    }
    EXPECT_EQ(source.next().size(), 3u);
    EXPECT_EQ(source.next().size(), 0u);
  }
}

TEST_F(BatchesOfFiles, AFileThatGoesAwayIsNamed) {
  const ImageFolderExamples examples(images_, 3, {.shorter_side = 24, .side = 16});
  fs::remove(folder_ / "2.JPEG");
  BatchSource source(examples, options(false, 2));
  source.start_epoch(0, {2});
  try {
    source.next();
    ADD_FAILURE() << "no DataError";
  } catch (const DataError& error) {
    EXPECT_EQ(error.path(), folder_ / "2.JPEG");
    EXPECT_EQ(error.kind(), DataErrorKind::kMissing);
  }
}

}  // namespace
}  // namespace apical
