#pragma once

#include <concepts>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/write_error.h"

namespace apical {

// A named number in a row of metrics.csv, held as the text that is written: doubles as the
// shortest text that reads back as the same double. Without a value its cell is empty.
class Metric {
 public:
  explicit Metric(std::string name) : name_(std::move(name)) {}
  Metric(std::string name, double value);
  Metric(std::string name, std::integral auto value)
      : name_(std::move(name)), text_(std::to_string(value)) {}

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

// The folder holds something already. reason() says what the user can do.
class RunFolderInUse : public WriteError {
 public:
  explicit RunFolderInUse(std::filesystem::path path);
};

// The folder of one run's files. Each file is whole at any time, whatever happens to the run.
// In a folder that held an earlier run, an old file stays until the new one is written; what this
// run has none of goes when the summary, a run's last file, is written.
// All members throw WriteError.
class RunFolder {
 public:
  // Makes the folder, with those above it. Throws RunFolderInUse if there is anything in it,
  // unless `force`.
  static RunFolder create(std::filesystem::path path, bool force);

  const std::filesystem::path& path() const { return path_; }

  // Where the caller writes another file of this run, such as spikes.h5.
  std::filesystem::path file(const std::string& name);

  // experiment.textproto.
  void write_experiment(std::string_view text);

  // Adds a row to metrics.csv, whose header is the first row's names. All rows must have the same
  // names in the same order, else std::logic_error.
  void append_metrics(std::span<const Metric> row);

  // summary.json; `summary` is an object.
  void write_summary(const nlohmann::ordered_json& summary);

 private:
  explicit RunFolder(std::filesystem::path path);

  std::filesystem::path path_;
  std::set<std::string> old_files_;  // of an earlier run, not yet replaced
  std::vector<std::string> metric_names_;
  std::string metrics_;  // the text of metrics.csv
};

}  // namespace apical
