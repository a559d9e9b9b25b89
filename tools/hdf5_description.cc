#include "tools/hdf5_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "learning/session.h"
#include "simulator/checkpoint.h"
#include "simulator/hdf5_file.h"
#include "simulator/sonata.h"
#include "simulator/sonata_spikes.h"
#include "tools/counted.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpointStart = "apical checkpoint";

[[noreturn]] void fail(const fs::path& file, const std::string& reason) {
  throw FileError(file, FileAccess::kRead, reason);
}

std::uint64_t rows_of(const Hdf5File& file, const std::string& dataset) {
  const auto shape = file.shape_of(dataset);
  return shape.empty() ? 1 : shape.front();
}

template <typename T>
T value_in_row(const Hdf5File& file, const std::string& dataset, std::uint64_t row) {
  std::array<T, 1> value{};
  file.read_rows<T>(dataset, row, std::span<T>(value));
  return value[0];
}

// The trials that a file has, in a line, or nothing.
void add_trials(const Hdf5File& file, FileDescription& description) {
  if (!file.has("/trials/index")) return;
  const std::uint64_t rows = rows_of(file, "/trials/index");
  std::string line = "trials  " + counted(rows, "trial");
  if (rows > 0) {
    line += fmt::format(", from {} to {}, {:.1f} to {:.1f} ms",
                        value_in_row<std::int64_t>(file, "/trials/index", 0),
                        value_in_row<std::int64_t>(file, "/trials/index", rows - 1),
                        value_in_row<double>(file, "/trials/start_ms", 0),
                        value_in_row<double>(file, "/trials/end_ms", rows - 1));
  }
  description.details.push_back(line);
}

FileDescription describe_spikes(const Hdf5File& file) {
  FileDescription description;
  std::uint64_t spikes = 0;
  const std::vector<std::string> populations = file.names_in("/spikes");
  for (const std::string& name : populations) {
    const std::string group = "/spikes/" + name;
    const std::uint64_t count = rows_of(file, group + "/timestamps");
    if (rows_of(file, group + "/node_ids") != count) {
      fail(file.path(), group + ": timestamps and node_ids differ in length");
    }
    spikes += count;
    std::string line = name + "  " + counted(count, "spike");
    if (file.has_attribute(group, "neurons")) {
      const auto neurons = file.read_attribute<std::uint64_t>(group, "neurons");
      line += " of " + counted(neurons, "neuron");
    }
    if (count > 0 && is_sorted_by_time(file, group)) {
      line +=
          fmt::format(", {:.1f} to {:.1f} ms", value_in_row<double>(file, group + "/timestamps", 0),
                      value_in_row<double>(file, group + "/timestamps", count - 1));
    }
    description.details.push_back(line);
  }
  description.summary = fmt::format("spikes (SONATA), {} in {}", counted(spikes, "spike"),
                                    counted(populations.size(), "population"));
  add_trials(file, description);
  return description;
}

FileDescription describe_report(const Hdf5File& file) {
  FileDescription description;
  const std::vector<std::string> populations = file.names_in("/report");
  for (const std::string& name : populations) {
    const std::string group = "/report/" + name;
    const auto shape = file.shape_of(group + "/data");
    const auto time = file.read<double>(group + "/mapping/time");
    if (!shape.empty() && shape[0] == 0) {
      description.details.push_back(name + "  nothing yet");
      continue;
    }
    if (shape.size() != 2 || time.size() != 3) {
      fail(file.path(), group + ": data or mapping/time is of another shape than SONATA's");
    }
    description.details.push_back(fmt::format(
        "{}  {} with {}, {} from {:.1f} to {:.1f} ms in steps of {:g} ms", name,
        counted(rows_of(file, group + "/mapping/node_ids"), "neuron"), counted(shape[1], "element"),
        counted(shape[0], "time"), time[0], time[1], time[2]));
  }
  description.summary =
      fmt::format("report (SONATA) of {}", counted(populations.size(), "population"));
  add_trials(file, description);
  return description;
}

FileDescription describe_trials(const Hdf5File& file) {
  FileDescription description;
  const auto labels = file.read<std::int64_t>("/trials/label");
  const auto answers = file.read<std::int64_t>("/trials/answer");
  if (labels.size() != answers.size()) fail(file.path(), "/trials: columns differ in length");
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) wrong += labels[i] != answers[i] ? 1 : 0;
  description.summary = "table of " + counted(labels.size(), "training trial");
  add_trials(file, description);
  if (!labels.empty()) {
    description.details.push_back(
        fmt::format("answers  {:.2f} % of them wrong",
                    100 * static_cast<double>(wrong) / static_cast<double>(labels.size())));
  }
  for (const auto& [group, what] :
       {std::pair{"/plateaus", "plateau potentials"}, std::pair{"/rates", "mean firing rates"}}) {
    if (!file.has(group)) continue;
    description.details.push_back(
        fmt::format("{}  of {}", what, fmt::join(file.names_in(group), ", ")));
  }
  return description;
}

