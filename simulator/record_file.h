#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/chunk_encoding.h"
#include "simulator/hdf5_file.h"

namespace apical {

// An HDF5 file of tables that grow while a run goes on. Rows are collected in memory, compressed
// and written by a thread of the file's own.
//
// Whatever happens, also in the middle of a flush, the file at `path` is whole and has all rows up
// to the last flush: two copies of it take turns. A flush brings the hidden one (PATH.partial) up
// to date and onto the disk, then the two change names, which the file system does at once. So
// until close() the tables take twice their room on the disk, and the rows of two flushes are in
// memory. Where names cannot be exchanged, the next flush begins with a copy of the file. So does
// it while somebody reads the other copy: a reader's file never changes under them; to see more,
// they open it again. (HDF5 locks what it reads. Who copies a file by other means while it grows
// takes the lock: `flock -s FILE cp FILE COPY`.)
//
// Errors of the writing thread come out of the next flush_if_due, flush or close, once; nothing is
// written after one, and the file stays as the last flush left it. Throws FileError.
//
// (Debian's HDF5 is built to be called from several threads.)
class RecordFile {
 public:
  using TableId = std::size_t;

  explicit RecordFile(std::filesystem::path path);
  // Without close(): as close(), but errors are lost.
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // A dataset of T whose rows have this shape; without one a row is a value. What is appended is
  // `Memory`, the same or an unsigned type with fewer bytes. All tables are added before the file
  // is made or restored. Rows that are appended together belong to as many tables as there are
  // calls; see flush.
  template <Hdf5Value T, typename Memory = T>
  TableId add_table(const std::string& dataset, std::vector<std::uint64_t> row = {});

  // Makes the file, in place of an older one, with empty tables and what `make` adds to them.
  void create(const std::function<void(Hdf5File&)>& make);

  std::uint64_t rows(TableId table) const { return tables_[table].rows; }

  // Appends whole rows. Waits if the writing thread is far behind.
  template <typename T>
  void append(TableId table, std::span<const T> values) {
    assert(sizeof(T) == tables_[table].value.in_memory);
    append_bytes(table, std::as_bytes(values));
  }
  template <typename T>
  void append_value(TableId table, T value) {
    append(table, std::span<const T>(&value, 1));
  }

  // The same without a copy. room() is where the values of the next rows go, of one row at least,
  // and fill() says how many are there now, and ends what room() gave.
  template <typename T>
  std::span<T> room(TableId table) {
    assert(sizeof(T) == tables_[table].value.in_memory);
    const std::span<char> bytes = room_bytes(table);
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <typename T>
  void fill(TableId table, std::size_t values) {
    fill_bytes(table, values * sizeof(T));
  }

  // Sets all that a table has; no more than 128 KiB.
  template <typename T>
  void replace(TableId table, std::span<const T> values) {
    replace_bytes(table, std::as_bytes(values));
  }

  // To be called where the rows of all tables go together: has them written if there are many or
  // the last flush was long ago.
  void flush_if_due();
  // Has them written, and returns once they are on the disk.
  void flush();
  // Likewise, and removes the hidden copy. Nothing may be appended afterwards.
  void close();

  // Saving flushes. Restoring takes the place of create(): the file is cut back to the rows that
  // the checkpoint knows of, and throws if it has fewer.
  void checkpoint(const Checkpoint& state);

 private:
  struct Table {
    std::string dataset;
    std::vector<std::uint64_t> row;
    ValueBytes value;
    std::size_t row_bytes;  // in memory, as all bytes below
    std::size_t chunk_rows;
    std::function<void(Hdf5File&)> create;
    // Reads the rows from a chunk's beginning on.
    std::function<void(const Hdf5File&, std::uint64_t first_row, std::span<char>)> read;
    std::uint64_t rows = 0;
    bool is_changed = false;       // since the last flush
    std::vector<char> chunk = {};  // the last; of chunk_bytes() at least, or none
    std::size_t filled = 0;        // bytes of it
    bool has_place = false;        // it was written by a flush

    std::size_t chunk_bytes() const { return chunk_rows * row_bytes; }
  };
  struct Chunk {
    TableId table;
    std::uint64_t first_row;
    std::vector<char> memory;
    std::size_t bytes = 0;   // of it
    bool has_place = false;  // in the file, or will be written again
  };
  // A chunk, or if it has no bytes, the end of a flush with the numbers of rows then.
  struct Job {
    Chunk chunk;
    std::vector<std::uint64_t> rows = {};
  };
  // The chunks of a flush by table and first row, behind each other in memory that is used again.
  class EncodedChunks {
   public:
    using Key = std::pair<TableId, std::uint64_t>;
    using Map = std::map<Key, std::pair<std::size_t, std::size_t>>;

    // Where the next one goes, if it takes no more than this.
    std::span<char> room(std::size_t bytes);
    void add(Key key, std::size_t bytes);
    void clear();

    const Map& chunks() const { return chunks_; }
    std::span<const char> bytes_of(const Map::value_type& chunk) const {
      return {memory_.get() + chunk.second.first, chunk.second.second};
    }

   private:
    std::unique_ptr<char[]> memory_;
    std::size_t size_ = 0;
    std::size_t filled_ = 0;
    Map chunks_;
  };

  void append_bytes(TableId table, std::span<const std::byte> bytes);
  void replace_bytes(TableId table, std::span<const std::byte> bytes);
  std::span<char> room_bytes(TableId table);
  void fill_bytes(TableId table, std::size_t bytes);
  void start_thread();
  void hand_over(Job job);
  void begin_flush();
  void wait_until_written();
  void stop_thread();
  void rethrow();

  // On the writing thread.
  void work();
  void encode(const Chunk& chunk);
  Hdf5File open_hidden_copy();
  void publish(const std::vector<std::uint64_t>& rows);

  static void read_last_chunk(const Hdf5File& file, std::uint64_t rows, Table& table);
  void cut_back(const std::vector<std::uint64_t>& rows);

  std::filesystem::path path_;
  std::filesystem::path next_;
  std::vector<Table> tables_;
  std::size_t bytes_since_flush_ = 0;
  std::chrono::steady_clock::time_point last_flush_;

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::size_t bytes_waiting_ = 0;
  std::size_t bytes_not_told_ = 0;        // of jobs since the writing thread was woken
  std::vector<std::vector<char>> spare_;  // memory of chunks that were written
  bool is_working_ = false;
  bool stops_ = false;
  std::exception_ptr error_;
  std::atomic<bool> has_failed_ = false;

  // The writing thread's.
  ChunkEncoder encoder_;
  EncodedChunks encoded_;         // since the last flush
  EncodedChunks encoded_before_;  // by the flush before, which the hidden copy lacks
  bool next_is_there_ = false;
};

}  // namespace apical
