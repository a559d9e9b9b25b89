#include "simulator/hdf5_file.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "simulator/direct_io_driver.h"
#include "simulator/durable_rename.h"

namespace apical {
namespace {

static_assert(std::same_as<hid_t, std::int64_t>);

constexpr hsize_t kLargestChunk = 16384;
constexpr unsigned kDeflateLevel = 4;
constexpr std::size_t kMemoryIncrement = 1 << 20;

// For what HDF5 itself adds to a streamed file between two calls of reserve().
constexpr std::uint64_t kOverhead = 1 << 20;

// Room is asked for in such steps; what is left of the last is given back by close().
constexpr std::uint64_t kRoomIncrement = 64 << 20;

// An HDF5 identifier that closes itself.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

hid_t variable_length_string() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

// In memory, and (little-endian) in the file.
template <Hdf5Value T>
std::pair<hid_t, hid_t> types_of() {
  if constexpr (std::same_as<T, float>) {
    return {H5T_NATIVE_FLOAT, H5T_IEEE_F32LE};
  } else if constexpr (std::same_as<T, double>) {
    return {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE};
  } else if constexpr (std::same_as<T, std::uint64_t>) {
    return {H5T_NATIVE_UINT64, H5T_STD_U64LE};
  } else if constexpr (std::same_as<T, std::int64_t>) {
    return {H5T_NATIVE_INT64, H5T_STD_I64LE};
  } else if constexpr (std::same_as<T, std::uint32_t>) {
    return {H5T_NATIVE_UINT32, H5T_STD_U32LE};
  } else if constexpr (std::same_as<T, std::uint8_t>) {
    return {H5T_NATIVE_UINT8, H5T_STD_U8LE};
  } else {
    static const hid_t kString = variable_length_string();
    return {kString, kString};
  }
}

// Calls `write` with the values as HDF5 takes them.
template <Hdf5Value T, typename Write>
herr_t write_values(std::span<const T> values, Write write) {
  if constexpr (std::same_as<T, std::string>) {
    std::vector<const char*> pointers;
    pointers.reserve(values.size());
    for (const std::string& value : values) pointers.push_back(value.c_str());
    return write(static_cast<const void*>(pointers.data()));
  } else {
    return write(values.data());
  }
}

// Calls `read(memory type, buffer)` for the `count` values of a dataset or attribute whose type in
// the file is `type` and whose space is `space`.
template <Hdf5Value T, typename Read>
herr_t read_values(hid_t type, [[maybe_unused]] hid_t space, std::size_t count, Read read,
                   std::vector<T>& values) {
  if constexpr (!std::same_as<T, std::string>) {
    values.resize(count);
    return count == 0 ? 0 : read(types_of<T>().first, values.data());
  } else if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count, nullptr);
    const herr_t result = count == 0 ? 0 : read(type, static_cast<void*>(pointers.data()));
    if (result < 0) return result;
    for (const char* pointer : pointers) values.emplace_back(pointer == nullptr ? "" : pointer);
    return count == 0
               ? 0
               : H5Dvlen_reclaim(type, space, H5P_DEFAULT, static_cast<void*>(pointers.data()));
  } else {
    const std::size_t size = H5Tget_size(type);
    std::vector<char> characters(count * size);
    const herr_t result = count == 0 ? 0 : read(type, characters.data());
    if (result < 0) return result;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view padded(characters.data() + i * size, size);
      values.emplace_back(padded.substr(0, padded.find('\0')));
    }
    return 0;
  }
}

// What HDF5's error stack says: what the system said, if that is in it, or that the file was cut
// off; else the outermost call's complaint.
std::string last_error() {
  std::string reason = "HDF5 gives no reason";
  const auto visit = [](unsigned, const H5E_error2_t* error, void* result) -> herr_t {
    auto& text = *static_cast<std::string*>(result);
    constexpr std::string_view kBegin = "error message = '";
    const std::string_view description = error->desc == nullptr ? "" : error->desc;
    if (const auto begin = description.find(kBegin); begin != std::string_view::npos) {
      const auto message = description.substr(begin + kBegin.size());
      text = message.substr(0, message.find('\''));
      return 1;  // ends the walk
    }
    if (description.starts_with("truncated file")) {
      text = "is cut off: it is shorter than its beginning says";
      return 1;
    }
    if (!description.empty()) text = description;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &reason);
  return reason;
}

