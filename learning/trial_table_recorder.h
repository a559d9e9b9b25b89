#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "learning/recorder.h"
#include "learning/training_session.h"
#include "learning/trial_columns.h"
#include "proto/recording.pb.h"
#include "simulator/record_file.h"

namespace apical {

// trials.h5: a row for each of chosen training trials, with its phases, label and answer, the
// plateau potentials of hidden neurons and their times if they are stochastic, and the mean firing
// rate of a neuron of each population in each phase.
class TrialTableRecorder final : public Recorder {
 public:
  // `session` must outlive the recorder.
  TrialTableRecorder(const proto::TrialTable& table, TrainingSession& session,
                     std::filesystem::path path);
  ~TrialTableRecorder() override;

  void start() override;
  void checkpoint(const Checkpoint& state) override { file_.checkpoint(state); }
  void flush_if_due() override { file_.flush_if_due(); }
  void finish(bool complete) override;
  void before_trial(std::int64_t index) override;
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override;

 private:
  class SpikeCount;
  struct Phases {
    RecordFile::TableId forward;
    RecordFile::TableId target;
  };
  struct Plateaus {
    std::size_t population;  // its place in the network
    RecordFile::TableId forward;
    RecordFile::TableId target;
    std::optional<Phases> times = std::nullopt;  // if they are stochastic
  };

  proto::TrialTable table_;
  TrainingSession* session_;
  RecordFile file_;
  TrialColumns trials_;
  RecordFile::TableId answer_;
  std::vector<Plateaus> plateaus_;
  std::vector<std::unique_ptr<SpikeCount>> counts_;
  bool is_on_ = false;
};

}  // namespace apical
