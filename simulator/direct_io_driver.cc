#include "simulator/direct_io_driver.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <system_error>

namespace apical {
namespace {

// Where what is written begins and ends in the file and in memory; any disk's blocks divide it.
constexpr std::size_t kBlock = 4096;

// What is collected before it is written.
constexpr std::size_t kBuffer = 1 << 20;

constexpr haddr_t kMostBytes = (haddr_t{1} << 63U) - 1;

haddr_t round_up(haddr_t address) { return (address + kBlock - 1) / kBlock * kBlock; }

// Says what the system said in the words of HDF5's own drivers.
herr_t fail(const char* call, int error) {
  H5Epush2(H5E_DEFAULT, __FILE__, call, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_SYSERRSTR,
           "error message = '%s'", std::generic_category().message(error).c_str());
  return -1;
}

// Returns errno, or 0.
int write_fully(int descriptor, std::span<const char> bytes, haddr_t address) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(address));
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    address += static_cast<haddr_t>(written);
  }
  return 0;
}

class DirectFile {
 public:
  // Takes the descriptor over.
  DirectFile(int descriptor, int direct_descriptor, const struct stat& status)
      : descriptor_(descriptor),
        direct_descriptor_(direct_descriptor),
        device_(status.st_dev),
        inode_(status.st_ino),
        end_(static_cast<haddr_t>(status.st_size)),
        buffer_(static_cast<char*>(std::aligned_alloc(kBlock, kBuffer + kBlock))) {
    if (!buffer_) throw std::bad_alloc();
  }
  ~DirectFile() {
    if (direct_descriptor_ >= 0) ::close(direct_descriptor_);
    ::close(descriptor_);
  }
  DirectFile(const DirectFile&) = delete;
  DirectFile& operator=(const DirectFile&) = delete;

  int* descriptor() { return &descriptor_; }
  haddr_t end() const { return std::max(end_, buffer_end()); }
  haddr_t allocated() const { return allocated_; }
  void set_allocated(haddr_t allocated) { allocated_ = allocated; }

  int compare(const DirectFile& other) const {
    if (device_ != other.device_) return device_ < other.device_ ? -1 : 1;
    return inode_ == other.inode_ ? 0 : inode_ < other.inode_ ? -1 : 1;
  }

  // These return errno, or 0.

  int read(haddr_t address, std::span<char> to) {
    if (address < buffer_end() && address + to.size() > buffer_start_) {
      if (const int error = flush(); error != 0) return error;
    }
    while (!to.empty()) {
      const ssize_t count = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(address));
      if (count < 0) {
        if (errno == EINTR) continue;
        return errno;
      }
      if (count == 0) {  // beyond the file's end are zeros
        std::ranges::fill(to, '\0');
        return 0;
      }
      to = to.subspan(static_cast<std::size_t>(count));
      address += static_cast<haddr_t>(count);
    }
    return 0;
  }

  int write(haddr_t address, std::span<const char> bytes) {
    if (address < buffer_end() && address + bytes.size() > buffer_start_) {
      if (const int error = flush(); error != 0) return error;
    }
    end_ = std::max(end_, address + bytes.size());
    return write_fully(descriptor_, bytes, address);
  }

  // Collects what is written behind each other. The buffer holds the file from `buffer_start_` on,
  // at the same place of a block as in the file.
  int collect(haddr_t address, std::span<const char> bytes) {
    while (!bytes.empty()) {
      if (filled_ > 0 && address != buffer_end()) {
        if (const int error = flush(); error != 0) return error;
      }
      if (filled_ == 0) buffer_start_ = address;
      const std::size_t room = kBuffer - filled_;
      const auto part = bytes.first(std::min(bytes.size(), room));
      std::memcpy(buffer_.get() + buffer_start_ % kBlock + filled_, part.data(), part.size());
      filled_ += part.size();
      bytes = bytes.subspan(part.size());
      address += part.size();
      if (filled_ < kBuffer) continue;
      // All but what does not fill the last block, to which more is yet to come.
      const haddr_t end = buffer_end();
      const std::size_t rest = end % kBlock;
      if (const int error = write_buffer(filled_ - rest); error != 0) return error;
      std::memmove(buffer_.get(), buffer_.get() + (end - rest - first_block()), rest);
      buffer_start_ = end - rest;
      filled_ = rest;
    }
    return 0;
  }

  int flush() {
    const int error = write_buffer(filled_);
    filled_ = 0;
    return error;
  }

  int truncate() {
    if (const int error = flush(); error != 0) return error;
    if (end_ == allocated_) return 0;
    if (::ftruncate(descriptor_, static_cast<off_t>(allocated_)) != 0) return errno;
    end_ = allocated_;
    return 0;
  }

 private:
  struct Free {
    void operator()(char* buffer) const { std::free(buffer); }
  };

  haddr_t buffer_end() const { return buffer_start_ + filled_; }
  haddr_t first_block() const { return buffer_start_ - buffer_start_ % kBlock; }

  // The first `size` bytes of what was collected: whole blocks directly, what is before and behind
  // them through the cache.
  int write_buffer(std::size_t size) {
    const std::span<const char> bytes(buffer_.get() + buffer_start_ % kBlock, size);
    const haddr_t end = buffer_start_ + size;
    const haddr_t blocks = std::min(round_up(buffer_start_), end);
    const haddr_t blocks_end = std::max(blocks, end - end % kBlock);
    end_ = std::max(end_, end);
    const auto part = [&](haddr_t from, haddr_t to) {
      return bytes.subspan(from - buffer_start_, to - from);
    };
    int error = write_fully(descriptor_, part(buffer_start_, blocks), buffer_start_);
    if (error == 0) error = write_blocks(part(blocks, blocks_end), blocks);
    if (error == 0) error = write_fully(descriptor_, part(blocks_end, end), blocks_end);
    return error;
  }

  int write_blocks(std::span<const char> bytes, haddr_t address) {
    if (direct_descriptor_ >= 0) {
      const int error = write_fully(direct_descriptor_, bytes, address);
      if (error != EINVAL) return error;
      // Blocks of another size than any that we know.
      ::close(direct_descriptor_);
      direct_descriptor_ = -1;
    }
    return write_fully(descriptor_, bytes, address);
  }

  int descriptor_;
  int direct_descriptor_;  // of the same file; or -1
  dev_t device_;
  ino_t inode_;
  haddr_t allocated_ = 0;  // HDF5 knows of so many bytes
  haddr_t end_;            // of the file, as it was written
  std::unique_ptr<char, Free> buffer_;
  haddr_t buffer_start_ = 0;
  std::size_t filled_ = 0;
};

