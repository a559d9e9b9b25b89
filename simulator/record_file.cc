#include "simulator/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <concepts>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "simulator/durable_rename.h"

namespace apical {
namespace {

// Of a chunk before it is compressed. HDF5's cache of chunks holds 1 MiB.
constexpr std::size_t kChunkBytes = 1 << 17;

// Rows are written when there are as many bytes of them or as much time has gone by.
constexpr std::size_t kBytesPerFlush = 48 << 20;
constexpr std::chrono::seconds kTimePerFlush{10};

// That may wait for the writing thread.
constexpr std::size_t kMostBytesWaiting = 64 << 20;

// The writing thread is woken for so much of it: that takes longer than to fill a chunk.
constexpr std::size_t kBytesPerWakeup = 4 << 20;

// Chunks whose memory is kept for later ones, for the same reason. Larger ones, of a long row, are
// few and not kept.
constexpr std::size_t kMostSpareChunks = 64;

// Memory of encoded chunks that is kept from flush to flush.
constexpr std::size_t kMostEncodedKept = 2 * kBytesPerFlush;

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw FileError(path, FileAccess::kWrite,
                  "cannot write: " + std::generic_category().message(error));
}

void copy_whole(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) fail(to, error.value());
}

}  // namespace

RecordFile::RecordFile(std::filesystem::path path) : path_(std::move(path)), next_(path_) {
  next_ += ".partial";
}

RecordFile::~RecordFile() {
  try {
    close();
  } catch (...) {  // there is nobody to tell
    stop_thread();
  }
}

template <Hdf5Value T, typename Memory>
RecordFile::TableId RecordFile::add_table(const std::string& dataset,
                                          std::vector<std::uint64_t> row) {
  static_assert(std::same_as<T, Memory> ||
                (std::unsigned_integral<Memory> && sizeof(Memory) < sizeof(T)));
  assert(!thread_.joinable());
  std::size_t values = 1;
  for (const std::uint64_t size : row) values *= size;
  const std::size_t rows_of_chunk =
      std::max<std::size_t>(1, kChunkBytes / std::max<std::size_t>(1, values * sizeof(T)));
  const auto create_rows = [dataset, row, rows_of_chunk](Hdf5File& file) {
    file.create_rows<T>(dataset, row, rows_of_chunk);
  };
  const auto read_rows = [dataset](const Hdf5File& file, std::uint64_t first_row,
                                   std::span<char> bytes) {
    std::vector<T> in_file(bytes.size() / sizeof(Memory));
    file.read_rows<T>(dataset, first_row, in_file);
    std::ranges::transform(in_file, reinterpret_cast<Memory*>(bytes.data()),
                           [](T value) { return static_cast<Memory>(value); });
  };
  tables_.push_back({dataset, std::move(row), ValueBytes{sizeof(Memory), sizeof(T)},
                     values * sizeof(Memory), rows_of_chunk, create_rows, read_rows});
  return tables_.size() - 1;
}

void RecordFile::create(const std::function<void(Hdf5File&)>& make) {
  std::error_code ignored;
  std::filesystem::remove(next_, ignored);
  Hdf5File file = Hdf5File::create(path_);
  for (const Table& table : tables_) table.create(file);
  make(file);
  file.close();
  start_thread();
}

// ---- The thread that fills the tables ----

void RecordFile::append_bytes(TableId id, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = room_bytes(id);
    const auto part = bytes.first(std::min(bytes.size(), room.size()));
    std::memcpy(room.data(), part.data(), part.size());
    fill_bytes(id, part.size());
    bytes = bytes.subspan(part.size());
  }
}