FileDescription describe_weights(const Hdf5File& file) {
  FileDescription description;
  const auto epochs = file.read<std::int64_t>("/epochs");
  description.summary =
      fmt::format("weights after {} epochs",
                  epochs.empty() ? "no" : fmt::format("{}", fmt::join(epochs, ", ")));
  for (const char* group : {"/weights", "/biases"}) {
    if (!file.has(group)) continue;
    for (const std::string& name : file.names_in(group)) {
      auto shape = file.shape_of(std::string(group) + "/" + name);
      if (!shape.empty()) shape.erase(shape.begin());
      description.details.push_back(
          fmt::format("{} {}  {}", group + 1, name, fmt::join(shape, " x ")));
    }
  }
  return description;
}

FileDescription describe_tests(const Hdf5File& file) {
  FileDescription description;
  const auto labels = file.read<std::int64_t>("/labels");
  const auto examples = file.read<std::int64_t>("/train_examples");
  const auto shape = file.shape_of("/answers");
  const bool is_empty = examples.empty() && !shape.empty() && shape[0] == 0;
  if (!is_empty && shape != std::vector<std::uint64_t>{examples.size(), labels.size()}) {
    fail(file.path(), "/answers, /labels and /train_examples do not agree");
  }
  description.summary = fmt::format("answers of {} on {}", counted(examples.size(), "test"),
                                    counted(labels.size(), "image"));
  const auto answered = std::ranges::count_if(
      labels, [](std::int64_t label) { return label != TestAnswers::kNoAnswer; });
  std::vector<std::int64_t> answers(labels.size());
  for (std::size_t test = 0; test < examples.size() && !labels.empty(); ++test) {
    file.read_rows<std::int64_t>("/answers", test, std::span(answers));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) wrong += labels[i] != answers[i] ? 1 : 0;
    description.details.push_back(
        fmt::format("after {} training images  {:.2f} % wrong", examples[test],
                    100 * static_cast<double>(wrong) /
                        static_cast<double>(std::max<std::ptrdiff_t>(answered, 1))));
  }
  return description;
}

bool is_checkpoint(const fs::path& path) {
  std::string start(kCheckpointStart.size(), '\0');
  std::ifstream(path, std::ios::binary)
      .read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == kCheckpointStart;
}

FileDescription describe_checkpoint(const fs::path& path) {
  { const CheckpointReader whole(path); }  // throws if it is not
  const Hdf5File file = Hdf5File::open(path);
  FileDescription description;
  description.summary = "checkpoint, whole";
  if (file.has_attribute("/session", "train_images_shown")) {
    description.summary +=
        fmt::format(", after {} training images",
                    file.read_attribute<std::int64_t>("/session", "train_images_shown"));
  }
  description.details.push_back(fmt::format(
      "version {} of the format, with {}", file.read_attribute<std::int64_t>("/", "format_version"),
      fmt::join(file.names_in("/"), ", ")));
  return description;
}

struct Hdf5Kind {
  std::string_view content;  // an object by which it is known
  FileDescription (*describe)(const Hdf5File&);
};

constexpr std::array kHdf5Kinds = {
    Hdf5Kind{"/spikes", describe_spikes},        Hdf5Kind{"/report", describe_report},
    Hdf5Kind{"/trials/answer", describe_trials}, Hdf5Kind{"/epochs", describe_weights},
    Hdf5Kind{"/answers", describe_tests},
};

}  // namespace

FileDescription describe_hdf5(const fs::path& path) {
  if (is_checkpoint(path)) return describe_checkpoint(path);
  const Hdf5File file = Hdf5File::open(path);
  for (const Hdf5Kind& kind : kHdf5Kinds) {
    if (file.has(std::string(kind.content))) return kind.describe(file);
  }
  if (file.has_attribute("/", "magic")) {
    return {fmt::format("SONATA file with {}", fmt::join(file.names_in("/"), ", ")), {}};
  }
  fail(path, "is an HDF5 file, but none of a run and none of SONATA");
}

}  // namespace apical