// Writes and brings to the disk. Returns errno, or 0.
int write_to_disk(const std::filesystem::path& path, std::span<const char> bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return errno;
  int error = 0;
  if ((!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) ||
      std::fflush(file) != 0 || ::fsync(::fileno(file)) != 0) {
    error = errno;
  }
  if (std::fclose(file) != 0 && error == 0) error = errno;
  return error;
}

// Makes sure that a file can grow to `end` bytes. Returns errno, or 0.
int make_room(int descriptor, std::uint64_t end) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < end) return EFBIG;
  if (::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(end)) == 0) return 0;
  if (errno != EOPNOTSUPP) return errno;
  // A file system that promises nothing.
  struct statvfs disk {};
  struct stat file {};
  if (::fstatvfs(descriptor, &disk) != 0 || ::fstat(descriptor, &file) != 0) return errno;
  const auto size = static_cast<std::uint64_t>(file.st_size);
  return disk.f_bavail * disk.f_frsize < end - std::min(end, size) ? ENOSPC : 0;
}

// Of what make_room() made. Returns errno, or 0.
int give_room_back(int descriptor) {
  struct stat file {};
  return ::fstat(descriptor, &file) == 0 && ::ftruncate(descriptor, file.st_size) == 0 ? 0 : errno;
}

// Whether there is room for a file's first bytes. Returns errno, or 0.
int test_room(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int error = make_room(descriptor, kOverhead);
  ::close(descriptor);
  return error;
}

// Links in the order in which they are made; no times, so that bytes depend on content only.
void set_properties_of_group(hid_t properties) {
  H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(properties, false);
}

}  // namespace

Hdf5File::Hdf5File(std::filesystem::path path, Mode mode, std::uint64_t own_bytes)
    : path_(std::move(path)),
      mode_(mode),
      access_(mode == Mode::kRead ? FileAccess::kRead : FileAccess::kWrite),
      file_(-1) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (mode_ != Mode::kRead) {
    partial_ = path_;
    partial_ += ".partial";
  }
  std::error_code ignored;
  const auto status = std::filesystem::status(mode_ == Mode::kChange ? partial_ : path_, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw FileError(path_, access_, "is not a regular file; name another");
  }
  if (mode_ == Mode::kRead || mode_ == Mode::kChange) {
    if (!std::filesystem::exists(status)) throw FileError(path_, access_, "there is no such file");
    open();
  } else {
    make(own_bytes);
  }
}

