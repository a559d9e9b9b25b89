#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace apical {

// The text files that go with ImageNet's folders. Words are separated by blanks, tabs or commas;
// empty lines do not count.

// The classes, in the order of their numbers: the first word of each line, such as `n01440764` of
// `n01440764 tench, Tinca tinca`. Throws DataError: kMissing, kUnreadable, kBadSize (no line, or
// more than 65,536), kMismatchedCount (a class twice).
std::vector<std::string> read_synset_list(const std::filesystem::path& path);

// The label of each of `names`, which are the image files of a folder, sorted. Each line of the
// list is either
//   SYNSET             of the file at the same place among the sorted ones, or
//   FILE SYNSET ...    of that file, with or without its .JPEG; what comes after does not count, or
//   FILE NUMBER        the class's number, from 0 in the order of `synsets`;
// a first line that starts with `ImageId` is a title. Files that are listed but not there are
// passed over in the second and third form. Throws DataError: kMissing, kUnreadable, kUnknownClass,
// kLabelOutOfRange, kMismatchedCount (a file without a label, or with two different ones).
std::vector<std::uint16_t> read_label_list(const std::filesystem::path& path,
                                           std::span<const std::string> names,
                                           std::span<const std::string> synsets);

}  // namespace apical
