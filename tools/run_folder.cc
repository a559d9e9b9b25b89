#include "tools/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "simulator/hdf5_file.h"
#include "tools/atomic_file.h"
#include "tools/make_folder.h"

namespace apical {
namespace {

constexpr const char* kPartial = ".partial";
constexpr std::chrono::seconds kMetricsInterval(1);

bool is_of_a_run(std::string name) {
  if (name.ends_with(kPartial)) name.resize(name.size() - std::string_view(kPartial).size());
  return std::ranges::find(kFilesOfARun, name) != kFilesOfARun.end();
}

// Whether a file of records has any.
bool holds_trials(const std::filesystem::path& path) {
  if (path.extension() != ".h5") return false;
  try {
    const Hdf5File file = Hdf5File::open(path);
    return file.has("/trials/index") && file.size_of("/trials/index") > 0;
  } catch (const FileError&) {
    return false;
  }
}

}  // namespace

Metric::Metric(std::string name, double value)
    : name_(std::move(name)), text_(fmt::format("{}", value)) {}

RunFolderInUse::RunFolderInUse(std::filesystem::path path)
    : WriteError(std::move(path),
                 "the folder is not empty; --resume goes on with the run in it, --force replaces "
                 "it, --out names another") {}

RunFolder::RunFolder(std::filesystem::path path, Use use)
    : path_(std::move(path)), lock_(std::make_unique<FolderLock>(path_)) {
  if (!holds_nothing_to_keep()) {
    if (use == Use::kNew) throw RunFolderInUse(path_);
    if (use == Use::kResume && !std::filesystem::exists(path_ / "experiment.textproto")) {
      throw WriteError(path_, "holds no run to resume; --out names another folder");
    }
  }
  std::error_code ignored;
  for (const std::string name : kFilesOfARun) {
    std::filesystem::remove(path_ / (name + kPartial), ignored);
    // What this run does not come to write is of another one.
    if (std::filesystem::exists(path_ / name, ignored)) old_files_.insert(name);
  }
}

// A run that ended before its first checkpoint does not stand in the way of its repeat, unless it
// has recorded trials.
bool RunFolder::holds_nothing_to_keep() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    if (!is_of_a_run(name) || name == "checkpoint.h5" || name == "summary.json") return false;
    if (holds_trials(entry.path())) return false;
  }
  if (error) throw WriteError::of_errno(path_, error.value());
  return true;
}

RunFolder RunFolder::create(std::filesystem::path path, Use use) {
  make_folder(path);
  return {std::move(path), use};
}

RunFolder::~RunFolder() {
  try {
    write_metrics();
  } catch (const WriteError&) {
  }
}

void RunFolder::remove(const std::string& name) {
  std::error_code error;
  std::filesystem::remove(file(name), error);
  if (error) throw WriteError::of_errno(path_ / name, error.value());
}

std::filesystem::path RunFolder::file(const std::string& name) {
  old_files_.erase(name);
  return path_ / name;
}

void RunFolder::write_experiment(std::string_view text) {
  write_file_atomically(file("experiment.textproto"), text);
}

void RunFolder::append_metrics(std::span<const Metric> row) {
  std::vector<std::string> names;
  std::vector<std::string> cells;
  for (const Metric& metric : row) {
    names.push_back(metric.name());
    cells.push_back(metric.text());
  }
  if (metric_names_.empty()) {
    metric_names_ = std::move(names);
    metrics_ = fmt::format("{}\n", fmt::join(metric_names_, ","));
  } else if (names != metric_names_) {
    throw std::logic_error("metrics.csv: a row's names differ from the header's");
  }
  metrics_ += fmt::format("{}\n", fmt::join(cells, ","));
  metrics_are_written_ = false;
  if (std::chrono::steady_clock::now() - metrics_written_ >= kMetricsInterval) write_metrics();
}

// The whole file, so that it is whole at any time: many rows cost much if each is written.
void RunFolder::write_metrics() {
  if (metrics_are_written_) return;
  write_file_atomically(file("metrics.csv"), metrics_);
  metrics_are_written_ = true;
  metrics_written_ = std::chrono::steady_clock::now();
}

void RunFolder::checkpoint(const Checkpoint& state) {
  state.text("metrics", metrics_);
  if (!state.restores()) return write_metrics();
  metric_names_.clear();
  if (metrics_.empty()) return remove("metrics.csv");
  std::istringstream header(metrics_.substr(0, metrics_.find('\n')));
  for (std::string name; std::getline(header, name, ',');) metric_names_.push_back(name);
  write_file_atomically(file("metrics.csv"), metrics_);
}

void RunFolder::write_summary(const nlohmann::ordered_json& summary) {
  write_metrics();
  write_file_atomically(
      file("summary.json"),
      summary.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  for (const std::string& name : std::exchange(old_files_, {})) {
    remove(name);
  }
}

}  // namespace apical