// ---- What HDF5 calls ----

struct Driven {
  H5FD_t base;  // HDF5's own, and first
  DirectFile file;
};

DirectFile& file_of(H5FD_t* base) { return reinterpret_cast<Driven*>(base)->file; }
const DirectFile& file_of(const H5FD_t* base) {
  return reinterpret_cast<const Driven*>(base)->file;
}

H5FD_t* open_file(const char* name, unsigned flags, hid_t /*properties*/, haddr_t /*most*/) {
  int how = O_CLOEXEC | ((flags & H5F_ACC_RDWR) != 0 ? O_RDWR : O_RDONLY);
  if ((flags & H5F_ACC_TRUNC) != 0) how |= O_TRUNC;
  if ((flags & H5F_ACC_CREAT) != 0) how |= O_CREAT;
  if ((flags & H5F_ACC_EXCL) != 0) how |= O_EXCL;
  constexpr mode_t kMode = 0666;
  const int descriptor = ::open(name, how, kMode);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    fail("open", error);
    return nullptr;
  }
  const int direct =
      (flags & H5F_ACC_RDWR) != 0 ? ::open(name, O_WRONLY | O_DIRECT | O_CLOEXEC) : -1;
  try {
    return &(new Driven{{}, {descriptor, direct, status}})->base;
  } catch (const std::bad_alloc&) {
    fail("open", ENOMEM);
    return nullptr;
  }
}

herr_t close_file(H5FD_t* base) {
  const int error = file_of(base).flush();
  delete reinterpret_cast<Driven*>(base);
  return error == 0 ? 0 : fail("close", error);
}

herr_t result_of(const char* call, int error) { return error == 0 ? 0 : fail(call, error); }

// As HDF5's own driver for such systems, so that it lays files out alike.
constexpr unsigned long kFeatures = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
                                    H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
                                    H5FD_FEAT_POSIX_COMPAT_HANDLE |
                                    H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
  driver.name = "apical_direct";
  driver.maxaddr = kMostBytes;
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.open = open_file;
  driver.close = close_file;
  driver.cmp = [](const H5FD_t* a, const H5FD_t* b) { return file_of(a).compare(file_of(b)); };
  driver.query = [](const H5FD_t*, unsigned long* features) -> herr_t {
    *features = kFeatures;
    return 0;
  };
  driver.get_eoa = [](const H5FD_t* base, H5FD_mem_t) { return file_of(base).allocated(); };
  driver.set_eoa = [](H5FD_t* base, H5FD_mem_t, haddr_t end) -> herr_t {
    file_of(base).set_allocated(end);
    return 0;
  };
  driver.get_eof = [](const H5FD_t* base, H5FD_mem_t) { return file_of(base).end(); };
  driver.get_handle = [](H5FD_t* base, hid_t, void** handle) -> herr_t {
    *handle = file_of(base).descriptor();
    return 0;
  };
  driver.read = [](H5FD_t* base, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* to) {
    return result_of("read", file_of(base).read(address, {static_cast<char*>(to), size}));
  };
  driver.write = [](H5FD_t* base, H5FD_mem_t type, hid_t, haddr_t address, std::size_t size,
                    const void* from) {
    const std::span<const char> bytes(static_cast<const char*>(from), size);
    DirectFile& file = file_of(base);
    return result_of(
        "write", type == H5FD_MEM_DRAW ? file.collect(address, bytes) : file.write(address, bytes));
  };
  driver.flush = [](H5FD_t* base, hid_t, hbool_t) {
    return result_of("flush", file_of(base).flush());
  };
  driver.truncate = [](H5FD_t* base, hid_t, hbool_t) {
    return result_of("truncate", file_of(base).truncate());
  };
  driver.lock = [](H5FD_t* base, hbool_t exclusive) {
    const int how = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
    const bool done = ::flock(*file_of(base).descriptor(), how) == 0 || errno == ENOSYS;
    return result_of("lock", done ? 0 : errno);
  };
  driver.unlock = [](H5FD_t* base) {
    const bool done = ::flock(*file_of(base).descriptor(), LOCK_UN) == 0 || errno == ENOSYS;
    return result_of("unlock", done ? 0 : errno);
  };
  constexpr H5FD_mem_t kMap[] = H5FD_FLMAP_DICHOTOMY;
  std::ranges::copy(kMap, driver.fl_map);
  return driver;
}

}  // namespace

std::int64_t direct_io_driver() {
  static const H5FD_class_t kDriver = driver_class();
  static const hid_t kId = H5FDregister(&kDriver);
  return kId;
}

}  // namespace apical
