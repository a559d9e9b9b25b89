#include "learning/trial_recorder.h"

#include <algorithm>
#include <span>

namespace apical {

class TrialRecorder::Listener final : public SpikeReceiver {
 public:
  explicit Listener(SpikeTrain& train) : train_(&train) {}

  void receive(std::span<const Spike> spikes) override {
    for (const Spike& spike : spikes) {
      train_->times_ms.push_back(spike.time);
      train_->node_ids.push_back(spike.neuron);
    }
  }

 private:
  SpikeTrain* train_;
};

TrialRecorder::TrialRecorder(const proto::Recording& recording, Network& network) {
  recorded_.populations.reserve(network.populations());
  for (std::size_t p = 0; p < network.populations(); ++p) {
    Population& population = network.population(p);
    std::vector<proto::SpikeRecording> wanted;
    for (const auto& spikes : recording.spikes()) {
      if (spikes.population().empty() || spikes.population() == population.name()) {
        wanted.push_back(spikes);
      }
    }
    if (wanted.empty()) continue;
    recorded_.populations.push_back({population.name(), population.size(), {}, {}});
    tracks_.push_back(
        {&population, std::make_unique<Listener>(recorded_.populations.back()), std::move(wanted)});
  }
}

TrialRecorder::~TrialRecorder() {
  for (Track& track : tracks_) {
    if (track.listening) track.population->remove_receiver(*track.listener);
  }
}

void TrialRecorder::before_trial(std::int64_t index) {
  for (Track& track : tracks_) {
    const bool listen = std::ranges::any_of(track.wanted, [&](const auto& wanted) {
      return index >= wanted.first_trial() && index - wanted.first_trial() < wanted.trials();
    });
    if (listen == track.listening) continue;
    if (listen) {
      track.population->add_receiver(*track.listener);
    } else {
      track.population->remove_receiver(*track.listener);
    }
    track.listening = listen;
  }
}

void TrialRecorder::after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) {
  if (std::ranges::none_of(tracks_, &Track::listening)) return;
  recorded_.trials.start_ms.push_back(times.start);
  recorded_.trials.target_start_ms.push_back(times.target_start);
  recorded_.trials.end_ms.push_back(times.end);
  recorded_.trials.index.push_back(index);
  recorded_.trials.label.push_back(static_cast<std::int64_t>(label));
}

void TrialRecorder::checkpoint(const Checkpoint& state) {
  for (SpikeTrain& train : recorded_.populations) {
    const Checkpoint place = state.in(train.population);
    place.list("times_ms", train.times_ms);
    place.list("node_ids", train.node_ids);
  }
  TrialTimes& trials = recorded_.trials;
  const Checkpoint place = state.in("trials");
  place.list("start_ms", trials.start_ms);
  place.list("target_start_ms", trials.target_start_ms);
  place.list("end_ms", trials.end_ms);
  place.list("index", trials.index);
  place.list("label", trials.label);
}

}  // namespace apical
