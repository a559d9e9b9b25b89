#include "models/experiment_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace apical {
namespace {

// Past any line, so that options' mistakes come last.
constexpr int kFirstOption = 1 << 30;

[[noreturn]] void fail_to_read(const std::string& name, const std::string& reason) {
  throw ModelFileError({{name, fmt::format("cannot be read: {}", reason),
                         "give the path of an experiment in protobuf's text format"}});
}

std::string read_text(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) {
    fail_to_read(file.string(), "it is a folder");
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    fail_to_read(file.string(), std::generic_category().message(errno));
  }
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) {
    fail_to_read(file.string(), std::generic_category().message(errno));
  }
  return text;
}

}  // namespace

ExperimentFile ExperimentFile::read(const std::filesystem::path& file,
                                    std::span<const Override> overrides) {
  ExperimentFile read = read_with_mistakes(file, overrides);
  if (!read.mistakes().empty()) {
    sort_mistakes(read.reading_.mistakes);
    throw ModelFileError(read.mistakes());
  }
  return read;
}

ExperimentFile ExperimentFile::read_with_mistakes(const std::filesystem::path& file,
                                                  std::span<const Override> overrides) {
  return parse(read_text(file), file.string(), overrides);
}

ExperimentFile ExperimentFile::parse(std::string_view text, const std::string& name,
                                     std::span<const Override> overrides) {
  const auto place_of = [&name](int line) { return Place{fmt::format("{}:{}", name, line), line}; };
  ExperimentFile file(place_of(1));
  try {
    read_message(read_text_fields(text), "", place_of, file.experiment_, file.reading_);
  } catch (const TextFieldsError& error) {
    const Place place = place_of(error.line());
    throw ModelFileError({{place.text, error.what(), error.fix(), place.order}});
  }
  int order = kFirstOption;
  for (const Override& change : overrides) {
    apply(change, order, file.experiment_, file.reading_);
    ++order;
  }
  return file;
}

Mistake ExperimentFile::mistake(const std::string& path, std::string what, std::string fix) const {
  return mistake_among({path}, std::move(what), std::move(fix));
}

Mistake ExperimentFile::mistake_among(const std::vector<std::string>& paths, std::string what,
                                      std::string fix) const {
  const auto is_set = [this](const std::string& path) { return reading_.places.has(path); };
  const auto first = std::ranges::find_if(paths, is_set);
  const Place* place = &reading_.places.find(first == paths.end() ? paths.front() : *first);
  for (const std::string& path : paths) {
    const Place& other = reading_.places.find(path);
    if (other.order >= kFirstOption && other.order > place->order) {
      place = &other;
    }
  }
  return {place->text, std::move(what), std::move(fix), place->order};
}

}  // namespace apical
