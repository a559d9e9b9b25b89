#include "tools/file_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>

#include "models/experiment_file.h"
#include "models/mistake.h"
#include "simulator/file_error.h"
#include "tools/batch_folder.h"
#include "tools/counted.h"
#include "tools/hdf5_description.h"
#include "tools/metrics_file.h"
#include "tools/run_folder.h"
#include "tools/spike_text_description.h"
#include "tools/sweep_description.h"
#include "tools/sweep_file.h"
#include "tools/text_lines.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& reason) {
  throw FileError(file, FileAccess::kRead, reason);
}

constexpr std::array kMeasured = {"test_error_percent", "train_error_percent", "test_loss",
                                  "train_loss"};

FileDescription describe_metrics(const fs::path& path) {
  const MetricsFile metrics = MetricsFile::read(path);
  FileDescription description;
  description.summary = "metrics of a run, " + counted(metrics.rows(), "test");
  if (const auto examples = metrics.last_value("train_examples")) {
    description.summary += fmt::format(", the last after {} training images", *examples);
  }
  for (const char* name : kMeasured) {
    if (const auto value = metrics.last_value(name)) {
      description.details.push_back(fmt::format("{}  {:.6g}", name, *value));
    }
  }
  description.details.push_back(fmt::format("columns  {}", fmt::join(metrics.names(), ", ")));
  return description;
}

struct CsvKind {
  std::string_view column;  // by which it is known
  FileDescription (*describe)(const fs::path&);
};

// The table of a batch has the columns of metrics too.
constexpr std::array kCsvKinds = {
    CsvKind{"population", describe_spike_csv},
    CsvKind{"variant", describe_sweep_csv},
    CsvKind{"train_examples", describe_metrics},
};

FileDescription describe_csv(const fs::path& path) {
  TextLines lines(path);
  const auto header = lines.next();
  if (!header) fail(path, "is empty");
  const std::string columns = fmt::format(",{},", *header);
  for (const CsvKind& kind : kCsvKinds) {
    if (columns.find(fmt::format(",{},", kind.column)) != std::string::npos) {
      return kind.describe(path);
    }
  }
  fail(path, "is no CSV that apical writes: a run's metrics.csv, a batch.csv or exported spikes");
}

nlohmann::json read_json(const fs::path& path) {
  std::ifstream stream(path);
  if (!stream) fail(path, std::generic_category().message(errno));
  auto json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_object()) fail(path, "is no JSON object; a summary.json would be right");
  return json;
}

FileDescription describe_summary(const fs::path& path) {
  const nlohmann::json json = read_json(path);
  if (!json.contains("train_examples") || !json.contains("seed")) {
    fail(path, "is no summary.json of a run: it has no train_examples or seed");
  }
  FileDescription description;
  const auto complete = json.find("complete");
  const bool unfinished = complete != json.end() && *complete == false;
  description.summary =
      fmt::format("summary of {} run", unfinished ? "an unfinished" : "a finished");
  for (const auto& [name, value] : json.items()) {
    description.details.push_back(
        fmt::format("{}  {}", name, value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return description;
}

FileDescription describe_experiment(const fs::path& path) {
  const proto::Experiment experiment = ExperimentFile::read(path).experiment();
  FileDescription description;
  description.summary = fmt::format(
      "experiment {}, seed {}", experiment.name().empty() ? "without a name" : experiment.name(),
      experiment.seed());
  if (!experiment.description().empty()) description.details.push_back(experiment.description());
  for (const auto& population : experiment.network().population()) {
    description.details.push_back(
        fmt::format("population {}  {} neurons", population.name(), population.size()));
  }
  for (const auto& projection : experiment.network().projection()) {
    description.details.push_back(
        fmt::format("projection {} to {}", projection.source(), projection.target()));
  }
  for (const auto& layer : experiment.rate_network().layer()) {
    description.details.push_back(fmt::format("layer {}", layer.name()));
  }
  description.details.push_back(
      fmt::format("data {}, {} epochs", experiment.data().name(), experiment.training().epochs()));
  return description;
}

FileDescription describe_textproto(const fs::path& path) {
  return is_sweep(path) ? describe_sweep(path) : describe_experiment(path);
}

// Of which only one table may be left.
FileDescription describe_batch_folder(const fs::path& folder) {
  std::error_code ignored;
  FileDescription description = fs::exists(folder / kBatchCsv, ignored)
                                    ? describe_sweep_csv(folder / kBatchCsv)
                                    : describe_sweep_markdown(folder / kBatchMarkdown);
  description.summary = "folder of a " + description.summary;
  return description;
}

FileDescription describe_folder(const fs::path& folder) {
  FileDescription description;
  for (const char* name : kFilesOfARun) {
    std::error_code ignored;
    if (!fs::exists(folder / name, ignored)) continue;
    std::string summary = "damaged";
    try {
      summary = describe(folder / name).summary;
    } catch (const FileError&) {
      description.damaged.push_back(std::current_exception());
    } catch (const ModelFileError&) {
      description.damaged.push_back(std::current_exception());
    }
    description.details.push_back(fmt::format("{}  {}", name, summary));
  }
  std::error_code ignored;
  if (description.details.empty()) {
    if (fs::exists(folder / kBatchCsv, ignored) || fs::exists(folder / kBatchMarkdown, ignored)) {
      return describe_batch_folder(folder);
    }
    fail(folder, "holds no file of a run or of a batch");
  }
  description.summary = "folder of a run";
  if (description.damaged.empty() && fs::exists(folder / "summary.json", ignored)) {
    const nlohmann::json json = read_json(folder / "summary.json");
    for (const char* key : {"test_error_percent", "test_loss"}) {
      const auto value = json.find(key);
      if (value == json.end() || !value->is_number()) continue;
      description.summary += fmt::format(", {} {:.6g}", key, value->get<double>());
      break;
    }
  }
  return description;
}

struct FileKind {
  std::string_view ending;
  FileDescription (*describe)(const fs::path&);
};

// All else may be HDF5.
constexpr std::array kFileKinds = {
    FileKind{".csv", describe_csv},
    FileKind{".gdf", describe_gdf},
    FileKind{".json", describe_summary},
    FileKind{".md", describe_sweep_markdown},
    FileKind{".textproto", describe_textproto},
};

}  // namespace

FileDescription describe(const fs::path& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (!fs::exists(status)) fail(file, "there is no such file");
  if (fs::is_directory(status)) return describe_folder(file);
  const auto* const kind =
      std::ranges::find(kFileKinds, file.extension().string(), &FileKind::ending);
  return kind == kFileKinds.end() ? describe_hdf5(file) : kind->describe(file);
}

}  // namespace apical
