#include "simulator/hdf5_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Hdf5FileTest = TestWithFolder;

template <typename T>
void expect_kept(const std::filesystem::path& path, const std::vector<T>& values) {
  {
    Hdf5File file = Hdf5File::create(path);
    file.write<T>("/group/deep/values", values);
    file.write_attribute_array<T>("/group/deep/values", "all", values);
    for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), 3); ++i) {
      file.write_attribute<T>("/group", std::to_string(i), values[i]);
    }
    file.close();
  }
  const Hdf5File file = Hdf5File::open(path);
  EXPECT_EQ(file.read<T>("/group/deep/values"), values);
  EXPECT_EQ(file.read_attribute_array<T>("/group/deep/values", "all"), values);
  for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), 3); ++i) {
    EXPECT_EQ(file.read_attribute<T>("/group", std::to_string(i)), values[i]);
  }
}

TEST_F(Hdf5FileTest, ValuesAreKept) {
  expect_kept<double>(file("a"), {0.1, -1e300, std::numeric_limits<double>::infinity(), 5e-324});
  expect_kept<std::uint64_t>(file("a"), {0, std::numeric_limits<std::uint64_t>::max()});
  expect_kept<std::int64_t>(file("a"), {std::numeric_limits<std::int64_t>::min(), -1, 0});
  expect_kept<std::uint32_t>(file("a"), {0, std::numeric_limits<std::uint32_t>::max()});
  expect_kept<std::uint8_t>(file("a"), {0, 255});
  expect_kept<std::string>(file("a"), {"", "a b", "µ – ∞", std::string(1000, 'x')});
  expect_kept<double>(file("a"), {});
  expect_kept<std::string>(file("a"), {});
}

TEST_F(Hdf5FileTest, DatasetsLargerThanAChunkAreKeptAndCompressed) {
  std::vector<std::uint64_t> values(1000000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 500;
  Hdf5File made = Hdf5File::create(file("a"));
  made.write<std::uint64_t>("values", values);
  made.close();
  EXPECT_EQ(Hdf5File::open(file("a")).read<std::uint64_t>("values"), values);
  EXPECT_LT(std::filesystem::file_size(file("a")), 1000000U);
}

TEST_F(Hdf5FileTest, EnumAttributesKeepTheirNames) {
  constexpr std::array<std::string_view, 3> kMembers = {"none", "by_id", "by_time"};
  Hdf5File made = Hdf5File::create(file("a"));
  made.write_enum_attribute("/", "sorting", kMembers, 1);
  made.write_attribute<std::uint8_t>("/", "plain", 1);
  made.close();
  const Hdf5File opened = Hdf5File::open(file("a"));
  EXPECT_EQ(opened.read_enum_attribute("/", "sorting"), "by_id");
  EXPECT_THROW(opened.read_enum_attribute("/", "plain"), FileError);
}

TEST_F(Hdf5FileTest, NamesComeInTheOrderOfMaking) {
  Hdf5File made = Hdf5File::create(file("a"));
  for (const char* name : {"/z", "/a", "/m", "/z/9", "/z/1"}) made.create_group(name);
  made.close();
  const Hdf5File opened = Hdf5File::open(file("a"));
  EXPECT_THAT(opened.names_in("/"), ElementsAre("z", "a", "m"));
  EXPECT_THAT(opened.names_in("/z"), ElementsAre("9", "1"));
  EXPECT_TRUE(opened.has("/z/9"));
  EXPECT_FALSE(opened.has("/y/9"));
  EXPECT_FALSE(opened.has_attribute("/y", "x"));
}

TEST_F(Hdf5FileTest, SameContentSameBytes) {
  for (const char* name : {"a", "b"}) {
    Hdf5File made = Hdf5File::create(file(name));
    made.create_group("/g");
    made.write<std::string>("/g/s", std::vector<std::string>{"x", "yz"});
    made.write<double>("/g/d", std::vector<double>(50000, 0.5));
    made.write_attribute<std::string>("/g", "units", "ms");
    made.close();
  }
  EXPECT_EQ(content(file("a")), content(file("b")));
}

TEST_F(Hdf5FileTest, FileIsThereOnlyAfterClose) {
  put(file("a"), "old");
  {
    Hdf5File made = Hdf5File::create(file("a"));
    made.write<double>("x", std::vector<double>{1});
    EXPECT_EQ(content(file("a")), "old");
  }
  EXPECT_EQ(content(file("a")), "old") << "discarded";
  EXPECT_EQ(files(), 1U);
  Hdf5File made = Hdf5File::create(file("a"));
  made.close();
  EXPECT_TRUE(Hdf5File::open(file("a")).names_in("/").empty());
  EXPECT_EQ(files(), 1U);
}

TEST_F(Hdf5FileTest, FullDiskIsReportedAndLeavesTheOldFile) {
  put(file("a"), "old");
  {
    const FileSizeLimit limit(100000);
    Hdf5File made = Hdf5File::create(file("a"));
    std::vector<double> values(200000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / static_cast<double>(i + 1);
    try {
      made.write<double>("x", values);
      made.close();
      ADD_FAILURE();
    } catch (const FileError& error) {
      EXPECT_EQ(error.access(), FileAccess::kWrite);
      EXPECT_THAT(error.what(), HasSubstr("File too large"));
    }
  }
  EXPECT_EQ(content(file("a")), "old");
}

TEST_F(Hdf5FileTest, FaultsNameTheFileAndTheObject) {
  put(file("text"), "no HDF5 at all");
  EXPECT_THROW(Hdf5File::open(file("text")), FileError);
  EXPECT_THROW(Hdf5File::open(file("none")), FileError);
  EXPECT_THROW(Hdf5File::open(folder_), FileError);
  EXPECT_THROW(Hdf5File::create(file("text") / "a"), FileError);
  EXPECT_THROW(Hdf5File::create("/dev/full"), FileError);
  Hdf5File made = Hdf5File::create(file("a"));
  made.write<std::string>("/strings", std::vector<std::string>{"x"});
  EXPECT_THROW(made.write<double>("/strings", std::vector<double>{1}), FileError);
  made.close();
  const Hdf5File opened = Hdf5File::open(file("a"));
  EXPECT_THROW(opened.read<double>("/strings"), FileError);
  try {
    opened.read<double>("/g/x");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), file("a"));
    EXPECT_EQ(error.access(), FileAccess::kRead);
    EXPECT_EQ(error.what(), file("a").string() + ": /g/x: is missing");
  }
}

TEST_F(Hdf5FileTest, CutOffFilesAreReported) {
  Hdf5File made = Hdf5File::create(file("a"));
  made.write<double>("x", std::vector<double>(1000, 0.5));
  made.close();
  const std::string whole = content(file("a"));
  for (const std::size_t size : {10UL, 100UL, whole.size() / 2, whole.size() - 1}) {
    put(file("b"), whole.substr(0, size));
    EXPECT_THROW(Hdf5File::open(file("b")).read<double>("x"), FileError) << size;
  }
}

}  // namespace
}  // namespace apical
