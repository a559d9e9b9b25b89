#include "tools/spike_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical {
namespace {

struct Spike {
  double time_ms = 0;
  std::size_t population = 0;
  std::uint64_t node_id = 0;
};

std::vector<Spike> by_time(std::span<const SpikeTrain> populations) {
  std::vector<Spike> spikes;
  for (std::size_t p = 0; p < populations.size(); ++p) {
    const SpikeTrain& train = populations[p];
    for (std::size_t i = 0; i < train.times_ms.size(); ++i) {
      spikes.push_back({train.times_ms[i], p, train.node_ids[i]});
    }
  }
  std::ranges::stable_sort(spikes, {}, &Spike::time_ms);
  return spikes;
}

// The shortest text that reads back to the same number, always with a decimal point: neo takes a
// file whose first line has none for one of whole numbers.
std::string time_text(double time_ms) {
  std::string text = fmt::format("{}", time_ms);
  if (text.find('e') != std::string::npos) {
    // Without an exponent, which not all readers know.
    for (int behind = 1; behind < 340; ++behind) {
      text = fmt::format("{:.{}f}", time_ms, behind);
      if (std::stod(text) == time_ms) return text;
    }
  }
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::vector<NestIds> nest_ids(std::span<const SpikeTrain> populations) {
  std::vector<NestIds> ids;
  std::uint64_t next = 1;
  for (const SpikeTrain& train : populations) {
    ids.push_back({train.population, next, train.neurons});
    next += train.neurons;
  }
  return ids;
}

std::string gdf_text(std::span<const SpikeTrain> populations) {
  const std::vector<NestIds> ids = nest_ids(populations);
  std::string text;
  for (const Spike& spike : by_time(populations)) {
    text += fmt::format("{}\t{}\n", ids[spike.population].first + spike.node_id,
                        time_text(spike.time_ms));
  }
  return text;
}

std::string csv_text(std::span<const SpikeTrain> populations) {
  std::string text;
  for (const Spike& spike : by_time(populations)) {
    text += fmt::format("{},{},{}\n", csv_cell(populations[spike.population].population),
                        spike.node_id, time_text(spike.time_ms));
  }
  return text;
}

}  // namespace apical
