#include "datasets/synset_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "datasets/data_error.h"
#include "datasets/whole_file.h"

namespace apical {
namespace {

constexpr std::size_t kMostClasses = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;
constexpr std::string_view kSeparators = " \t,\r";

struct Line {
  std::size_t number;  // from 1
  std::string first;
  std::string second;  // empty if there is but one word
};

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSeparators), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kSeparators));
  text.remove_prefix(word.size());
  return word;
}

std::vector<Line> read_lines(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_whole_file(path);
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<Line> lines;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::string_view first = take_word(line);
    const std::string_view second = take_word(line);
    if (!first.empty()) lines.push_back({number, std::string(first), std::string(second)});
  }
  return lines;
}

class ClassNumbers {
 public:
  ClassNumbers(const std::filesystem::path& path, std::span<const std::string> synsets)
      : path_(path), count_(synsets.size()) {
    for (std::size_t i = 0; i < synsets.size(); ++i) number_of_.emplace(synsets[i], i);
  }

  std::optional<std::uint16_t> of_synset(std::string_view word) const {
    const auto found = number_of_.find(std::string(word));
    if (found == number_of_.end()) return std::nullopt;
    return static_cast<std::uint16_t>(found->second);
  }

  std::uint16_t of(const Line& line, std::string_view word, bool numbers) const {
    if (const auto synset = of_synset(word)) return *synset;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = error == std::errc() && end == word.data() + word.size();
    if (!is_number || !numbers) {
      throw DataError(
          DataErrorKind::kUnknownClass, path_,
          fmt::format("line {}: `{}` is none of the {} classes", line.number, word, count_),
          is_number ? "a line of one word is a synset such as n01440764; the development kit's own "
                      "numbers are in another order"
                    : "each is a synset such as n01440764 that train/ or the synset list has");
    }
    if (number >= count_) {
      throw DataError(DataErrorKind::kLabelOutOfRange, path_,
                      fmt::format("line {}: class {}", line.number, number),
                      fmt::format("classes are 0 to {}", count_ - 1));
    }
    return static_cast<std::uint16_t>(number);
  }

 private:
  const std::filesystem::path& path_;
  std::size_t count_;
  std::unordered_map<std::string, std::size_t> number_of_;
};

std::vector<std::uint16_t> labels_in_order(const std::filesystem::path& path,
                                           std::span<const Line> lines,
                                           std::span<const std::string> names,
                                           const ClassNumbers& classes) {
  if (lines.size() != names.size()) {
    throw DataError(DataErrorKind::kMismatchedCount, path, fmt::format("{} labels", lines.size()),
                    fmt::format("there are {} images, so that each line would have to name its "
                                "file as well",
                                names.size()));
  }
  std::vector<std::uint16_t> labels;
  labels.reserve(lines.size());
  for (const Line& line : lines) labels.push_back(classes.of(line, line.first, false));
  return labels;
}

std::string_view without_extension(std::string_view name) {
  return name.substr(0, name.rfind('.'));
}

std::vector<std::uint16_t> labels_by_name(const std::filesystem::path& path,
                                          std::span<const Line> lines,
                                          std::span<const std::string> names,
                                          const ClassNumbers& classes) {
  std::unordered_map<std::string_view, std::size_t> index_of;
  for (std::size_t i = 0; i < names.size(); ++i) {
    index_of.emplace(names[i], i);
    index_of.emplace(without_extension(names[i]), i);
  }
  std::vector<std::optional<std::uint16_t>> labels(names.size());
  for (const Line& line : lines) {
    const std::uint16_t label = classes.of(line, line.second, true);
    const auto found = index_of.find(line.first);
    if (found == index_of.end()) continue;
    std::optional<std::uint16_t>& known = labels[found->second];
    if (known.has_value() && *known != label) {
      throw DataError(DataErrorKind::kMismatchedCount, path,
                      fmt::format("line {}: a second class for {}", line.number, line.first),
                      "an image has one");
    }
    known = label;
  }
  std::vector<std::uint16_t> result;
  result.reserve(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::optional<std::uint16_t>& label = labels[i];
    if (!label.has_value()) {
      throw DataError(DataErrorKind::kMismatchedCount, path,
                      fmt::format("no line for {}", names[i]),
                      fmt::format("each of the {} images needs one", names.size()));
    }
    result.push_back(*label);
  }
  return result;
}

}  // namespace

std::vector<std::string> read_synset_list(const std::filesystem::path& path) {
  std::vector<std::string> synsets;
  std::unordered_map<std::string, std::size_t> line_of;
  for (Line& line : read_lines(path)) {
    const auto [known, is_new] = line_of.emplace(line.first, line.number);
    if (!is_new) {
      throw DataError(DataErrorKind::kMismatchedCount, path,
                      fmt::format("line {}: `{}` is in line {} already", line.number, line.first,
                                  known->second),
                      "a line is a class");
    }
    synsets.push_back(std::move(line.first));
  }
  if (synsets.empty() || synsets.size() > kMostClasses) {
    throw DataError(DataErrorKind::kBadSize, path, fmt::format("{} classes", synsets.size()),
                    fmt::format("1 to {} are possible", kMostClasses));
  }
  return synsets;
}

std::vector<std::uint16_t> read_label_list(const std::filesystem::path& path,
                                           std::span<const std::string> names,
                                           std::span<const std::string> synsets) {
  std::vector<Line> lines = read_lines(path);
  if (!lines.empty() && lines.front().first == "ImageId") lines.erase(lines.begin());
  const ClassNumbers classes(path, synsets);
  const bool in_order = std::ranges::all_of(lines, [&](const Line& line) {
    // A synset that is followed by its words, as in synset_words.txt, is no file's name.
    return line.second.empty() || classes.of_synset(line.first).has_value();
  });
  return in_order ? labels_in_order(path, lines, names, classes)
                  : labels_by_name(path, lines, names, classes);
}

}  // namespace apical
