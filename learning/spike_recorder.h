#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "learning/recorder.h"
#include "learning/trial_columns.h"
#include "models/network.h"
#include "proto/recording.pb.h"
#include "simulator/record_file.h"

namespace apical {

// spikes.h5: the spikes of chosen neurons in chosen windows of training trials, and the times of
// the trials' phases, in the layout of SONATA (simulator/sonata_spikes.h). A population does not
// even know of the recorder in trials that are not recorded.
class SonataSpikeRecorder final : public Recorder {
 public:
  // `network` must outlive the recorder.
  SonataSpikeRecorder(const proto::Recording& recording, Network& network,
                      std::filesystem::path path);
  ~SonataSpikeRecorder() override;

  void start() override;
  void checkpoint(const Checkpoint& state) override { file_.checkpoint(state); }
  void flush_if_due() override { file_.flush_if_due(); }
  void finish(bool complete) override;
  void before_trial(std::int64_t index) override;
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override;

 private:
  class Track;

  Network* network_;
  RecordFile file_;
  std::vector<std::unique_ptr<Track>> tracks_;
  TrialColumns trials_;
};

}  // namespace apical
