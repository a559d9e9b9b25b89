#include "tools/pictures/trial_spikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

#include "tools/counted.h"

namespace apical {
namespace {

// The spikes of `train` in [start, end), with times since `start`.
SpikeTrain cut(const SpikeTrain& train, double start, double end) {
  const auto first = std::lower_bound(train.times_ms.begin(), train.times_ms.end(), start);
  const auto last = std::lower_bound(first, train.times_ms.end(), end);
  const auto first_id = train.node_ids.begin() + (first - train.times_ms.begin());
  SpikeTrain taken{train.population, train.neurons, {}, {first_id, first_id + (last - first)}};
  std::transform(first, last, std::back_inserter(taken.times_ms),
                 [&](double time) { return time - start; });
  return taken;
}

// A file of another program: all of it, as if it were a trial without a target phase.
TrialSpikes without_trials(const RecordedSpikes& spikes) {
  TrialSpikes all{.populations = spikes.populations};
  for (const SpikeTrain& train : all.populations) {
    if (train.times_ms.empty()) continue;
    all.start_ms = std::min(all.start_ms, train.times_ms.front());
    all.end_ms = std::max(all.end_ms, train.times_ms.back());
  }
  if (all.end_ms <= all.start_ms) throw std::out_of_range("holds no spikes and no trials");
  all.target_start_ms = all.end_ms;
  return all;
}

}  // namespace

std::size_t row_of_trial(const TrialTimes& trials, std::optional<std::int64_t> trial) {
  if (trials.size() == 0) throw std::out_of_range("no trials are recorded in it");
  if (!trial) return 0;
  const auto found = std::find(trials.index.begin(), trials.index.end(), *trial);
  if (found == trials.index.end()) {
    const auto [first, last] = std::minmax_element(trials.index.begin(), trials.index.end());
    throw std::out_of_range(
        fmt::format("trial {} is not recorded in it; it holds {}, from {} to {}", *trial,
                    counted(trials.size(), "trial"), *first, *last));
  }
  return static_cast<std::size_t>(found - trials.index.begin());
}

TrialSpikes take_trial(const RecordedSpikes& spikes, std::optional<std::int64_t> trial) {
  const TrialTimes& trials = spikes.trials;
  if (trials.size() == 0 && !trial) return without_trials(spikes);
  const std::size_t row = row_of_trial(trials, trial);
  const double start = trials.start_ms[row];
  const double end = trials.end_ms[row];
  TrialSpikes taken;
  taken.trial = trials.index[row];
  taken.label = trials.label[row];
  taken.target_start_ms = trials.target_start_ms[row] - start;
  taken.end_ms = end - start;
  for (const SpikeTrain& train : spikes.populations) {
    taken.populations.push_back(cut(train, start, end));
  }
  return taken;
}

TrialSpikes read_trial(const SonataSpikeFile& file, std::optional<std::int64_t> trial) {
  TrialTimes trials = file.trials();
  TimeWindow window;
  if (trials.size() > 0) {
    const std::size_t row = row_of_trial(trials, trial);
    window = {trials.start_ms[row], trials.end_ms[row]};
  }
  return take_trial({file.read(window), std::move(trials)}, trial);
}

void cut_to(TrialSpikes& raster, std::optional<double> from_ms, std::optional<double> to_ms) {
  const double from = from_ms.value_or(raster.start_ms);
  const double to = to_ms.value_or(std::numeric_limits<double>::infinity());
  if (from >= raster.end_ms) {
    throw std::out_of_range(fmt::format("ends at {:.1f} ms{}; nothing is later", raster.end_ms,
                                        raster.trial ? " of the trial" : ""));
  }
  for (SpikeTrain& train : raster.populations) {
    const auto first = std::ranges::lower_bound(train.times_ms, from) - train.times_ms.begin();
    const auto last = std::ranges::lower_bound(train.times_ms, to) - train.times_ms.begin();
    train.times_ms = {train.times_ms.begin() + first, train.times_ms.begin() + last};
    train.node_ids = {train.node_ids.begin() + first, train.node_ids.begin() + last};
  }
  raster.start_ms = from;
  raster.end_ms = std::min(raster.end_ms, to);
  raster.target_start_ms = std::clamp(raster.target_start_ms, raster.start_ms, raster.end_ms);
}

bool is_chosen(const std::string& population, const std::vector<std::string>& chosen) {
  return chosen.empty() || std::ranges::find(chosen, population) != chosen.end();
}

void check_chosen(const std::vector<SpikeTrain>& populations,
                  const std::vector<std::string>& chosen) {
  std::vector<std::string> names;
  names.reserve(populations.size());
  for (const SpikeTrain& train : populations) names.push_back(train.population);
  for (const std::string& name : chosen) {
    if (std::ranges::find(names, name) == names.end()) {
      throw std::out_of_range(fmt::format("holds no spikes of a population {}; it holds {}", name,
                                          fmt::join(names, ", ")));
    }
  }
}

}  // namespace apical
