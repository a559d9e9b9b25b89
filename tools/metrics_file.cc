#include "tools/metrics_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <system_error>

namespace apical {
namespace {

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

// Whether `cell` is a number; "nan" and "inf", which nothing can be drawn of, are no value.
bool read_cell(std::string_view cell, std::optional<double>& value) {
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error != std::errc() || end != cell.data() + cell.size()) return cell.empty();
  if (std::isfinite(number)) value = number;
  return true;
}

}  // namespace

MetricsFile MetricsFile::read(const std::filesystem::path& path) {
  MetricsFile file(path);
  std::ifstream stream(path);
  std::string line;
  if (!stream) {
    file.fail(errno == ENOENT ? "there is no such file" : std::generic_category().message(errno));
  }
  if (!std::getline(stream, line)) file.fail("is empty");
  if (line.starts_with("variant,seed,")) {
    file.fail("is the table of a batch; name runs of it, such as VARIANT/seed_1 beside it");
  }
  for (const std::string_view name : cells_of(line)) {
    file.names_.emplace_back(name);
    file.columns_.emplace(name, MetricsColumn{});
  }
  if (!file.has("train_examples")) {
    file.fail("is no metrics.csv of a run: it has no column train_examples");
  }
  while (std::getline(stream, line)) {
    ++file.rows_;
    const auto fail_in_row = [&](const std::string& reason) {
      throw FileError(fmt::format("{}:{}", path.string(), file.rows_ + 1), FileAccess::kRead,
                      reason);
    };
    const std::vector<std::string_view> cells = cells_of(line);
    if (cells.size() != file.names_.size()) {
      fail_in_row(fmt::format("{} values; the header names {}", cells.size(), file.names_.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::optional<double> value;
      if (!read_cell(cells[i], value)) {
        fail_in_row(fmt::format("{} is '{}'; a number would be right", file.names_[i], cells[i]));
      }
      file.columns_.find(file.names_[i])->second.push_back(value);
    }
  }
  return file;
}

const MetricsColumn& MetricsFile::column(std::string_view name) const {
  const auto found = columns_.find(name);
  if (found == columns_.end()) fail(fmt::format("has no column {}", name));
  return found->second;
}

bool MetricsFile::has_values(std::string_view name) const { return last_value(name).has_value(); }

std::optional<double> MetricsFile::last_value(std::string_view name) const {
  const auto found = columns_.find(name);
  if (found == columns_.end()) return std::nullopt;
  const MetricsColumn& values = found->second;
  const auto last = std::find_if(values.rbegin(), values.rend(),
                                 [](const auto& value) { return value.has_value(); });
  return last == values.rend() ? std::nullopt : *last;
}

void MetricsFile::fail(const std::string& reason) const {
  throw FileError(path_, FileAccess::kRead, reason);
}

}  // namespace apical
