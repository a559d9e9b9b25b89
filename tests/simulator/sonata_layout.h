#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace apical {

// What HDF5 itself says of the datasets and attributes of a file. Hdf5File does not tell: it
// converts what it reads. Not beside an Hdf5File of the same file.
class Hdf5Layout {
 public:
  explicit Hdf5Layout(const std::filesystem::path& path)
      : file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)) {
    EXPECT_GE(file_, 0) << path;
  }
  ~Hdf5Layout() { H5Fclose(file_); }
  Hdf5Layout(const Hdf5Layout&) = delete;
  Hdf5Layout& operator=(const Hdf5Layout&) = delete;

  // "float64", "uint32" (little-endian), "string" or "enum {none 0, by_id 1}".
  std::string type_of(const std::string& dataset) const {
    const hid_t opened = H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT);
    EXPECT_GE(opened, 0) << dataset;
    const std::string name = closed_type(H5Dget_type(opened));
    H5Dclose(opened);
    return name;
  }

  // Likewise, and with the number of values if it is an array: "uint32[2]".
  std::string type_of_attribute(const std::string& object, const std::string& attribute) const {
    const hid_t opened =
        H5Aopen_by_name(file_, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(opened, 0) << object << " " << attribute;
    std::string name = closed_type(H5Aget_type(opened));
    const hid_t space = H5Aget_space(opened);
    if (H5Sget_simple_extent_type(space) != H5S_SCALAR) {
      name += fmt::format("[{}]", H5Sget_simple_extent_npoints(space));
    }
    H5Sclose(space);
    H5Aclose(opened);
    return name;
  }

  bool is_chunked_and_deflated(const std::string& dataset) const {
    const hid_t opened = H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT);
    const hid_t creation = H5Dget_create_plist(opened);
    const bool is_chunked = H5Pget_layout(creation) == H5D_CHUNKED;
    bool is_deflated = false;
    for (int f = 0; f < H5Pget_nfilters(creation); ++f) {
      unsigned flags = 0;
      std::size_t parameters = 0;
      is_deflated |= H5Pget_filter2(creation, static_cast<unsigned>(f), &flags, &parameters,
                                    nullptr, 0, nullptr, nullptr) == H5Z_FILTER_DEFLATE;
    }
    H5Pclose(creation);
    H5Dclose(opened);
    return is_chunked && is_deflated;
  }

 private:
  static std::string closed_type(hid_t type) {
    const std::string name = type_name(type);
    H5Tclose(type);
    return name;
  }

  static std::string type_name(hid_t type) {
    if (H5Tget_class(type) == H5T_STRING) return "string";
    if (H5Tget_class(type) == H5T_ENUM) return "enum {" + members(type) + "}";
    const std::vector<std::pair<hid_t, const char*>> names = {
        {H5T_IEEE_F32LE, "float32"}, {H5T_IEEE_F64LE, "float64"}, {H5T_STD_U8LE, "uint8"},
        {H5T_STD_U32LE, "uint32"},   {H5T_STD_U64LE, "uint64"},   {H5T_STD_I32LE, "int32"},
        {H5T_STD_I64LE, "int64"}};
    for (const auto& [known, name] : names) {
      if (H5Tequal(type, known) > 0) return name;
    }
    return "another type";
  }

  static std::string members(hid_t type) {
    const hid_t base = H5Tget_super(type);
    std::string all;
    for (int m = 0; m < H5Tget_nmembers(type); ++m) {
      std::int64_t value = 0;  // with room for any integer
      H5Tget_member_value(type, static_cast<unsigned>(m), &value);
      EXPECT_GE(H5Tconvert(base, H5T_NATIVE_INT64, 1, &value, nullptr, H5P_DEFAULT), 0);
      char* const name = H5Tget_member_name(type, static_cast<unsigned>(m));
      all += fmt::format("{}{} {}", m > 0 ? ", " : "", name, value);
      H5free_memory(name);
    }
    H5Tclose(base);
    return all;
  }

  hid_t file_;
};

// The types that SONATA asks for in all files.
inline void expect_sonata_header(const Hdf5Layout& layout) {
  EXPECT_EQ(layout.type_of_attribute("/", "magic"), "uint32");
  EXPECT_EQ(layout.type_of_attribute("/", "version"), "uint32[2]");
}

// In a file of spikes of these populations.
inline void expect_layout_of_spikes(const std::filesystem::path& path,
                                    const std::vector<std::string>& populations) {
  const Hdf5Layout layout(path);
  expect_sonata_header(layout);
  for (const std::string& population : populations) {
    SCOPED_TRACE(population);
    const std::string group = "/spikes/" + population;
    EXPECT_EQ(layout.type_of_attribute(group, "sorting"), "enum {none 0, by_id 1, by_time 2}");
    EXPECT_EQ(layout.type_of(group + "/timestamps"), "float64");
    EXPECT_EQ(layout.type_of_attribute(group + "/timestamps", "units"), "string");
    EXPECT_EQ(layout.type_of(group + "/node_ids"), "uint64");
    EXPECT_TRUE(layout.is_chunked_and_deflated(group + "/timestamps"));
    EXPECT_TRUE(layout.is_chunked_and_deflated(group + "/node_ids"));
  }
}

// In a file of reports on this population.
inline void expect_layout_of_report(const std::filesystem::path& path,
                                    const std::string& population) {
  const Hdf5Layout layout(path);
  expect_sonata_header(layout);
  const std::string group = "/report/" + population;
  EXPECT_EQ(layout.type_of(group + "/data"), "float32");
  EXPECT_TRUE(layout.is_chunked_and_deflated(group + "/data"));
  EXPECT_EQ(layout.type_of_attribute(group + "/data", "units"), "string");
  EXPECT_EQ(layout.type_of(group + "/mapping/node_ids"), "uint64");
  EXPECT_EQ(layout.type_of(group + "/mapping/index_pointers"), "uint64");
  EXPECT_EQ(layout.type_of(group + "/mapping/element_ids"), "uint32");
  EXPECT_EQ(layout.type_of(group + "/mapping/time"), "float64");
  EXPECT_EQ(layout.type_of_attribute(group + "/mapping/time", "units"), "string");
}

}  // namespace apical
