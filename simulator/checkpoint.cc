#include "simulator/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>
#include <utility>

#include "simulator/durable_rename.h"

namespace apical {
namespace {

constexpr int kFormatVersion = 3;
constexpr std::string_view kFormat = "apical checkpoint";

// The block before HDF5's part of the file, filled up with zeros.
constexpr std::size_t kSealBytes = 512;

constexpr std::size_t kLongestAttribute = 60000;  // HDF5 allows 64 KiB

class FileDescriptor {
 public:
  // Errors are about `path`, which `file` is or will be.
  FileDescriptor(const std::filesystem::path& path, FileAccess access,
                 const std::filesystem::path& file)
      : path_(path),
        access_(access),
        descriptor_(
            ::open(file.c_str(), (access == FileAccess::kRead ? O_RDONLY : O_RDWR) | O_CLOEXEC)) {
    if (descriptor_ < 0) fail(errno);
  }
  ~FileDescriptor() { ::close(descriptor_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int operator*() const { return descriptor_; }

  [[noreturn]] void fail(int error) const {
    const std::string_view what = access_ == FileAccess::kRead ? "cannot read: " : "cannot write: ";
    throw FileError(path_, access_, std::string(what) + std::generic_category().message(error));
  }

  // Reads from `offset` on, up to the file's end. Returns how many bytes.
  std::size_t read(std::span<char> bytes, std::uint64_t offset) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                                    static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(errno);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

 private:
  const std::filesystem::path& path_;
  FileAccess access_;
  int descriptor_;
};

// What the first line says of the rest of the file.
struct Seal {
  std::uint32_t crc = 0;
  std::uint64_t bytes = 0;

  std::string line() const {
    std::array<char, 128> text;
    std::snprintf(text.data(), text.size(), "%s version %d crc32 %08x bytes %llu\n", kFormat.data(),
                  kFormatVersion, crc, static_cast<unsigned long long>(bytes));
    return text.data();
  }
};

Seal seal_of(const FileDescriptor& file) {
  std::vector<char> buffer(1 << 20);
  Seal seal;
  for (;;) {
    const std::size_t count = file.read(buffer, kSealBytes + seal.bytes);
    seal.crc = static_cast<std::uint32_t>(
        ::crc32_z(seal.crc, reinterpret_cast<const Bytef*>(buffer.data()), count));
    seal.bytes += count;
    if (count < buffer.size()) return seal;
  }
}

void write_all(const FileDescriptor& file, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pwrite(*file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno != EINTR) file.fail(errno);
    if (count > 0) done += static_cast<std::size_t>(count);
  }
}

// Returns the path of a file that may be given to HDF5.
std::filesystem::path checked(std::filesystem::path path) {
  const FileDescriptor file(path, FileAccess::kRead, path);
  const auto fail = [&](const std::string& reason) {
    throw FileError(path, FileAccess::kRead, reason);
  };
  std::array<char, kSealBytes> block{};
  file.read(block, 0);
  const std::string_view text(block.data(), block.size());
  const std::string begin = std::string(kFormat) + " version ";
  if (!text.starts_with(begin)) fail("is not a checkpoint, or a damaged one; remove it");
  int version = 0;
  std::from_chars(text.data() + begin.size(), text.data() + text.size(), version);
  if (version != kFormatVersion) {
    fail("has version " + std::to_string(version) + " of the format; this program reads version " +
         std::to_string(kFormatVersion));
  }
  const std::string line = seal_of(file).line();
  if (text.substr(0, line.size()) != line) {
    fail("is damaged: its checksum is not that of its content; remove it");
  }
  return path;
}

}  // namespace

// ---- A place ----

std::string Checkpoint::path(std::string_view name) const {
  std::string result = group_;
  if (result.back() != '/') result += '/';
  result += name;
  return result;
}

void Checkpoint::fail(std::string_view name, const std::string& reason) const {
  refuse(path(name) + ": " + reason);
}

void Checkpoint::refuse(const std::string& reason) const {
  throw FileError(file_->path(), restores_ ? FileAccess::kRead : FileAccess::kWrite, reason);
}

Checkpoint Checkpoint::in(std::string_view part) const {
  Checkpoint place(*file_, path(part), restores_);
  if (!restores_) {
    file_->create_group(place.group_);
  } else if (!file_->has(place.group_)) {
    fail(part, "is missing");
  }
  return place;
}

void Checkpoint::exchange(const std::string& name, double& value) const {
  if (restores_) {
    value = file_->read_attribute<double>(group_, name);
  } else {
    file_->write_attribute(group_, name, value);
  }
}

void Checkpoint::exchange(const std::string& name, std::int64_t& value) const {
  if (restores_) {
    value = file_->read_attribute<std::int64_t>(group_, name);
  } else {
    file_->write_attribute(group_, name, value);
  }
}

void Checkpoint::same(const std::string& name, std::int64_t value) const {
  std::int64_t stored = value;
  exchange(name, stored);
  if (stored != value) {
    fail(name, "is " + std::to_string(stored) + "; " + std::to_string(value) + " would be right");
  }
}

void Checkpoint::text(const std::string& name, std::string& value) const {
  if (!restores_) {
    if (value.size() <= kLongestAttribute) {
      file_->write_attribute(group_, name, value);
    } else {
      file_->write_plain<std::uint8_t>(
          path(name), {reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
    }
  } else if (file_->has_attribute(group_, name)) {
    value = file_->read_attribute<std::string>(group_, name);
  } else {
    value.resize(file_->size_of(path(name)));
    file_->read_into<std::uint8_t>(path(name),
                                   {reinterpret_cast<std::uint8_t*>(value.data()), value.size()});
  }
}

template <Hdf5Value T>
void Checkpoint::array(const std::string& name, std::span<T> values,
                       std::span<const std::uint64_t> shape) const {
  if (restores_) {
    file_->read_into<T>(path(name), values);
  } else {
    file_->write_plain<T>(path(name), values, shape);
  }
}

template <Hdf5Value T>
void Checkpoint::list(const std::string& name, std::vector<T>& values) const {
  if (restores_) values.resize(file_->size_of(path(name)));
  array(name, std::span(values));
}

#define APICAL_INSTANTIATE(T)                                               \
  template void Checkpoint::array<T>(const std::string&, std::span<T>,      \
                                     std::span<const std::uint64_t>) const; \
  template void Checkpoint::list<T>(const std::string&, std::vector<T>&) const;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
APICAL_INSTANTIATE(std::uint64_t)
APICAL_INSTANTIATE(std::int64_t)
APICAL_INSTANTIATE(std::uint32_t)
APICAL_INSTANTIATE(std::uint8_t)
#undef APICAL_INSTANTIATE

// ---- The file ----

CheckpointWriter::CheckpointWriter(std::filesystem::path path)
    : path_(std::move(path)), file_(Hdf5File::create_streamed(path_, kSealBytes)) {
  file_.write_attribute("/", "format", std::string(kFormat));
  file_.write_attribute("/", "format_version", static_cast<std::int64_t>(kFormatVersion));
}

CheckpointWriter::~CheckpointWriter() {
  std::error_code ignored;
  std::filesystem::remove(file_.partial_path(), ignored);
}

void CheckpointWriter::commit() {
  file_.close();
  {
    const FileDescriptor file(path_, FileAccess::kWrite, file_.partial_path());
    write_all(file, seal_of(file).line());
    if (::fsync(*file) != 0) file.fail(errno);
  }
  if (const int error = durable_rename(file_.partial_path(), path_); error != 0) {
    throw FileError(path_, FileAccess::kWrite,
                    "cannot write: " + std::generic_category().message(error));
  }
}

CheckpointReader::CheckpointReader(std::filesystem::path path)
    : file_(Hdf5File::open(checked(std::move(path)))) {}

}  // namespace apical
