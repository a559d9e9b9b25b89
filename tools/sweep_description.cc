#include "tools/sweep_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "proto/sweep.pb.h"
#include "tools/counted.h"
#include "tools/sweep_file.h"
#include "tools/sweep_table.h"
#include "tools/text_lines.h"

namespace apical {
namespace {

constexpr std::array kStatuses = {RunStatus::kDone, RunStatus::kFailed, RunStatus::kNotDone};
constexpr std::size_t kMostNamed = 5;

std::string seeds_text(int first, int last) {
  return first == last ? fmt::format("seed {}", first) : fmt::format("seeds {} to {}", first, last);
}

std::string variant_text(const proto::SweepVariant& variant) {
  std::vector<std::string> parts;
  if (!variant.description().empty()) parts.push_back(variant.description());
  if (variant.has_experiment()) parts.push_back("experiment " + variant.experiment());
  if (!variant.set().empty()) parts.push_back(fmt::format("{}", fmt::join(variant.set(), ", ")));
  if (parts.empty()) parts.emplace_back("nothing set");
  return fmt::format("variant {}  {}", variant.name(), fmt::join(parts, "; "));
}

std::vector<std::string_view> cells_of(std::string_view line, std::string_view separator) {
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t end = line.find(separator);
    cells.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + separator.size());
  }
}

// What has become of runs.
using RunCounts = std::map<RunStatus, std::size_t>;

