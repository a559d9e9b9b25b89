#include "simulator/record_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using RecordFileTest = TestWithFolder;

// A table of numbers, one of rows of three, and one that has less room in memory, that count up.
class Counting {
 public:
  explicit Counting(const std::filesystem::path& path) : file(path) {
    numbers_ = file.add_table<double>("/a/numbers");
    rows_ = file.add_table<float>("/a/b/rows", {3});
    ids_ = file.add_table<std::uint64_t, std::uint32_t>("/a/ids");
  }

  void create() {
    file.create(
        [](Hdf5File& made) { made.write_attribute<std::string>("/a/numbers", "units", "ms"); });
  }

  void append(std::size_t count) {
    std::vector<double> numbers(count);
    std::iota(numbers.begin(), numbers.end(), static_cast<double>(next));
    file.append<double>(numbers_, numbers);
    for (const double number : numbers) {
      const auto value = static_cast<float>(number);
      file.append<float>(rows_, std::vector<float>{value, -value, 0.5F});
      file.append_value<std::uint32_t>(ids_, id_of(number));
    }
    next += count;
  }

  // Of all bits of four bytes.
  static std::uint32_t id_of(double number) {
    return ~static_cast<std::uint32_t>(number) * 2654435761U;
  }

  RecordFile file;
  std::size_t next = 0;

 private:
  RecordFile::TableId numbers_;
  RecordFile::TableId rows_;
  RecordFile::TableId ids_;
};

