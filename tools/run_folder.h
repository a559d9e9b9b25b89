#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/checkpoint.h"
#include "tools/folder_lock.h"
#include "tools/write_error.h"

namespace apical {

// The files that a run may write, those that people look at first coming first.
inline constexpr std::array kFilesOfARun = {
    "experiment.textproto", "metrics.csv", "summary.json", "spikes.h5", "report.h5", "trials.h5",
    "weights.h5",           "tests.h5",    "checkpoint.h5"};

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
// In a folder whose earlier run is replaced, an old file stays until the new one is written; what
// this run has none of goes when the summary, a run's last file, is written. One process at a time
// has a folder.
// All members throw WriteError.
class RunFolder {
 public:
  enum class Use { kNew, kReplace, kResume };

  // Makes the folder, with those above it. For a new run there may be nothing in it but what a run
  // left that ended before its first checkpoint and without records, else throws RunFolderInUse; to
  // resume one, nothing but a run's files.
  static RunFolder create(std::filesystem::path path, Use use);

  RunFolder(RunFolder&&) = default;
  ~RunFolder();  // with the last rows of metrics.csv, also of a run that ends by an error

  const std::filesystem::path& path() const { return path_; }

  // Where the caller writes another file of this run, such as spikes.h5.
  std::filesystem::path file(const std::string& name);

  // Removes a file of an earlier run, if it is there.
  void remove(const std::string& name);

  // experiment.textproto.
  void write_experiment(std::string_view text);

  // Adds a row to metrics.csv, whose header is the first row's names. All rows must have the same
  // names in the same order, else std::logic_error.
  // On the disk at once if the last row is older than a second, and with the next checkpoint or
  // summary at the latest.
  void append_metrics(std::span<const Metric> row);

  // The rows of metrics.csv. Restoring writes the file: rows that came later are gone.
  void checkpoint(const Checkpoint& state);

  // summary.json; `summary` is an object.
  void write_summary(const nlohmann::ordered_json& summary);

 private:
  RunFolder(std::filesystem::path path, Use use);
  bool holds_nothing_to_keep() const;
  void write_metrics();

  std::filesystem::path path_;
  std::unique_ptr<FolderLock> lock_;
  std::set<std::string> old_files_;  // of an earlier run, not yet replaced
  std::vector<std::string> metric_names_;
  std::string metrics_;  // the text of metrics.csv
  bool metrics_are_written_ = true;
  std::chrono::steady_clock::time_point metrics_written_ = {};
};

}  // namespace apical