void Hdf5File::open() {
  const bool changes = mode_ == Mode::kChange;
  const std::filesystem::path& file = changes ? partial_ : path_;
  const Handle properties(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(properties, H5F_CLOSE_STRONG);
  if (changes) H5Pset_driver(properties, direct_io_driver(), nullptr);
  file_ = H5Fopen(file.c_str(), changes ? H5F_ACC_RDWR : H5F_ACC_RDONLY, properties);
  if (file_ < 0) {
    std::string reason = last_error();
    if (H5Fis_hdf5(file.c_str()) == 0) reason = "is not an HDF5 file";
    throw FileError(path_, access_, reason);
  }
}

void Hdf5File::make(std::uint64_t own_bytes) {
  const Handle properties(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(properties, H5F_CLOSE_STRONG);
  if (mode_ == Mode::kInMemory) H5Pset_fapl_core(properties, kMemoryIncrement, false);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  set_properties_of_group(creation);
  if (own_bytes > 0) H5Pset_userblock(creation, own_bytes);
  // Better now than after hours of simulation.
  int error = write_to_disk(partial_, {});
  if (error == 0 && mode_ == Mode::kStreamed) error = test_room(partial_);
  if (error != 0) {
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
    throw FileError(path_, access_, "cannot write: " + std::generic_category().message(error));
  }
  file_ = H5Fcreate(partial_.c_str(), H5F_ACC_TRUNC, creation, properties);
  if (file_ < 0) throw FileError(path_, access_, "cannot write: " + last_error());
}

Hdf5File Hdf5File::create(std::filesystem::path path) { return {std::move(path), Mode::kInMemory}; }

Hdf5File Hdf5File::create_streamed(std::filesystem::path path, std::uint64_t own_bytes) {
  return {std::move(path), Mode::kStreamed, own_bytes};
}

Hdf5File Hdf5File::open(std::filesystem::path path) { return {std::move(path), Mode::kRead}; }

Hdf5File Hdf5File::open_to_change(std::filesystem::path path) {
  return {std::move(path), Mode::kChange};
}

int Hdf5File::descriptor() const {
  void* handle = nullptr;
  check(H5Fget_vfd_handle(file_, H5P_DEFAULT, &handle), "/");
  return *static_cast<int*>(handle);
}

void Hdf5File::reserve(std::uint64_t bytes) {
  hsize_t size = 0;
  check(H5Fget_filesize(file_, &size), "/");
  const std::uint64_t end = size + bytes + kOverhead;
  if (end <= reserved_) return;
  reserved_ = end + kRoomIncrement;
  if (make_room(descriptor(), reserved_) == 0) return;
  reserved_ = end;
  if (const int error = make_room(descriptor(), end); error != 0) {
    throw FileError(path_, access_, "cannot write: " + std::generic_category().message(error));
  }
}

Hdf5File::~Hdf5File() { discard(); }

void Hdf5File::discard() noexcept {
  if (file_ < 0) return;
  H5Fclose(std::exchange(file_, -1));
  if (access_ == FileAccess::kWrite) {
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
  }
}

std::vector<char> Hdf5File::image() const {
  check(H5Fflush(file_, H5F_SCOPE_GLOBAL), "/");
  const auto size = check(H5Fget_file_image(file_, nullptr, 0), "/");
  std::vector<char> image(static_cast<std::size_t>(size));
  check(H5Fget_file_image(file_, image.data(), image.size()), "/");
  return image;
}

void Hdf5File::close() {
  if (file_ < 0) return;
  int error = 0;
  if (mode_ == Mode::kStreamed || mode_ == Mode::kChange) {
    reserve(0);
    check(H5Fflush(file_, H5F_SCOPE_GLOBAL), "/");
    error = give_room_back(descriptor());
    if (error == 0 && mode_ == Mode::kChange && ::fsync(descriptor()) != 0) error = errno;
    if (error != 0) {
      throw FileError(path_, access_, "cannot write: " + std::generic_category().message(error));
    }
    check(H5Fclose(file_), "/");
    file_ = -1;
    return;
  }
  if (access_ == FileAccess::kWrite) {
    error = write_to_disk(partial_, image());
    if (error == 0) error = durable_rename(partial_, path_);
  }
  discard();
  if (error != 0) {
    throw FileError(path_, access_, "cannot write: " + std::generic_category().message(error));
  }
}

void Hdf5File::fail(std::string_view object, std::string_view reason) const {
  std::string text(object);
  text += ": ";
  text += reason;
  throw FileError(path_, access_, text);
}

std::int64_t Hdf5File::check(std::int64_t result, std::string_view object) const {
  if (result < 0) fail(object, last_error());
  return result;
}

void Hdf5File::create_group(const std::string& group) {
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  set_properties_of_group(creation);
  const Handle made(check(H5Gcreate2(file_, group.c_str(), links, creation, H5P_DEFAULT), group),
                    H5Gclose);
}

std::int64_t Hdf5File::make_dataset(const std::string& dataset, std::int64_t type,
                                    std::span<const std::uint64_t> shape,
                                    std::span<const std::uint64_t> chunk) {
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const std::vector<hsize_t> chunk_sizes(chunk.begin(), chunk.end());
  const auto dimensions = static_cast<int>(sizes.size());
  // Only rows may be added.
  std::vector<hsize_t> largest = sizes;
  largest.front() = H5S_UNLIMITED;
  const Handle space(check(H5Screate_simple(dimensions, sizes.data(), largest.data()), dataset),
                     H5Sclose);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  check(H5Pset_chunk(creation, dimensions, chunk_sizes.data()), dataset);
  check(H5Pset_shuffle(creation), dataset);
  check(H5Pset_deflate(creation, kDeflateLevel), dataset);
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  return check(H5Dcreate2(file_, dataset.c_str(), type, space, links, creation, H5P_DEFAULT),
               dataset);
}

template <Hdf5Value T>
void Hdf5File::write(const std::string& dataset, std::span<const T> values,
                     std::span<const std::uint64_t> shape) {
  const auto [memory_type, file_type] = types_of<T>();
  const std::uint64_t size = values.size();
  const std::span<const std::uint64_t> sizes = shape.empty() ? std::span(&size, 1) : shape;
  std::vector<std::uint64_t> chunk(sizes.begin(), sizes.end());
  // As many of the innermost as make up a chunk.
  std::uint64_t room = kLargestChunk;
  for (std::size_t d = chunk.size(); d-- > 0;) {
    chunk[d] = std::clamp<std::uint64_t>(chunk[d], 1, room);
    room = std::max<std::uint64_t>(1, room / chunk[d]);
  }
  const Handle made(make_dataset(dataset, file_type, sizes, chunk), H5Dclose);
  if (values.empty()) return;
  check(write_values(values,
                     [&, memory = memory_type](const void* buffer) {
                       return H5Dwrite(made, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
                     }),
        dataset);
}

template <Hdf5Value T>
void Hdf5File::create_rows(const std::string& dataset, std::span<const std::uint64_t> row,
                           std::uint64_t rows_per_chunk) {
  std::vector<std::uint64_t> shape = {0};
  std::vector<std::uint64_t> chunk = {rows_per_chunk};
  shape.insert(shape.end(), row.begin(), row.end());
  chunk.insert(chunk.end(), row.begin(), row.end());
  const Handle made(make_dataset(dataset, types_of<T>().second, shape, chunk), H5Dclose);
}

void Hdf5File::set_rows(const std::string& dataset, std::uint64_t rows) {
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  const std::vector<std::uint64_t> shape = shape_of(dataset);
  std::vector<hsize_t> sizes(shape.begin(), shape.end());
  sizes.front() = rows;
  check(H5Dset_extent(opened, sizes.data()), dataset);
}

void Hdf5File::write_chunks(const std::string& dataset, std::span<const Chunk> chunks) {
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  std::vector<hsize_t> offset(shape_of(dataset).size(), 0);
  for (const Chunk& chunk : chunks) {
    reserve(chunk.encoded.size());
    offset.front() = chunk.first_row;
    constexpr std::uint32_t kAllFilters = 0;  // none was left out
    check(H5Dwrite_chunk(opened, H5P_DEFAULT, kAllFilters, offset.data(), chunk.encoded.size(),
                         chunk.encoded.data()),
          dataset);
  }
}

template <Hdf5Value T>
void Hdf5File::read_rows(const std::string& dataset, std::uint64_t first_row,
                         std::span<T> values) const {
  static_assert(!std::same_as<T, std::string>);
  if (values.empty()) return;
  const std::vector<std::uint64_t> shape = shape_of(dataset);
  std::vector<hsize_t> counts(shape.begin(), shape.end());
  hsize_t row_size = 1;
  for (std::size_t d = 1; d < counts.size(); ++d) row_size *= counts[d];
  if (row_size == 0 || values.size() % row_size != 0 ||
      first_row + values.size() / row_size > shape.front()) {
    fail(dataset, "has no such rows");
  }
  counts.front() = values.size() / row_size;
  std::vector<hsize_t> offset(shape.size(), 0);
  offset.front() = first_row;
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  const Handle space(check(H5Dget_space(opened), dataset), H5Sclose);
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, offset.data(), nullptr, counts.data(), nullptr),
        dataset);
  const Handle memory(
      check(H5Screate_simple(static_cast<int>(counts.size()), counts.data(), nullptr), dataset),
      H5Sclose);
  check(H5Dread(opened, types_of<T>().first, memory, space, H5P_DEFAULT, values.data()), dataset);
}

template <Hdf5Value T>
std::vector<T> Hdf5File::read(const std::string& dataset) const {
  if (!has(dataset)) fail(dataset, "is missing");
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  const Handle space(check(H5Dget_space(opened), dataset), H5Sclose);
  const Handle type(check(H5Dget_type(opened), dataset), H5Tclose);
  const auto count = static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space), dataset));
  if (count > std::vector<T>().max_size() / 2) fail(dataset, "is larger than the memory");
  if (std::integral<T> && H5Tget_class(type) == H5T_FLOAT) {
    fail(dataset, "has numbers with a decimal point; whole ones would be right");
  }
  std::vector<T> values;
  check(read_values(
            type, space, count,
            [&](hid_t memory, void* buffer) {
              return H5Dread(opened, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
            },
            values),
        dataset);
  return values;
}

