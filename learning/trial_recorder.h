#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "learning/trial_protocol.h"
#include "models/network.h"
#include "proto/recording.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/sonata_spikes.h"
#include "simulator/spike.h"

namespace apical {

// Keeps the spikes of chosen populations in chosen training trials, with the times of the trials'
// phases. It listens only, so it changes no result; populations whose trials are not recorded do
// not even know of it.
class TrialRecorder {
 public:
  // `network` must outlive the recorder.
  TrialRecorder(const proto::Recording& recording, Network& network);
  ~TrialRecorder();
  TrialRecorder(const TrialRecorder&) = delete;
  TrialRecorder& operator=(const TrialRecorder&) = delete;

  // Whether anything is to be recorded.
  bool records() const { return !tracks_.empty(); }

  // Around training trial `index`.
  void before_trial(std::int64_t index);
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label);

  // Between trials.
  void checkpoint(const Checkpoint& state);

  // All spikes of the trials up to now; ordered by time.
  const RecordedSpikes& recorded() const { return recorded_; }

 private:
  class Listener;
  // The trials of one population that are wanted.
  struct Track {
    Population* population;
    std::unique_ptr<Listener> listener;
    std::vector<proto::SpikeRecording> wanted;
    bool listening = false;
  };

  RecordedSpikes recorded_;
  std::vector<Track> tracks_;
};

}  // namespace apical
