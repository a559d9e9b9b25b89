#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "learning/rate_trial_protocol.h"
#include "learning/trial_session.h"
#include "models/rate_mode_network.h"

namespace apical {

// The session of a network in the rate mode, likewise. Initial weights, the order of images and all
// else that both modes have are the same for the same seed.
class RateModeSession final : public TrialSession {
 public:
  RateModeSession(const proto::Experiment& experiment, const TrainAndTest& data);
  const SegregatedDendrites& rule() const override { return rule_; }
  std::size_t answer() const override { return protocol_.answer(); }

 private:
  PhaseTimes run_trial(std::span<const std::uint8_t> image, std::size_t label) override {
    return protocol_.run(image, label);
  }
  SegregatedDendrites& mutable_rule() override { return rule_; }
  TrialMetrics& metrics() override { return metrics_; }
  Work training_work() const override { return {.events = network_.events()}; }
  void checkpoint_trials(const Checkpoint& state) override;

  RateTrialProtocol protocol_;
  RateModeNetwork network_;
  SegregatedDendrites rule_;
  TrialMetrics metrics_;
};

}  // namespace apical