// Returns how many rows there are, if all of them are right.
std::size_t counted(const std::filesystem::path& path) {
  const Hdf5File file = Hdf5File::open(path);
  const auto numbers = file.read<double>("/a/numbers");
  const auto rows = file.read<float>("/a/b/rows");
  const auto ids = file.read<std::uint64_t>("/a/ids");
  EXPECT_EQ(rows.size(), 3 * numbers.size());
  EXPECT_EQ(ids.size(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = static_cast<double>(i);
    if (numbers[i] != number || rows[3 * i] != static_cast<float>(i) ||
        rows[3 * i + 1] != -static_cast<float>(i) || rows[3 * i + 2] != 0.5F ||
        ids[i] != Counting::id_of(number)) {
      ADD_FAILURE() << "row " << i << " is wrong";
      break;
    }
  }
  return numbers.size();
}

// Slow runs write the same chunks again and again.
TEST_F(RecordFileTest, FlushesOfFewRowsDoNotSwellTheFile) {
  Counting counting(file("a.h5"));
  counting.create();
  constexpr std::size_t kFlushes = 300;
  constexpr std::size_t kRows = 100;
  for (std::size_t n = 0; n < kFlushes; ++n) {
    counting.append(kRows);
    counting.file.flush();
  }
  counting.file.close();
  EXPECT_EQ(counted(file("a.h5")), kFlushes * kRows);
  Counting at_once(file("b.h5"));
  at_once.create();
  at_once.append(kFlushes * kRows);
  at_once.file.close();
  EXPECT_LT(std::filesystem::file_size(file("a.h5")), 4 * std::filesystem::file_size(file("b.h5")));
}

TEST_F(RecordFileTest, HasWhatWasAppendedUpToTheLastFlush) {
  Counting counting(file("a.h5"));
  counting.create();
  EXPECT_EQ(counted(file("a.h5")), 0U);
  std::size_t flushed = 0;
  for (const std::size_t count : {5, 0, 100, 20000, 16384, 1, 50000}) {
    counting.append(count);
    EXPECT_EQ(counted(file("a.h5")), flushed);
    counting.file.flush();
    flushed += count;
    EXPECT_EQ(counted(file("a.h5")), flushed);
  }
  counting.append(3);
  counting.file.close();
  EXPECT_EQ(counted(file("a.h5")), flushed + 3);
  EXPECT_EQ(files(), 1U);
  const Hdf5File opened = Hdf5File::open(file("a.h5"));
  EXPECT_EQ(opened.read_attribute<std::string>("/a/numbers", "units"), "ms");
  EXPECT_THAT(opened.shape_of("/a/b/rows"), ElementsAre(flushed + 3, 3));
}

TEST_F(RecordFileTest, IsCutBackToACheckpoint) {
  for (const std::size_t before : {0, 100, 16384, 40000}) {
    for (const std::size_t after : {0, 1, 20000}) {
      {
        Counting counting(file("a.h5"));
        counting.create();
        counting.append(before);
        CheckpointWriter writer(file("checkpoint.h5"));
        counting.file.checkpoint(writer.root());
        writer.commit();
        counting.append(after);
      }
      EXPECT_EQ(counted(file("a.h5")), before + after);
      Counting again(file("a.h5"));
      CheckpointReader reader(file("checkpoint.h5"));
      again.file.checkpoint(reader.root());
      EXPECT_EQ(counted(file("a.h5")), before);
      again.next = before;
      again.append(30000);
      again.file.flush();
      again.append(7);
      again.file.close();
      EXPECT_EQ(counted(file("a.h5")), before + 30007);
    }
  }
}

TEST_F(RecordFileTest, AFileThatDoesNotFitTheCheckpointIsReported) {
  CheckpointWriter writer(file("checkpoint.h5"));
  {
    Counting counting(file("a.h5"));
    counting.create();
    counting.append(10);
    counting.file.checkpoint(writer.root());
    writer.commit();
  }
  const auto restore = [&] {
    Counting again(file("a.h5"));
    CheckpointReader reader(file("checkpoint.h5"));
    again.file.checkpoint(reader.root());
  };
  Counting(file("a.h5")).create();
  EXPECT_THROW(restore(), FileError) << "shorter";
  std::filesystem::remove(file("a.h5"));
  EXPECT_THROW(restore(), FileError) << "missing";
  put(file("a.h5"), "text");
  EXPECT_THROW(restore(), FileError);
  Counting longer(file("a.h5"));
  longer.create();
  longer.append(20);
  longer.file.close();
  std::filesystem::resize_file(file("a.h5"), std::filesystem::file_size(file("a.h5")) - 1);
  try {
    restore();
    ADD_FAILURE() << "cut off";
  } catch (const FileError& error) {
    EXPECT_EQ(error.access(), FileAccess::kRead);
    EXPECT_THAT(error.what(), HasSubstr("a.h5: is cut off"));
  }
}

TEST_F(RecordFileTest, AReaderIsLeftWithWhatItOpened) {
  Counting counting(file("a.h5"));
  counting.create();
  counting.append(40000);
  counting.file.flush();
  const Hdf5File opened = Hdf5File::open(file("a.h5"));
  for (int n = 0; n < 4; ++n) {
    counting.append(20000);
    counting.file.flush();
    EXPECT_EQ(opened.read<double>("/a/numbers").size(), 40000U);
  }
  EXPECT_EQ(counted(file("a.h5")), 120000U);
}

// A process that writes is killed at a random moment, many times; most of its time it flushes.
TEST_F(RecordFileTest, IsWholeWheneverTheProcessIsKilled) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kKills = 10;
  constexpr int kTimesSlower = 10;
#else
  constexpr int kKills = 60;
  constexpr int kTimesSlower = 1;
#endif
  std::size_t most = 0;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Counting counting(file("a.h5"));
      counting.create();
      for (;;) {
        counting.append(3000);
        counting.file.flush();
      }
    }
    std::this_thread::sleep_for(
        std::chrono::microseconds(kTimesSlower * (20000 + 3571 * kill_number)));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    if (!std::filesystem::exists(file("a.h5"))) continue;  // not begun yet
    const std::size_t rows = counted(file("a.h5"));
    EXPECT_EQ(rows % 3000, 0U);
    most = std::max(most, rows);
  }
  EXPECT_GT(most, 0U);
}

TEST_F(RecordFileTest, AFullDiskIsReportedAndNothingIsLost) {
  Counting counting(file("a.h5"));
  counting.create();
  counting.append(1000);
  counting.file.flush();
  {
    const FileSizeLimit limit(100000);
    counting.append(100000);
    try {
      counting.file.flush();
      ADD_FAILURE();
    } catch (const FileError& error) {
      EXPECT_EQ(error.access(), FileAccess::kWrite);
      EXPECT_THAT(error.what(), HasSubstr("File too large"));
    }
  }
  EXPECT_EQ(counted(file("a.h5")), 1000U);
}

}  // namespace
}  // namespace apical
