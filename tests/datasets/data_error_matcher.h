#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "datasets/data_error.h"

namespace apical::testing_data {

// Expects `action` to throw a DataError of that kind, whose one line starts with the path at fault,
// holds `wrong`, and goes on after a semicolon with what would be right.
inline void expect_data_error(DataErrorKind kind, const std::filesystem::path& path,
                              const std::string& wrong, const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    const std::string line = error.what();
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << line;
    EXPECT_EQ(error.path(), path);
    EXPECT_THAT(line, testing::StartsWith(path.native() + ": "));
    EXPECT_THAT(line, testing::HasSubstr(wrong));
    EXPECT_THAT(line, testing::HasSubstr("; "));
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("\n")));
    return;
  }
  ADD_FAILURE() << "no DataError, where one with `" << wrong << "` was due";
}

}  // namespace apical::testing_data
