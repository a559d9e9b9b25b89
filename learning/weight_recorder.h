#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "learning/rate_session.h"
#include "learning/recorder.h"
#include "learning/trial_session.h"
#include "proto/experiment.pb.h"
#include "simulator/record_file.h"

namespace apical {

// weights.h5: weights and biases after chosen epochs, 0 being before training, and at the end, a
// row of the tables each time. /epochs has the passes over the training set that were done.
class WeightRecorder final : public Recorder {
 public:
  // The session must outlive the recorder.
  WeightRecorder(const proto::Experiment& experiment, const TrialSession& session,
                 std::filesystem::path path);
  WeightRecorder(const proto::Experiment& experiment, RateSession& session,
                 std::filesystem::path path);

  void start() override;
  void checkpoint(const Checkpoint& state) override;
  void flush_if_due() override { file_.flush_if_due(); }
  void finish(bool complete) override;
  void between_steps(bool epoch_ended) override;

 private:
  // A table, and how a row of it is appended.
  using Append = std::function<void(RecordFile&)>;

  // Without weights.
  WeightRecorder(const proto::Experiment& experiment, std::filesystem::path path);

  bool is_wanted(std::int64_t epoch) const;
  void append();

  std::vector<std::int64_t> wanted_;  // epochs, in order; empty for the multiples of every_epochs_
  std::int64_t every_epochs_;
  RecordFile file_;
  RecordFile::TableId epochs_;
  std::vector<Append> tables_;
  std::int64_t epochs_done_ = 0;
};

}  // namespace apical