template <Hdf5Value T>
void Hdf5File::write_plain(const std::string& dataset, std::span<const T> values,
                           std::span<const std::uint64_t> shape) {
  static_assert(!std::same_as<T, std::string>);
  if (mode_ == Mode::kStreamed) reserve(values.size_bytes());
  const auto [memory_type, file_type] = types_of<T>();
  std::vector<hsize_t> sizes(shape.begin(), shape.end());
  if (sizes.empty()) sizes.push_back(values.size());
  const Handle space(
      check(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), dataset),
      H5Sclose);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  const Handle made(
      check(H5Dcreate2(file_, dataset.c_str(), file_type, space, links, creation, H5P_DEFAULT),
            dataset),
      H5Dclose);
  if (values.empty()) return;
  check(H5Dwrite(made, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset);
}

template <Hdf5Value T>
void Hdf5File::read_into(const std::string& dataset, std::span<T> values) const {
  static_assert(!std::same_as<T, std::string>);
  if (const std::uint64_t there = size_of(dataset); there != values.size()) {
    fail(dataset, "has " + std::to_string(there) + " values; " + std::to_string(values.size()) +
                      " would be right");
  }
  if (values.empty()) return;
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  check(H5Dread(opened, types_of<T>().first, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
        dataset);
}

std::vector<std::uint64_t> Hdf5File::shape_of(const std::string& dataset) const {
  if (!has(dataset)) fail(dataset, "is missing");
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  const Handle space(check(H5Dget_space(opened), dataset), H5Sclose);
  const auto dimensions = check(H5Sget_simple_extent_ndims(space), dataset);
  std::vector<hsize_t> sizes(static_cast<std::size_t>(dimensions));
  check(H5Sget_simple_extent_dims(space, sizes.data(), nullptr), dataset);
  return {sizes.begin(), sizes.end()};
}

std::uint64_t Hdf5File::size_of(const std::string& dataset) const {
  if (!has(dataset)) fail(dataset, "is missing");
  const Handle opened(check(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), dataset), H5Dclose);
  const Handle space(check(H5Dget_space(opened), dataset), H5Sclose);
  return static_cast<std::uint64_t>(check(H5Sget_simple_extent_npoints(space), dataset));
}