std::span<char> RecordFile::room_bytes(TableId id) {
  Table& table = tables_[id];
  assert(thread_.joinable());
  if (table.chunk.empty()) {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      table.chunk = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (table.chunk.size() < table.chunk_bytes()) table.chunk.resize(table.chunk_bytes());
  return std::span(table.chunk).first(table.chunk_bytes()).subspan(table.filled);
}

void RecordFile::fill_bytes(TableId id, std::size_t bytes) {
  Table& table = tables_[id];
  assert(bytes % table.row_bytes == 0 && table.filled + bytes <= table.chunk_bytes());
  table.filled += bytes;
  table.rows += bytes / table.row_bytes;
  table.is_changed |= bytes > 0;
  bytes_since_flush_ += bytes;
  if (table.filled < table.chunk_bytes()) return;
  table.filled = 0;
  hand_over({{id, table.rows - table.chunk_rows, std::exchange(table.chunk, {}),
              table.chunk_bytes(), std::exchange(table.has_place, false)},
             {}});
}

void RecordFile::replace_bytes(TableId id, std::span<const std::byte> bytes) {
  Table& table = tables_[id];
  assert(bytes.size() % table.row_bytes == 0 && bytes.size() < table.chunk_bytes());
  table.filled = 0;
  table.rows = 0;
  table.is_changed = true;
  append_bytes(id, bytes);
}

void RecordFile::flush_if_due() {
  if (!has_failed_ && bytes_since_flush_ < kBytesPerFlush &&
      std::chrono::steady_clock::now() - last_flush_ < kTimePerFlush) {
    return;
  }
  begin_flush();
}

void RecordFile::begin_flush() {
  last_flush_ = std::chrono::steady_clock::now();
  bytes_since_flush_ = 0;
  rethrow();
  std::vector<std::uint64_t> rows;
  bool is_changed = false;
  for (TableId id = 0; id < tables_.size(); ++id) {
    Table& table = tables_[id];
    rows.push_back(table.rows);
    is_changed |= table.is_changed;
    if (!std::exchange(table.is_changed, false) || table.filled == 0) continue;
    std::vector<char> padded(table.chunk.begin(), table.chunk.begin() + table.filled);
    padded.resize(table.chunk_bytes(), 0);
    table.has_place = true;
    hand_over({{id, table.rows - table.filled / table.row_bytes, std::move(padded),
                table.chunk_bytes(), true},
               {}});
  }
  if (is_changed) hand_over({{}, std::move(rows)});
}

void RecordFile::hand_over(Job job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return bytes_waiting_ < kMostBytesWaiting || has_failed_; });
  if (has_failed_) return;  // rethrow() tells
  const bool ends_flush = job.chunk.bytes == 0;
  bytes_waiting_ += job.chunk.bytes;
  bytes_not_told_ += job.chunk.bytes;
  jobs_.push_back(std::move(job));
  if (!ends_flush && bytes_not_told_ < kBytesPerWakeup) return;
  bytes_not_told_ = 0;
  changed_.notify_all();
}

void RecordFile::rethrow() {
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void RecordFile::wait_until_written() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (jobs_.empty() && !is_working_) || has_failed_; });
  }
  rethrow();
}

void RecordFile::flush() {
  begin_flush();
  wait_until_written();
}

void RecordFile::close() {
  if (!thread_.joinable()) return;
  flush();
  stop_thread();
}

void RecordFile::start_thread() {
  last_flush_ = std::chrono::steady_clock::now();
  thread_ = std::thread([this] { work(); });
}

void RecordFile::stop_thread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
    changed_.notify_all();
  }
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove(next_, ignored);
}

// ---- The thread that writes ----

void RecordFile::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      is_working_ = false;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !jobs_.empty() || stops_; });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      is_working_ = true;
    }
    std::exception_ptr error;
    try {
      if (job.chunk.bytes > 0) {
        encode(job.chunk);
      } else {
        publish(job.rows);
      }
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (error) {
      error_ = std::move(error);
      has_failed_ = true;
      jobs_.clear();
      is_working_ = false;
      changed_.notify_all();
      return;
    }
    bytes_waiting_ -= job.chunk.bytes;
    const std::size_t bytes = job.chunk.memory.size();
    if (bytes > 0 && bytes <= kChunkBytes && spare_.size() < kMostSpareChunks) {
      spare_.push_back(std::move(job.chunk.memory));
    }
  }
}

void RecordFile::encode(const Chunk& chunk) {
  const ValueBytes value = tables_[chunk.table].value;
  const std::span<const char> values = std::span(chunk.memory).first(chunk.bytes);
  const std::span<char> room =
      encoded_.room(ChunkEncoder::room_for(values.size() / value.in_memory, value));
  const EncodedSize size = chunk.has_place ? EncodedSize::kPowerOfTwo : EncodedSize::kLeast;
  encoded_.add({chunk.table, chunk.first_row}, encoder_.encode(values, value, size, room));
}

std::span<char> RecordFile::EncodedChunks::room(std::size_t bytes) {
  if (filled_ + bytes > size_) {
    const std::size_t size = std::max(2 * size_, filled_ + bytes);
    auto memory = std::make_unique_for_overwrite<char[]>(size);
    std::copy_n(memory_.get(), filled_, memory.get());
    memory_ = std::move(memory);
    size_ = size;
  }
  return {memory_.get() + filled_, bytes};
}

void RecordFile::EncodedChunks::add(Key key, std::size_t bytes) {
  chunks_[key] = {filled_, bytes};
  filled_ += bytes;
}

