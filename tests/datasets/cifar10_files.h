#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/datasets/idx_files.h"

namespace apical::testing_data {

// Files of CIFAR-10's binary version, of made-up images.

inline std::uint8_t cifar10_value(int image, int x, int y, int channel) {
  return static_cast<std::uint8_t>(17 * image + 3 * x + 5 * y + 80 * channel);
}

inline void append_record(Bytes& bytes, std::uint8_t label, int image) {
  bytes.push_back(label);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) bytes.push_back(cifar10_value(image, x, y, c));
    }
  }
}

// The six files, with `images` images each, of classes 0, 1, ..., 9, 0, ...
inline void write_small_cifar10(const std::filesystem::path& folder, int images) {
  std::filesystem::create_directories(folder);
  int image = 0;
  for (const std::string name : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                                 "data_batch_5", "test_batch"}) {
    Bytes bytes;
    for (int i = 0; i < images; ++i, ++image) {
      append_record(bytes, static_cast<std::uint8_t>(image % 10), image);
    }
    write_plain(folder / (name + ".bin"), bytes);
  }
}

}  // namespace apical::testing_data