std::string text_of(const RunCounts& counts) {
  std::vector<std::string> parts;
  for (const RunStatus status : kStatuses) {
    const auto found = counts.find(status);
    if (found == counts.end()) continue;
    std::string word(word_of(status));
    std::ranges::replace(word, '_', ' ');
    parts.push_back(fmt::format("{} {}", found->second, word));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

struct SweepRow {
  std::string variant;
  int seed = 0;
  RunStatus status = RunStatus::kNotDone;
  std::string folder;
};

std::optional<SweepRow> sweep_row(const std::vector<std::string_view>& cells) {
  SweepRow row{std::string(cells[0]), 0, {}, std::string(cells[3])};
  const char* end_of_seed = cells[1].data() + cells[1].size();
  const auto [end, error] = std::from_chars(cells[1].data(), end_of_seed, row.seed);
  const bool is_seed = error == std::errc() && end == end_of_seed;
  if (!is_seed || row.seed < 1 || row.seed > SeedRange::kMost) return std::nullopt;
  const auto* const status = std::ranges::find(kStatuses, cells[2], word_of);
  if (status == kStatuses.end()) return std::nullopt;
  row.status = *status;
  return row;
}

// A batch's rows, added up.
class BatchCount {
 public:
  void add(const SweepRow& row) {
    const auto [variant, is_new] = variants_.try_emplace(row.variant);
    if (is_new) names_.push_back(row.variant);
    ++variant->second[row.status];
    ++all_[row.status];
    ++runs_;
    seeds_.insert(row.seed);
    if (row.status == RunStatus::kFailed && failed_.size() < kMostNamed) {
      failed_.push_back(row.folder);
    }
  }

  std::size_t runs() const { return runs_; }

  FileDescription description() const {
    FileDescription description;
    description.summary = fmt::format("batch of {}, {} with {}: {}", counted(runs_, "run"),
                                      counted(names_.size(), "variant"), seeds(), text_of(all_));
    for (const std::string& name : names_) {
      description.details.push_back(
          fmt::format("variant {}  {}", name, text_of(variants_.at(name))));
    }
    if (!failed_.empty()) {
      const std::size_t others = all_.at(RunStatus::kFailed) - failed_.size();
      description.details.push_back(
          fmt::format("failed  {}{}", fmt::join(failed_, ", "),
                      others == 0 ? "" : fmt::format(" and {} more", others)));
    }
    return description;
  }

 private:
  std::string seeds() const {
    const int first = *seeds_.begin();
    const int last = *seeds_.rbegin();
    if (static_cast<std::size_t>(last - first) + 1 == seeds_.size()) {
      return seeds_text(first, last);
    }
    return fmt::format("{} seeds from {} to {}", seeds_.size(), first, last);
  }

  std::vector<std::string> names_;  // in the order of the rows
  std::map<std::string, RunCounts> variants_;
  RunCounts all_;
  std::size_t runs_ = 0;
  std::set<int> seeds_;
  std::vector<std::string> failed_;  // the folders of the first ones
};

// `| cell | cell |`
std::vector<std::string_view> markdown_cells(std::string_view line) {
  if (!line.starts_with("| ") || !line.ends_with(" |")) return {};
  return cells_of(line.substr(2, line.size() - 4), " | ");
}

}  // namespace

FileDescription describe_sweep(const std::filesystem::path& file) {
  const proto::Sweep sweep = read_sweep_message(file);
  const auto variants = static_cast<std::size_t>(sweep.variant_size());
  FileDescription description;
  description.summary = fmt::format(
      "sweep {}, {} with {}, {}", sweep.name().empty() ? "without a name" : sweep.name(),
      counted(variants, "variant"), seeds_text(1, sweep.seeds()),
      counted(variants * static_cast<std::size_t>(sweep.seeds()), "run"));
  if (!sweep.description().empty()) description.details.push_back(sweep.description());
  if (sweep.has_experiment()) description.details.push_back("experiment " + sweep.experiment());
  if (!sweep.set().empty()) {
    description.details.push_back(fmt::format("all variants  {}", fmt::join(sweep.set(), ", ")));
  }
  for (const proto::SweepVariant& variant : sweep.variant()) {
    description.details.push_back(variant_text(variant));
  }
  return description;
}

FileDescription describe_sweep_csv(const std::filesystem::path& file) {
  TextLines lines(file);
  const std::string header(lines.next().value_or(""));
  if (!(header + ",").starts_with(fmt::format("{},", kSweepCsvStart))) {
    lines.fail(
        fmt::format("has another header than a batch.csv; {} would be right", kSweepCsvStart));
  }
  const std::size_t columns = cells_of(header, ",").size();
  BatchCount count;
  while (const auto line = lines.next()) {
    const std::vector<std::string_view> cells = cells_of(*line, ",");
    if (cells.size() != columns) {
      lines.fail_in_line(fmt::format("{} values; the header names {}", cells.size(), columns));
    }
    const std::optional<SweepRow> row = sweep_row(cells);
    if (!row) lines.fail_in_line("is no run of a batch: its seed or its status is none");
    count.add(*row);
  }
  if (count.runs() == 0) lines.fail("is cut off: it has no run");
  return count.description();
}

FileDescription describe_sweep_markdown(const std::filesystem::path& file) {
  TextLines lines(file);
  const std::string header(lines.next().value_or(""));
  const auto names = markdown_cells(header);
  if (!header.starts_with(kSweepMarkdownStart) || names.size() < 3) {
    lines.fail("is no batch.md of apical batch");
  }
  lines.next();  // under the header
  FileDescription description;
  auto line = lines.next();
  for (; line && !line->empty(); line = lines.next()) {
    const auto cells = markdown_cells(*line);
    if (cells.size() != names.size()) lines.fail_in_line("is no row of the table");
    std::string_view name = cells[0];
    if (name.size() > 1) name = name.substr(1, name.size() - 2);  // between `
    std::string text = fmt::format("variant {}  {} done", name, cells[1]);
    if (!cells[2].empty()) text += fmt::format(", {} {}", names[2], cells[2]);
    description.details.push_back(std::move(text));
  }
  if (lines.next() != kSweepMarkdownEnd) lines.fail("is cut off");
  description.summary =
      "results of a batch (Markdown), " + counted(description.details.size(), "variant");
  return description;
}

}  // namespace apical
