#include "simulator/direct_io_driver.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "simulator/random_stream.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using DirectIoDriverTest = TestWithFolder;

// A file's datasets of bytes, made by a driver; -1 is HDF5's own.
class Datasets {
 public:
  Datasets(const std::filesystem::path& path, hid_t driver, bool make, hsize_t own_bytes)
      : access_(H5Pcreate(H5P_FILE_ACCESS)) {
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    if (own_bytes > 0) H5Pset_userblock(creation, own_bytes);
    if (driver >= 0) {
      EXPECT_GE(H5Pset_driver(access_, driver, nullptr), 0);
    }
    file_ = make ? H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access_)
                 : H5Fopen(path.c_str(), H5F_ACC_RDWR, access_);
    EXPECT_GE(file_, 0);
    H5Pclose(creation);
  }
  ~Datasets() {
    EXPECT_GE(H5Fclose(file_), 0);
    H5Pclose(access_);
  }
  Datasets(const Datasets&) = delete;
  Datasets& operator=(const Datasets&) = delete;

  void make(const std::string& name, hsize_t size) {
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(creation, false);
    const hid_t set =
        H5Dcreate2(file_, name.c_str(), H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    EXPECT_GE(set, 0);
    H5Dclose(set);
    H5Pclose(creation);
    H5Sclose(space);
  }
  void write(const std::string& name, hsize_t from, const std::vector<std::uint8_t>& bytes) {
    transfer(name, from, bytes.size(), [&](hid_t set, hid_t memory, hid_t space) {
      return H5Dwrite(set, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, bytes.data());
    });
  }
  std::vector<std::uint8_t> read(const std::string& name, hsize_t from, hsize_t size) {
    std::vector<std::uint8_t> bytes(size);
    transfer(name, from, size, [&](hid_t set, hid_t memory, hid_t space) {
      return H5Dread(set, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, bytes.data());
    });
    return bytes;
  }

 private:
  template <typename Transfer>
  void transfer(const std::string& name, hsize_t from, hsize_t size, Transfer transfer) {
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, nullptr, &size, nullptr);
    const hid_t memory = H5Screate_simple(1, &size, nullptr);
    EXPECT_GE(transfer(set, memory, space), 0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(set);
  }

  hid_t access_;
  hid_t file_;
};

std::vector<std::uint8_t> random_bytes(std::size_t count, std::uint32_t seed) {
  RandomStream stream({seed, 0, Purpose::kShuffling, 0});
  std::vector<std::uint32_t> words((count + 3) / 4 * 4);
  stream.words(words);
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(words[i]);
  return bytes;
}

// Datasets of all sizes, written in order and out of it, over each other, and read in between; then
// opened again and more of the same.
void write_file(const std::filesystem::path& path, hid_t driver, hsize_t own_bytes) {
  for (const bool make : {true, false}) {
    Datasets file(path, driver, make, own_bytes);
    std::uint32_t seed = 0;
    for (const std::size_t size : {1, 100, 4095, 4096, 4097, 70000, 1 << 20, 3'333'333, 12, 5000}) {
      std::string name = make ? "/first_" : "/second_";
      name += std::to_string(size);
      file.make(name, size);
      const auto bytes = random_bytes(size, ++seed);
      file.write(name, 0, bytes);
      if (size % 2 == 0) {
        EXPECT_EQ(file.read(name, 0, size), bytes);
      }
      const auto middle = random_bytes(size / 3 + 1, ++seed);
      file.write(name, size / 3, middle);
      if (size % 3 == 0) {
        EXPECT_EQ(file.read(name, size / 3, middle.size()), middle);
      }
    }
    const auto more = random_bytes(100'000, ++seed);
    file.write("/first_3333333", 123'457, more);
    file.write("/first_70000", 1, random_bytes(69'999, ++seed));
    EXPECT_EQ(file.read("/first_3333333", 123'457, more.size()), more);
  }
}

TEST_F(DirectIoDriverTest, FilesHaveTheBytesOfHdf5sOwnDriver) {
  for (const hsize_t own_bytes : {0, 512, 4096}) {
    write_file(file("ours.h5"), direct_io_driver(), own_bytes);
    write_file(file("theirs.h5"), -1, own_bytes);
    const std::string ours = content(file("ours.h5"));
    EXPECT_GT(ours.size(), 8'000'000U);
    EXPECT_TRUE(ours == content(file("theirs.h5"))) << own_bytes;
  }
}

TEST_F(DirectIoDriverTest, AFileThatIsReadIsNotChanged) {
  write_file(file("file.h5"), direct_io_driver(), 0);
  const hid_t reader = H5Fopen(file("file.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(reader, 0);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_driver(access, direct_io_driver(), nullptr);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  EXPECT_LT(H5Fopen(file("file.h5").c_str(), H5F_ACC_RDWR, access), 0);
  H5Fclose(reader);
  const hid_t writer = H5Fopen(file("file.h5").c_str(), H5F_ACC_RDWR, access);
  EXPECT_GE(writer, 0);
  EXPECT_LT(H5Fopen(file("file.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), 0);
  H5Fclose(writer);
  H5Pclose(access);
}

TEST_F(DirectIoDriverTest, SaysWhyAFileCannotBeOpened) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_driver(access, direct_io_driver(), nullptr);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  EXPECT_LT(H5Fopen(file("missing.h5").c_str(), H5F_ACC_RDWR, access), 0);
  std::string text;
  const auto visit = [](unsigned, const H5E_error2_t* error, void* result) -> herr_t {
    *static_cast<std::string*>(result) += error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &text);
  EXPECT_NE(text.find("No such file or directory"), std::string::npos) << text;
  H5Pclose(access);
}

}  // namespace
}  // namespace apical
