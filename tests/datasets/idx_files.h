#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace apical::testing_data {

// IDX files of any content, and bad ones, for tests.

using Bytes = std::vector<std::uint8_t>;

// A new, empty folder of the running test's.
inline std::filesystem::path fresh_folder(const std::string& name) {
  const char* base = std::getenv("TEST_TMPDIR");
  const std::filesystem::path folder =
      (base != nullptr ? std::filesystem::path(base) : std::filesystem::temp_directory_path()) /
      name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

inline void append_big_endian(Bytes& bytes, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

// A header of these numbers, then the values.
inline Bytes idx(const std::vector<std::uint32_t>& header, const Bytes& values) {
  Bytes bytes;
  for (const std::uint32_t number : header) append_big_endian(bytes, number);
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

inline Bytes idx_images(std::uint32_t count, std::uint32_t rows, std::uint32_t columns,
                        const Bytes& pixels) {
  return idx({0x803, count, rows, columns}, pixels);
}

inline Bytes idx_labels(const Bytes& labels) {
  return idx({0x801, static_cast<std::uint32_t>(labels.size())}, labels);
}

inline void write_plain(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path.native());
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  const int written = gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  if (gzclose(file) != Z_OK || written != static_cast<int>(bytes.size())) {
    throw std::runtime_error("cannot write " + path.native());
  }
}

inline Bytes read_raw(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

// Grey 28 x 28 images of classes 0, 1, ..., 9, 0, ..., image i all of grey value `shade` + i.
inline void write_small_set(const std::filesystem::path& folder, std::uint8_t shade,
                            std::uint32_t train, std::uint32_t test) {
  for (const bool is_train : {true, false}) {
    const std::string half = is_train ? "train" : "t10k";
    const std::uint32_t count = is_train ? train : test;
    Bytes pixels;
    Bytes labels;
    for (std::uint32_t i = 0; i < count; ++i) {
      pixels.insert(pixels.end(), 28 * 28, static_cast<std::uint8_t>(shade + i));
      labels.push_back(static_cast<std::uint8_t>(i % 10));
    }
    write_gzip(folder / (half + "-images-idx3-ubyte.gz"), idx_images(count, 28, 28, pixels));
    write_gzip(folder / (half + "-labels-idx1-ubyte.gz"), idx_labels(labels));
  }
}

}  // namespace apical::testing_data