template <Hdf5Value T>
void Hdf5File::write_attribute(const std::string& object, const std::string& name, const T& value) {
  const auto [memory_type, file_type] = types_of<T>();
  const Handle space(check(H5Screate(H5S_SCALAR), name), H5Sclose);
  const Handle made(check(H5Acreate_by_name(file_, object.c_str(), name.c_str(), file_type, space,
                                            H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          name),
                    H5Aclose);
  check(write_values(std::span(&value, 1),
                     [&, memory = memory_type](const void* buffer) {
                       return H5Awrite(made, memory, buffer);
                     }),
        name);
}

template <Hdf5Value T>
void Hdf5File::write_attribute_array(const std::string& object, const std::string& name,
                                     std::span<const T> values) {
  const auto [memory_type, file_type] = types_of<T>();
  const hsize_t size = values.size();
  const Handle space(check(H5Screate_simple(1, &size, nullptr), name), H5Sclose);
  const Handle made(check(H5Acreate_by_name(file_, object.c_str(), name.c_str(), file_type, space,
                                            H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          name),
                    H5Aclose);
  if (values.empty()) return;
  check(write_values(values, [&, memory = memory_type](
                                 const void* buffer) { return H5Awrite(made, memory, buffer); }),
        name);
}

template <Hdf5Value T>
T Hdf5File::read_attribute(const std::string& object, const std::string& name) const {
  std::vector<T> values = read_attribute_array<T>(object, name);
  if (values.size() != 1) fail(object, "attribute " + name + " has more or less than one value");
  return std::move(values.front());
}

template <Hdf5Value T>
std::vector<T> Hdf5File::read_attribute_array(const std::string& object,
                                              const std::string& name) const {
  if (!has_attribute(object, name)) fail(object, "attribute " + name + " is missing");
  const Handle opened(
      check(H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), name),
      H5Aclose);
  const Handle space(check(H5Aget_space(opened), name), H5Sclose);
  const Handle type(check(H5Aget_type(opened), name), H5Tclose);
  const auto count = static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space), name));
  std::vector<T> values;
  check(read_values(
            type, space, count,
            [&](hid_t memory, void* buffer) { return H5Aread(opened, memory, buffer); }, values),
        name);
  return values;
}

