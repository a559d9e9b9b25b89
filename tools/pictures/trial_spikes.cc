#include "tools/pictures/trial_spikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

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
  TrialSpikes all{spikes.populations, std::nullopt, 0, 0, 0, {}};
  for (const SpikeTrain& train : all.populations) {
    if (!train.times_ms.empty()) all.end_ms = std::max(all.end_ms, train.times_ms.back());
  }
  if (all.end_ms <= 0) throw std::out_of_range("holds no spikes and no trials");
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
                    count_text(trials.size(), "trial"), *first, *last));
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

std::string count_text(std::size_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

}  // namespace apical
