#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "learning/trial_session.h"
#include "models/network.h"

namespace apical {

// The session of a network of spiking neurons. The same experiment and data give the same
// measurements (but for times) whatever the number of threads or the observers.
class TrainingSession final : public TrialSession {
 public:
  TrainingSession(const proto::Experiment& experiment, const TrainAndTest& data);

  Network& network() { return network_; }
  const TrialProtocol& protocol() const { return protocol_; }
  const SegregatedDendrites& rule() const override { return rule_; }
  std::size_t answer() const override { return protocol_.answer(); }

 private:
  PhaseTimes run_trial(std::span<const std::uint8_t> image, std::size_t label) override {
    return protocol_.run(image, label);
  }
  SegregatedDendrites& mutable_rule() override { return rule_; }
  TrialMetrics& metrics() override { return metrics_; }
  Work training_work() const override;
  void checkpoint_trials(const Checkpoint& state) override;

  TrialProtocol protocol_;
  Network network_;
  SegregatedDendrites rule_;
  TrialMetrics metrics_;
};

}  // namespace apical
