#include "tools/pictures/recorded_neurons.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "learning/trial_columns.h"
#include "models/experiment_file.h"
#include "models/neuron_ids.h"

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
    const auto ids = neuron_ids(spikes.neurons(), size);
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

double recorded_ms(const RecordedNeurons& neurons, std::int64_t trial, double start_ms,
                   double from_ms, double to_ms) {
  std::vector<std::pair<double, double>> windows;
  for (const proto::SpikeRecording& spikes : neurons.recordings) {
    if (!has_trial(spikes.first_trial(), spikes.trials(), spikes.every_trials(), trial)) continue;
    windows.emplace_back(std::max(from_ms, start_ms + spikes.from_ms()),
                         spikes.to_ms() > 0 ? std::min(to_ms, start_ms + spikes.to_ms()) : to_ms);
  }
  std::ranges::sort(windows);
  double sum = 0;
  double counted_to = from_ms;
  for (const auto& [from, to] : windows) {
    sum += std::max(to - std::max(from, counted_to), 0.0);
    counted_to = std::max(counted_to, to);
  }
  return sum;
}

}  // namespace apical
