#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/file_error.h"
#include "simulator/hdf5_file.h"

namespace apical {

// A place in a checkpoint, where an object leaves its state or finds it again. A class says once
// what its state consists of, in a function that serves both ways:
//
//   void checkpoint(const Checkpoint& state) {
//     state.number("origin_ms", origin_);
//     state.array("leak", std::span(leak_));
//     trace_.checkpoint(state.in("trace"));
//   }
//
// State is what the future depends on and what construction does not bring about: an object that
// was made from the same experiment and restored goes on to the same bits. A random stream is its
// position. Names are used once in a place; they become groups, attributes (numbers, texts) and
// datasets (arrays) of an HDF5 file. Restoring, everything throws FileError where something is
// missing or of another size than here, and nothing is then to be used.
class Checkpoint {
 public:
  // Whether values are given to the object rather than taken from it.
  bool restores() const { return restores_; }

  // The place of a part of the object.
  Checkpoint in(std::string_view part) const;

  template <typename T>
  requires std::integral<T> || std::same_as<T, double>
  void number(const std::string& name, T& value) const {
    if constexpr (std::same_as<T, double>) {
      exchange(name, value);
    } else {
      auto stored = static_cast<std::int64_t>(value);  // as many bits, whatever the sign
      exchange(name, stored);
      value = static_cast<T>(stored);
    }
  }

  // A number that must be the same when the state is restored: what the experiment and the data
  // determine, such as the size of the training set.
  void same(const std::string& name, std::int64_t value) const;

  // Throws FileError: what is wrong with a value of this place.
  [[noreturn]] void fail(std::string_view name, const std::string& reason) const;
  // Likewise of a file that is right, but not for this run.
  [[noreturn]] void refuse(const std::string& reason) const;

  // Up to 60,000 characters are an attribute, longer texts a dataset.
  void text(const std::string& name, std::string& value) const;

  // As many values when they are restored. `shape` is for those who read the file.
  template <Hdf5Value T>
  void array(const std::string& name, std::span<T> values,
             std::span<const std::uint64_t> shape = {}) const;

  // As many values as there are; restoring makes room for those of the checkpoint.
  template <Hdf5Value T>
  void list(const std::string& name, std::vector<T>& values) const;

 private:
  friend class CheckpointWriter;
  friend class CheckpointReader;
  Checkpoint(Hdf5File& file, std::string group, bool restores)
      : file_(&file), group_(std::move(group)), restores_(restores) {}

  void exchange(const std::string& name, double& value) const;
  void exchange(const std::string& name, std::int64_t& value) const;
  std::string path(std::string_view name) const;

  Hdf5File* file_;
  std::string group_;  // "/" or "/network/hidden"
  bool restores_;
};

// A checkpoint in the making. It is written beside `path` as it goes, so no array is held twice,
// and takes the place of an older one when it is whole. Without commit() the older one stays.
// Throws FileError, for example where the disk is full.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::filesystem::path path);
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  Checkpoint root() { return {file_, "/", false}; }
  void commit();

 private:
  std::filesystem::path path_;
  Hdf5File file_;
};

// A checkpoint that is read. Its version and, before anything in it is used, its checksum are
// looked at. Throws FileError.
//
// The file is HDF5 behind a block of 512 bytes, which HDF5 leaves to us: a line with the format's
// version and the CRC-32 and length of all that follows, so that HDF5 never sees a damaged file.
class CheckpointReader {
 public:
  explicit CheckpointReader(std::filesystem::path path);

  Checkpoint root() { return {file_, "/", true}; }

 private:
  Hdf5File file_;
};

}  // namespace apical
