#include "models/experiment_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apical {
namespace {

// Past any line, so that options' mistakes come last.
constexpr int kFirstOption = 1 << 30;

// Mistakes are sorted by file, then by line.
constexpr int kLinesOfAFile = 1 << 20;
constexpr int kMaxFiles = 100;

[[noreturn]] void fail_to_read(const std::string& name, const std::string& reason) {
  throw ModelFileError({{name, fmt::format("cannot be read: {}", reason),
                         "give the path of an experiment in protobuf's text format"}});
}

// Reads a file into an experiment, after the files that it includes.
class FileReader {
 public:
  FileReader(proto::Experiment& experiment, Reading& reading)
      : experiment_(experiment), reading_(reading) {}

  void read(std::string_view text, const std::filesystem::path& file) {
    open_files_.push_back(file.lexically_normal());
    std::vector<TextField> fields = fields_of(text, file);
    std::vector<TextField> own_fields;
    for (TextField& field : fields) {
      if (field.name == "include") {
        include(field, file);
      } else {
        own_fields.push_back(std::move(field));
      }
    }
    const int first_order = files_read_ * kLinesOfAFile;
    ++files_read_;
    read_message(
        own_fields, "",
        [&](int line) {
          return Place{where(file, line), first_order + std::min(line, kLinesOfAFile - 1)};
        },
        experiment_, reading_);
    open_files_.pop_back();
  }

 private:
  static std::string where(const std::filesystem::path& file, int line) {
    return fmt::format("{}:{}", file.string(), line);
  }

  static std::vector<TextField> fields_of(std::string_view text,
                                          const std::filesystem::path& file) {
    try {
      return read_text_fields(text);
    } catch (const TextFieldsError& error) {
      throw ModelFileError({{where(file, error.line()), error.what(), error.fix()}});
    }
  }

  void include(const TextField& field, const std::filesystem::path& file) {
    const auto place_of = [&](int line) { return Place{where(file, line), line}; };
    proto::Experiment only_include;
    Reading reading{Places(place_of(1)), {}, {}};
    read_message({field}, "", place_of, only_include, reading);
    if (!reading.mistakes.empty()) {
      throw ModelFileError(reading.mistakes);
    }
    const std::string& path = only_include.include(0);
    const std::filesystem::path included = (file.parent_path() / path).lexically_normal();
    const auto refuse = [&](const std::string& what, const std::string& fix) {
      throw ModelFileError({{where(file, field.line), what, fix}});
    };
    if (std::ranges::find(open_files_, included) != open_files_.end()) {
      refuse(fmt::format("`include` \"{}\" leads back to a file that includes it", path),
             "remove one of them");
    }
    if (files_read_ == kMaxFiles) {
      refuse(fmt::format("more than {} files are included", kMaxFiles), "include fewer");
    }
    std::string text;
    try {
      text = read_text(included);
    } catch (const UnreadableText& unreadable) {
      refuse(fmt::format("`include` \"{}\" cannot be read: {}", path, unreadable.reason),
             "give the path of an experiment, relative to this file's folder");
    }
    read(text, included);
  }

  proto::Experiment& experiment_;
  Reading& reading_;
  std::vector<std::filesystem::path> open_files_;  // each includes the next
  int files_read_ = 0;
};

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
  try {
    return parse(read_text(file), file.string(), overrides);
  } catch (const UnreadableText& unreadable) {
    fail_to_read(file.string(), unreadable.reason);
  }
}

ExperimentFile ExperimentFile::parse(std::string_view text, const std::string& name,
                                     std::span<const Override> overrides) {
  ExperimentFile file(Place{fmt::format("{}:1", name), 1});
  FileReader(file.experiment_, file.reading_).read(text, name);
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
