#include "tools/pictures/recorded_neurons.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "learning/trial_columns.h"
#include "models/experiment_file.h"
#include "models/id_list.h"

namespace apical {

std::optional<proto::Recording> recording_beside(const std::filesystem::path& spikes) {
  const auto experiment = spikes.parent_path() / "experiment.textproto";
  std::error_code ignored;
  if (!std::filesystem::exists(experiment, ignored)) return std::nullopt;
  return ExperimentFile::read(experiment).experiment().recording();
}

proto::Recording recording_of_all_spikes() {
  proto::Recording recording;
  recording.add_spikes()->set_trials(0);
  return recording;
}

std::vector<RecordedNeurons> recorded_neurons(const proto::Recording& recording,
                                              const std::string& population, std::size_t size) {
  // By neuron: the places of the recordings that are of it.
  std::vector<std::vector<int>> places(size);
  for (int i = 0; i < recording.spikes_size(); ++i) {
    const proto::SpikeRecording& spikes = recording.spikes(i);
    if (!spikes.population().empty() && spikes.population() != population) continue;
    if (spikes.neurons().empty()) {
      for (auto& each : places) each.push_back(i);
      continue;
    }
    const auto ids = listed_ids(spikes.neurons(), size);
    if (!ids) continue;
    for (const std::uint32_t id : *ids) places[id].push_back(i);
  }
  std::map<std::vector<int>, RecordedNeurons> groups;
  for (std::size_t id = 0; id < size; ++id) {
    if (places[id].empty()) continue;
    RecordedNeurons& group = groups[places[id]];
    group.ids.push_back(static_cast<std::uint32_t>(id));
  }
  std::vector<RecordedNeurons> neurons;
  for (auto& [recordings, group] : groups) {
    for (const int place : recordings) group.recordings.push_back(recording.spikes(place));
    neurons.push_back(std::move(group));
  }
  return neurons;
}

std::vector<TimeWindow> recorded_windows(std::span<const RecordedNeurons> groups,
                                         std::int64_t trial, double start_ms, double from_ms,
                                         double to_ms) {
  std::vector<TimeWindow> windows;
  for (const RecordedNeurons& group : groups) {
    for (const proto::SpikeRecording& spikes : group.recordings) {
      if (!has_trial(spikes.first_trial(), spikes.trials(), spikes.every_trials(), trial)) continue;
      const double from = std::max(from_ms, start_ms + spikes.from_ms());
      const double to = spikes.to_ms() > 0 ? std::min(to_ms, start_ms + spikes.to_ms()) : to_ms;
      if (from < to) windows.push_back({from, to});
    }
  }
  std::ranges::sort(windows, {}, &TimeWindow::from_ms);
  std::vector<TimeWindow> merged;
  for (const TimeWindow& window : windows) {
    if (merged.empty() || window.from_ms > merged.back().to_ms) {
      merged.push_back(window);
    } else {
      merged.back().to_ms = std::max(merged.back().to_ms, window.to_ms);
    }
  }
  return merged;
}

double recorded_ms(const RecordedNeurons& neurons, std::int64_t trial, double start_ms,
                   double from_ms, double to_ms) {
  double sum = 0;
  for (const auto& [from, to] :
       recorded_windows(std::span(&neurons, 1), trial, start_ms, from_ms, to_ms)) {
    sum += to - from;
  }
  return sum;
}

}  // namespace apical
