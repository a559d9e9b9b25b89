#include "tools/spike_text_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "tools/counted.h"
#include "tools/spike_text.h"
#include "tools/text_lines.h"

namespace apical {
namespace {

constexpr std::size_t kMostIds = 1'000'000;  // that are told apart, for bounded memory

struct Spike {
  std::uint64_t id = 0;
  double time_ms = 0;
};

// What a text has of a population's spikes.
class SpikeCount {
 public:
  void add(const Spike& spike) {
    ++spikes_;
    if (ids_.size() <= kMostIds) ids_.insert(spike.id);
    first_id_ = std::min(first_id_, spike.id);
    last_id_ = std::max(last_id_, spike.id);
    first_ms_ = std::min(first_ms_, spike.time_ms);
    last_ms_ = std::max(last_ms_, spike.time_ms);
  }

  std::uint64_t spikes() const { return spikes_; }

  std::string text() const {
    if (spikes_ == 0) return "0 spikes";
    const std::string neurons = ids_.size() > kMostIds
                                    ? fmt::format("more than {} neurons", kMostIds)
                                    : counted(ids_.size(), "neuron");
    const std::string ids = first_id_ == last_id_
                                ? fmt::format("id {}", first_id_)
                                : fmt::format("ids {} to {}", first_id_, last_id_);
    return fmt::format("{} of {} ({}), {:.1f} to {:.1f} ms", counted(spikes_, "spike"), neurons,
                       ids, first_ms_, last_ms_);
  }

 private:
  std::uint64_t spikes_ = 0;
  std::unordered_set<std::uint64_t> ids_;
  std::uint64_t first_id_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t last_id_ = 0;
  double first_ms_ = std::numeric_limits<double>::infinity();
  double last_ms_ = -std::numeric_limits<double>::infinity();
};

template <typename T>
bool is_number(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<Spike> spike_of(std::string_view id, std::string_view time) {
  Spike spike;
  if (!is_number(id, spike.id) || !is_number(time, spike.time_ms)) return std::nullopt;
  if (!std::isfinite(spike.time_ms)) return std::nullopt;
  return spike;
}

// NEST ends each line with a tab more than we do.
std::optional<Spike> gdf_spike(std::string_view line) {
  constexpr std::string_view kSpace = "\t ";
  line = line.substr(0, line.find_last_not_of(kSpace) + 1);
  const std::size_t end_of_id = line.find_first_of(kSpace);
  if (end_of_id == std::string_view::npos) return std::nullopt;
  return spike_of(line.substr(0, end_of_id),
                  line.substr(line.find_first_not_of(kSpace, end_of_id)));
}

bool has_open_quote(std::string_view text) { return std::ranges::count(text, '"') % 2 != 0; }

// A row goes on over the end of a line that is in a name.
std::string row_from(std::string_view line, TextLines& lines) {
  std::string row(line);
  for (bool is_open = has_open_quote(line); is_open && row.size() <= TextLines::kLongest;) {
    const auto more = lines.next();
    if (!more) lines.fail("is cut off in a name");
    is_open = !has_open_quote(*more);
    row.append("\n").append(*more);
  }
  return row;
}

std::string unquoted(std::string_view cell) {
  if (!cell.starts_with('"')) return std::string(cell);
  std::string text;
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    text += cell[i];
    if (cell[i] == '"') ++i;  // which is doubled
  }
  return text;
}

struct CsvRow {
  std::string population;
  Spike spike;
};

// Only the first cell, the population's name, may have commas in it.
std::optional<CsvRow> csv_row(std::string_view row) {
  const std::size_t time = row.rfind(',');
  if (time == std::string_view::npos || time == 0) return std::nullopt;
  const std::size_t id = row.rfind(',', time - 1);
  if (id == std::string_view::npos) return std::nullopt;
  const auto spike = spike_of(row.substr(id + 1, time - id - 1), row.substr(time + 1));
  if (!spike) return std::nullopt;
  return CsvRow{unquoted(row.substr(0, id)), *spike};
}

}  // namespace

FileDescription describe_gdf(const std::filesystem::path& file) {
  TextLines lines(file);
  SpikeCount count;
  while (const auto line = lines.next()) {
    const std::optional<Spike> spike = gdf_spike(*line);
    if (!spike) lines.fail_in_line("is no spike; ID, a tab and TIME_MS would be right");
    count.add(*spike);
  }
  return {"spikes (GDF), " + count.text(), {}};
}

FileDescription describe_spike_csv(const std::filesystem::path& file) {
  TextLines lines(file);
  const std::string_view columns = kCsvHeader.substr(0, kCsvHeader.size() - 1);
  if (lines.next() != columns) {
    lines.fail(fmt::format("has another header than spikes; {} would be right", columns));
  }
  std::map<std::string, SpikeCount, std::less<>> populations;
  std::uint64_t spikes = 0;
  while (const auto line = lines.next()) {
    const auto row = csv_row(row_from(*line, lines));
    if (!row) lines.fail_in_line(fmt::format("is no spike; {} would be right", columns));
    populations[row->population].add(row->spike);
    ++spikes;
  }
  FileDescription description;
  description.summary = fmt::format("spikes (CSV), {} in {}", counted(spikes, "spike"),
                                    counted(populations.size(), "population"));
  for (const auto& [name, count] : populations) {
    description.details.push_back(name + "  " + count.text());
  }
  return description;
}

}  // namespace apical
