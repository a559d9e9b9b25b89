#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/file_error.h"

namespace apical {

// A column of metrics.csv; what was not measured has no value.
using MetricsColumn = std::vector<std::optional<double>>;

// A run's metrics.csv, a row per test of the network.
class MetricsFile {
 public:
  // Throws FileError, naming the line of a cell that is no number, or a row that is too short.
  static MetricsFile read(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t rows() const { return rows_; }

  bool has(std::string_view name) const { return columns_.contains(name); }
  // Throws FileError.
  const MetricsColumn& column(std::string_view name) const;
  // Whether there is such a column with a value in some row.
  bool has_values(std::string_view name) const;
  // In the last row that has one.
  std::optional<double> last_value(std::string_view name) const;

  // For a fault in what the columns mean. Throws FileError.
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  explicit MetricsFile(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  std::vector<std::string> names_;
  std::size_t rows_ = 0;
  std::map<std::string, MetricsColumn, std::less<>> columns_;
};

}  // namespace apical
