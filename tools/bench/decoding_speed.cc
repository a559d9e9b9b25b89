// How many images of ImageNet's kind a core decodes and crops in a second.
//
//   decoding_speed FOLDER [ROUNDS]     FOLDER holds a folder of images a class
//
// Prints the images per second, and per second of processor time (a core's own figure, however busy
// the machine), of one thread, for centre crops and for random ones, and of a batch source on all
// threads of the machine.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "datasets/batch_source.h"
#include "datasets/image_folder_examples.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

ImageFolder list(const fs::path& root) {
  ImageFolder images(root);
  for (const fs::directory_entry& folder : fs::directory_iterator(root)) {
    if (!folder.is_directory()) continue;
    images.enter(folder.path().filename());
    for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
      images.add(file.path().filename().native(), 0);
    }
  }
  return images;
}

void report(std::string_view what, std::size_t images, const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t core_start = std::clock();
  work();
  const double core = static_cast<double>(std::clock() - core_start) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const auto count = static_cast<double>(images);
  fmt::print("{:<28} {:>6.0f} images/s {:>6.0f} images/s of a core\n", what,
             count / seconds.count(), count / core);
}

// Counter-like bits, as good as any for speed.
RandomBits bits_of(std::uint64_t epoch, std::uint32_t example) {
  const auto word = static_cast<std::uint32_t>((epoch + 1) * 2654435761U + example * 2246822519U);
  return {word, word * 3266489917U, word * 668265263U, 0};
}

void measure(const fs::path& root, std::size_t rounds) {
  const ImageFolder images = list(root);
  const ImageFolderExamples examples(images, 1, {});
  const std::size_t count = images.size() * rounds;
  std::vector<float> values(examples.shape().values());
  const auto read_all = [&](bool random) {
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::uint32_t i = 0; i < images.size(); ++i) {
        const RandomBits bits = bits_of(round, i);
        examples.read(i, random ? &bits : nullptr, values);
      }
    }
  };
  report("one thread, centre crops", count, [&] { read_all(false); });
  report("one thread, random crops", count, [&] { read_all(true); });
  const int threads = static_cast<int>(std::thread::hardware_concurrency());
  BatchSource source(
      examples,
      {.batch_size = 128, .random_bits = bits_of, .skip_bad_images = false, .threads = threads});
  std::vector<std::uint32_t> order(images.size());
  std::iota(order.begin(), order.end(), 0U);
  report(fmt::format("batches of 128, {} threads", threads), count, [&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      source.start_epoch(round, order);
      while (source.next().size() > 0) {
      }
    }
  });
}

}  // namespace
}  // namespace apical

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "decoding_speed: name a folder that holds a folder of images a class\n");
    return 2;
  }
  try {
    apical::measure(argv[1], argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 1);
  } catch (const std::exception& error) {
    fmt::print(stderr, "decoding_speed: {}\n", error.what());
    return 4;
  }
  return 0;
}
