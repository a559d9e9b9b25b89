#include "tools/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tools/atomic_file.h"

namespace apical {
namespace {

constexpr std::array kFilesOfARun = {"checkpoint.h5", "experiment.textproto",
                                     "metrics.csv",   "report.h5",
                                     "spikes.h5",     "summary.json"};

}  // namespace

Metric::Metric(std::string name, double value)
    : name_(std::move(name)), text_(fmt::format("{}", value)) {}

RunFolderInUse::RunFolderInUse(std::filesystem::path path)
    : WriteError(std::move(path),
                 "the folder is not empty; --force replaces the run in it, --out names another") {}

RunFolder::RunFolder(std::filesystem::path path) : path_(std::move(path)) {
  for (const char* name : kFilesOfARun) {
    if (std::filesystem::exists(path_ / name)) old_files_.insert(name);
  }
}

RunFolder RunFolder::create(std::filesystem::path path, bool force) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_directory(path, error)) {
    throw WriteError(path, "is a file; name a folder");
  }
  std::filesystem::create_directories(path, error);
  if (error) throw WriteError::of_errno(path, error.value());
  const bool empty = std::filesystem::is_empty(path, error);
  if (error) throw WriteError::of_errno(path, error.value());
  if (!empty && !force) throw RunFolderInUse(path);
  return RunFolder(std::move(path));
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
  write_file_atomically(file("metrics.csv"), metrics_);
}

void RunFolder::write_summary(const nlohmann::ordered_json& summary) {
  write_file_atomically(
      file("summary.json"),
      summary.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  for (const std::string& name : std::exchange(old_files_, {})) {
    std::error_code error;
    std::filesystem::remove(path_ / name, error);
    if (error) throw WriteError::of_errno(path_ / name, error.value());
  }
}

}  // namespace apical