void Hdf5File::write_enum_attribute(const std::string& object, const std::string& name,
                                    std::span<const std::string_view> members, std::size_t value) {
  const Handle type(check(H5Tenum_create(H5T_STD_U8LE), name), H5Tclose);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto member_value = static_cast<std::uint8_t>(i);
    check(H5Tenum_insert(type, std::string(members[i]).c_str(), &member_value), name);
  }
  const Handle space(check(H5Screate(H5S_SCALAR), name), H5Sclose);
  const Handle made(check(H5Acreate_by_name(file_, object.c_str(), name.c_str(), type, space,
                                            H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          name),
                    H5Aclose);
  const auto written = static_cast<std::uint8_t>(value);
  check(H5Awrite(made, type, &written), name);
}

std::string Hdf5File::read_enum_attribute(const std::string& object,
                                          const std::string& name) const {
  if (!has_attribute(object, name)) fail(object, "attribute " + name + " is missing");
  const Handle opened(
      check(H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), name),
      H5Aclose);
  const Handle type(check(H5Aget_type(opened), name), H5Tclose);
  const Handle space(check(H5Aget_space(opened), name), H5Sclose);
  if (H5Tget_class(type) != H5T_ENUM || H5Sget_simple_extent_npoints(space) != 1) {
    fail(object, "attribute " + name + " is not one enum value");
  }
  std::vector<char> value(H5Tget_size(type));
  check(H5Aread(opened, type, value.data()), name);
  std::vector<char> member(256);
  check(H5Tenum_nameof(type, value.data(), member.data(), member.size()), name);
  return member.data();
}

bool Hdf5File::has(const std::string& object) const {
  if (object == "/") return true;
  // HDF5 can only ask for a link whose groups are there.
  for (auto end = object.find('/', 1);; end = object.find('/', end + 1)) {
    if (H5Lexists(file_, object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  return has(object) && H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5File::names_in(const std::string& group) const {
  if (!has(group)) fail(group, "is missing");
  const Handle opened(check(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), group), H5Gclose);
  const Handle creation(H5Gget_create_plist(opened), H5Pclose);
  unsigned order = 0;
  H5Pget_link_creation_order(creation, &order);
  const bool indexed = (order & H5P_CRT_ORDER_INDEXED) != 0;
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* result) -> herr_t {
    static_cast<std::vector<std::string>*>(result)->emplace_back(name);
    return 0;
  };
  check(H5Literate(opened, indexed ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME, H5_ITER_INC, nullptr,
                   visit, &names),
        group);
  return names;
}

#define APICAL_INSTANTIATE(T)                                                                   \
  template void Hdf5File::write<T>(const std::string&, std::span<const T>,                      \
                                   std::span<const std::uint64_t>);                             \
  template std::vector<T> Hdf5File::read<T>(const std::string&) const;                          \
  template void Hdf5File::write_attribute<T>(const std::string&, const std::string&, const T&); \
  template void Hdf5File::write_attribute_array<T>(const std::string&, const std::string&,      \
                                                   std::span<const T>);                         \
  template T Hdf5File::read_attribute<T>(const std::string&, const std::string&) const;         \
  template std::vector<T> Hdf5File::read_attribute_array<T>(const std::string&,                 \
                                                            const std::string&) const;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
APICAL_INSTANTIATE(std::uint64_t)
APICAL_INSTANTIATE(std::int64_t)
APICAL_INSTANTIATE(std::uint32_t)
APICAL_INSTANTIATE(std::uint8_t)
APICAL_INSTANTIATE(std::string)
#undef APICAL_INSTANTIATE

#define APICAL_INSTANTIATE(T)                                                                \
  template void Hdf5File::write_plain<T>(const std::string&, std::span<const T>,             \
                                         std::span<const std::uint64_t>);                    \
  template void Hdf5File::read_into<T>(const std::string&, std::span<T>) const;              \
  template void Hdf5File::create_rows<T>(const std::string&, std::span<const std::uint64_t>, \
                                         std::uint64_t);                                     \
  template void Hdf5File::read_rows<T>(const std::string&, std::uint64_t, std::span<T>) const;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
APICAL_INSTANTIATE(std::uint64_t)
APICAL_INSTANTIATE(std::int64_t)
APICAL_INSTANTIATE(std::uint32_t)
APICAL_INSTANTIATE(std::uint8_t)
#undef APICAL_INSTANTIATE

}  // namespace apical
