#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/hdf5_file.h"

namespace apical {

// What SONATA (https://github.com/AllenInstitute/sonata) says of its files of spikes and reports,
// for those who write them.

inline constexpr std::array<std::string_view, 3> kSonataSortings = {"none", "by_id", "by_time"};
inline constexpr std::size_t kSonataByTime = 2;

// Whether a population of a file of spikes says of itself that it is ordered by time. Some write
// that as a text, which is not looked at.
inline bool is_sorted_by_time(const Hdf5File& file, const std::string& group) {
  if (!file.has_attribute(group, "sorting")) return false;
  try {
    return file.read_enum_attribute(group, "sorting") == kSonataSortings[kSonataByTime];
  } catch (const FileError&) {
    return false;
  }
}

// The attributes of the root.
inline void write_sonata_header(Hdf5File& file) {
  constexpr std::uint32_t kMagic = 0x0A7A;
  constexpr std::array<std::uint32_t, 2> kVersion = {0, 1};
  file.write_attribute("/", "magic", kMagic);
  file.write_attribute_array<std::uint32_t>("/", "version", kVersion);
}

// The attributes of a population whose spikes are in the order of their times, in ms. `neurons` is
// not SONATA's: without it a reader cannot tell how many never fired.
inline void write_sonata_population(Hdf5File& file, const std::string& group,
                                    std::uint64_t neurons) {
  file.write_enum_attribute(group, "sorting", kSonataSortings, kSonataByTime);
  file.write_attribute<std::uint64_t>(group, "neurons", neurons);
  file.write_attribute<std::string>(group + "/timestamps", "units", "ms");
}

}  // namespace apical
