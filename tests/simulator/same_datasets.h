#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "simulator/hdf5_file.h"

namespace apical {

// The paths of all datasets in a group, also in groups within it.
inline std::vector<std::string> datasets_in(const Hdf5File& file, const std::string& group) {
  std::vector<std::string> all;
  for (const std::string& name : file.names_in(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + name;
    try {
      const std::vector<std::string> within = datasets_in(file, path);
      all.insert(all.end(), within.begin(), within.end());
    } catch (const FileError&) {  // is no group
      all.push_back(path);
    }
  }
  return all;
}

// Two files have the same datasets of numbers, with the same shapes and values.
inline void expect_same_datasets(const std::filesystem::path& one,
                                 const std::filesystem::path& other,
                                 const std::string& group = "/") {
  SCOPED_TRACE(other);
  const Hdf5File first = Hdf5File::open(one);
  const Hdf5File second = Hdf5File::open(other);
  const std::vector<std::string> names = datasets_in(first, group);
  EXPECT_FALSE(names.empty());
  ASSERT_EQ(datasets_in(second, group), names);
  for (const std::string& name : names) {
    EXPECT_EQ(second.shape_of(name), first.shape_of(name)) << name;
    EXPECT_EQ(second.read<double>(name), first.read<double>(name)) << name;
  }
}

}  // namespace apical
