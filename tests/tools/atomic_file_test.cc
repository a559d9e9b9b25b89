#include "tools/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/test_folder.h"
#include "tools/write_error.h"

namespace apical {
namespace {

using AtomicFile = TestWithFolder;

std::string reason_of_failure(const std::filesystem::path& path, const std::string& text = "text") {
  try {
    write_file_atomically(path, text);
  } catch (const WriteError& error) {
    EXPECT_EQ(error.path(), path);
    EXPECT_EQ(error.what(), path.string() + ": " + error.reason());
    return error.reason();
  }
  return "no failure";
}

TEST_F(AtomicFile, HoldsWhatWasWrittenLastAndNothingElseIsLeft) {
  write_file_atomically(file("a"), std::string(100000, 'x'));
  write_file_atomically(file("a"), "short");
  EXPECT_EQ(content(file("a")), "short");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, FailureLeavesTheOldContent) {
  write_file_atomically(file("a"), "old");
  {
    const FileSizeLimit limit(1000);
    EXPECT_THAT(reason_of_failure(file("a"), std::string(5000, 'x')),
                testing::HasSubstr("cannot write"));
  }
  EXPECT_EQ(content(file("a")), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, FullDiskIsNamed) {
  std::filesystem::create_symlink("/dev/full", file("a.partial"));
  EXPECT_THAT(reason_of_failure(file("a")), testing::HasSubstr("the disk is full"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(AtomicFile, WrongPlacesAreNamed) {
  put(file("a"), "a file");
  EXPECT_THAT(reason_of_failure(file("a") / "b"), testing::HasSubstr("is a file"));
  EXPECT_THAT(reason_of_failure(file("none") / "b"), testing::HasSubstr("does not exist"));
  EXPECT_THAT(reason_of_failure(folder_), testing::HasSubstr("is a folder"));
  EXPECT_THAT(reason_of_failure("/dev/full"), testing::HasSubstr("not a regular file"));
}

TEST(WriteError, NamesMissingPermission) {
  EXPECT_THAT(WriteError::of_errno("a", EACCES).what(), testing::HasSubstr("no permission"));
  EXPECT_THAT(WriteError::of_errno("a", EROFS).what(), testing::HasSubstr("no permission"));
}

}  // namespace
}  // namespace apical