void RecordFile::EncodedChunks::clear() {
  filled_ = 0;
  chunks_.clear();
  if (size_ <= kMostEncodedKept) return;
  memory_.reset();
  size_ = 0;
}

Hdf5File RecordFile::open_hidden_copy() {
  if (std::exchange(next_is_there_, false)) {
    try {
      return Hdf5File::open_to_change(path_);
    } catch (const FileError&) {
      // Somebody who opened it while it was at `path` still reads it, and is left with it.
    }
  }
  encoded_before_.clear();
  std::error_code ignored;
  std::filesystem::remove(next_, ignored);
  copy_whole(path_, next_);
  return Hdf5File::open_to_change(path_);
}

void RecordFile::publish(const std::vector<std::uint64_t>& rows) {
  Hdf5File file = open_hidden_copy();
  std::vector<Hdf5File::Chunk> chunks;
  for (TableId id = 0; id < tables_.size(); ++id) {
    chunks.clear();
    for (const EncodedChunks* changes : {&encoded_before_, &encoded_}) {
      const auto end = changes->chunks().lower_bound({id + 1, 0});
      for (auto change = changes->chunks().lower_bound({id, 0}); change != end; ++change) {
        if (changes == &encoded_before_ && encoded_.chunks().contains(change->first)) continue;
        chunks.push_back({change->first.second, changes->bytes_of(*change)});
      }
    }
    file.set_rows(tables_[id].dataset, rows[id]);
    if (!chunks.empty()) file.write_chunks(tables_[id].dataset, chunks);
  }
  file.close();
  if (durable_exchange(next_, path_) == 0) {
    next_is_there_ = true;
  } else if (const int error = durable_rename(next_, path_); error != 0) {
    fail(path_, error);
  }
  std::swap(encoded_before_, encoded_);
  encoded_.clear();
}

// ---- Between two runs ----

void RecordFile::checkpoint(const Checkpoint& state) {
  if (!state.restores()) flush();
  std::vector<std::uint64_t> rows;
  for (std::size_t id = 0; id < tables_.size(); ++id) {
    rows.push_back(tables_[id].rows);
    state.number("rows_" + std::to_string(id), rows.back());
  }
  if (state.restores()) cut_back(rows);
}

// Of the table's first `rows`, which the file must have.
void RecordFile::read_last_chunk(const Hdf5File& file, std::uint64_t rows, Table& table) {
  const std::vector<std::uint64_t> shape = file.shape_of(table.dataset);
  if (!std::equal(shape.begin() + 1, shape.end(), table.row.begin(), table.row.end()) ||
      shape.front() < rows) {
    throw FileError(file.path(), FileAccess::kRead,
                    table.dataset +
                        " has fewer or other rows than the checkpoint knows of; put the run's own "
                        "file back");
  }
  const std::uint64_t rows_in_chunk = rows % table.chunk_rows;
  table.rows = rows;
  table.filled = rows_in_chunk * table.row_bytes;
  table.has_place = table.filled > 0;
  table.chunk.resize(table.has_place ? table.chunk_bytes() : 0);
  table.read(file, rows - rows_in_chunk, std::span(table.chunk).first(table.filled));
}

void RecordFile::cut_back(const std::vector<std::uint64_t>& rows) {
  if (!std::filesystem::exists(path_)) {
    throw FileError(path_, FileAccess::kRead,
                    "is missing; the checkpoint knows of records in it. Put it back, or start the "
                    "run again");
  }
  {
    const Hdf5File file = Hdf5File::open(path_);
    for (TableId id = 0; id < tables_.size(); ++id) read_last_chunk(file, rows[id], tables_[id]);
  }
  copy_whole(path_, next_);
  Hdf5File file = Hdf5File::open_to_change(path_);
  for (TableId id = 0; id < tables_.size(); ++id) file.set_rows(tables_[id].dataset, rows[id]);
  file.close();
  if (const int error = durable_rename(next_, path_); error != 0) fail(path_, error);
  start_thread();
}

template RecordFile::TableId RecordFile::add_table<float>(const std::string&,
                                                          std::vector<std::uint64_t>);
template RecordFile::TableId RecordFile::add_table<double>(const std::string&,
                                                           std::vector<std::uint64_t>);
template RecordFile::TableId RecordFile::add_table<std::int64_t>(const std::string&,
                                                                 std::vector<std::uint64_t>);
template RecordFile::TableId RecordFile::add_table<std::uint64_t>(const std::string&,
                                                                  std::vector<std::uint64_t>);
template RecordFile::TableId RecordFile::add_table<std::uint64_t, std::uint32_t>(
    const std::string&, std::vector<std::uint64_t>);

}  // namespace apical
