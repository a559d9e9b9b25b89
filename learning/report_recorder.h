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

// report.h5: the potentials of chosen neurons on a regular grid of times over training trials that
// follow one another, in the layout of SONATA's reports. For each neuron its elements in turn: soma
// (element id 0), basal dendrite or an output's dendrite (1) and apical dendrite (2).
//
// Each report is a process that acts on nothing: it asks the exact solution at the grid's times,
// after all that happens at the same time.
class SonataReportRecorder final : public Recorder {
 public:
  // `network` must outlive the recorder, and the recorder the network's last run.
  SonataReportRecorder(const proto::Recording& recording, Network& network,
                       std::filesystem::path path);
  ~SonataReportRecorder() override;

  void start() override;
  void checkpoint(const Checkpoint& state) override;
  void flush_if_due() override { file_.flush_if_due(); }
  void finish(bool complete) override;
  void before_trial(std::int64_t index) override;
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override;

 private:
  class PotentialReport;

  RecordFile file_;
  std::vector<std::unique_ptr<PotentialReport>> reports_;
  TrialColumns trials_;
};

}  // namespace apical
