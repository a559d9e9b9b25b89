#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/file_error.h"

namespace apical {

// What a dataset or an attribute may hold. Integers and doubles are converted when they are read.
template <typename T>
concept Hdf5Value = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::uint64_t> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::uint32_t> || std::same_as<T, std::uint8_t> || std::same_as<T, std::string>;

// An HDF5 file that is either being made or being read. Objects are named by their path from the
// root, such as "/spikes/hidden/timestamps". A file's bytes depend on nothing but what is written.
// Everything throws FileError. HDF5's own printing of errors is off once a file was opened.
class Hdf5File {
 public:
  // Makes a file that appears at `path`, in place of an older one, on close(). Until then it is
  // in memory: HDF5 cannot leave a file whose disk is full without ending the process.
  static Hdf5File create(std::filesystem::path path);
  static Hdf5File open(std::filesystem::path path);

  // Makes a file that is at PATH.partial at once and grows on the disk as it is written: for arrays
  // that do not fit into memory twice. It is whole after close(), and stays there. Its first
  // `own_bytes` (0 or a power of two from 512 on) are the caller's. Room on the disk is made sure
  // of before it is needed.
  static Hdf5File create_streamed(std::filesystem::path path, std::uint64_t own_bytes);

  // Opens PATH.partial, a copy of a file, to change it in place, which is on the disk after
  // close(). Until then it is no use to anyone else. Room is made sure of likewise.
  static Hdf5File open_to_change(std::filesystem::path path);

  // Without close(), a file that was being made is discarded.
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  void close();

  // Makes a group, with those above it that are missing.
  void create_group(const std::string& group);

  // Makes a dataset, chunked and compressed, with the groups above it: of this shape or, without
  // one, of one dimension. The last index varies fastest, here and in all that follows.
  template <Hdf5Value T>
  void write(const std::string& dataset, std::span<const T> values,
             std::span<const std::uint64_t> shape = {});
  template <Hdf5Value T>
  std::vector<T> read(const std::string& dataset) const;
  std::vector<std::uint64_t> shape_of(const std::string& dataset) const;

  // Makes a dataset of rows, of which it has none yet and a chunk holds so many. `row` is the shape
  // of one; without it a row is a value.
  template <Hdf5Value T>
  void create_rows(const std::string& dataset, std::span<const std::uint64_t> row,
                   std::uint64_t rows_per_chunk);
  void set_rows(const std::string& dataset, std::uint64_t rows);
  // Chunks as chunk_encoding.h encodes them.
  struct Chunk {
    std::uint64_t first_row;
    std::span<const char> encoded;
  };
  void write_chunks(const std::string& dataset, std::span<const Chunk> chunks);
  // The values of the rows from `first_row` on, as many as fit.
  template <Hdf5Value T>
  void read_rows(const std::string& dataset, std::uint64_t first_row, std::span<T> values) const;

  // Makes a dataset of just these values, neither chunked nor compressed, of this shape or, without
  // one, of one dimension. What is read goes to `values`, which has as many elements.
  template <Hdf5Value T>
  void write_plain(const std::string& dataset, std::span<const T> values,
                   std::span<const std::uint64_t> shape = {});
  template <Hdf5Value T>
  void read_into(const std::string& dataset, std::span<T> values) const;
  // How many values a dataset has.
  std::uint64_t size_of(const std::string& dataset) const;

  // Attributes of a group or dataset ("/" is the root group), scalar or one-dimensional.
  template <Hdf5Value T>
  void write_attribute(const std::string& object, const std::string& name, const T& value);
  template <Hdf5Value T>
  void write_attribute_array(const std::string& object, const std::string& name,
                             std::span<const T> values);
  template <Hdf5Value T>
  T read_attribute(const std::string& object, const std::string& name) const;
  template <Hdf5Value T>
  std::vector<T> read_attribute_array(const std::string& object, const std::string& name) const;

  // A scalar attribute of an HDF5 enum type whose members have the values 0, 1, 2, ...
  void write_enum_attribute(const std::string& object, const std::string& name,
                            std::span<const std::string_view> members, std::size_t value);
  // The name of the member.
  std::string read_enum_attribute(const std::string& object, const std::string& name) const;

  bool has(const std::string& object) const;
  bool has_attribute(const std::string& object, const std::string& name) const;
  // Names of what is in a group: in the order in which they were made where the file knows it,
  // else by name.
  std::vector<std::string> names_in(const std::string& group) const;

  const std::filesystem::path& path() const { return path_; }
  // What is written, if anything is.
  const std::filesystem::path& partial_path() const { return partial_; }

 private:
  enum class Mode { kRead, kInMemory, kStreamed, kChange };
  Hdf5File(std::filesystem::path path, Mode mode, std::uint64_t own_bytes = 0);
  void make(std::uint64_t own_bytes);
  void open();
  // Of a file that is not in memory: throws unless `bytes` more, and what HDF5 itself adds, fit on
  // the disk.
  void reserve(std::uint64_t bytes);
  int descriptor() const;  // of a file that is not in memory
  // Returns HDF5's identifier, which the caller closes.
  std::int64_t make_dataset(const std::string& dataset, std::int64_t type,
                            std::span<const std::uint64_t> shape,
                            std::span<const std::uint64_t> chunk);
  void discard() noexcept;
  std::vector<char> image() const;
  // Throws what HDF5 said last if `result` is negative; `object` is what it was about.
  std::int64_t check(std::int64_t result, std::string_view object) const;
  [[noreturn]] void fail(std::string_view object, std::string_view reason) const;

  std::filesystem::path path_;
  std::filesystem::path partial_;  // what is written
  Mode mode_;
  FileAccess access_;
  std::uint64_t reserved_ = 0;
  std::int64_t file_;  // HDF5's hid_t
};

}  // namespace apical
