#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/output_classes.h"
#include "learning/segregated_dendrites.h"
#include "learning/trial_metric.h"
#include "learning/trial_protocol.h"
#include "models/rate_mode_network.h"
#include "proto/training.pb.h"
#include "simulator/process.h"

namespace apical {

// The training trials of a network in the rate mode, as a process. A phase is two ticks; of a trial
// that starts at tick t,
//   t          the image's rates; all populations act, in feedforward order
//   t + 1      all act: V_a is now of the output at t
//   t + 2      forward potentials, rates and plateaus are those of t + 1; teaching; all act
//   t + 3      all act: V_a is now of the taught output
//   t + 4      target plateaus and output rates are those of t + 3; weights change; teaching stops
// and the next trial starts at t + 4. What the protocol does at a tick comes before the
// populations. This holds for any number of hidden layers.
class RateTrialProtocol final : public Process {
 public:
  static constexpr int kTicksOfPhase = 2;

  explicit RateTrialProtocol(const proto::Trial& trial)
      : clear_state_(trial.clear_state_between_trials()) {}

  // What the network is made with.
  std::vector<Process*> processes() { return {this}; }
  // To be called once, when the network has been made. Both must outlive the protocol's last run.
  // Images' labels are those of `classes`.
  void bind(RateModeNetwork& network, SegregatedDendrites& rule, OutputClasses classes = {});

  // As of TrialProtocol.
  void set_metric(TrialMetric* metric) { metric_ = metric; }

  // Runs one trial from now on. Times are ticks.
  PhaseTimes run(std::span<const std::uint8_t> image, std::size_t label);

  // The class whose output neurons had the highest potentials in the last forward phase.
  std::size_t answer() const { return answer_; }

  Time next() const override;
  void advance(Horizon horizon) override;

 private:
  enum class Phase { kNone, kForward, kTarget };

  void end_forward_phase();
  void end_target_phase(Time now);

  bool clear_state_;
  RateModeNetwork* network_ = nullptr;
  SegregatedDendrites* rule_ = nullptr;
  OutputClasses classes_;
  TrialMetric* metric_ = nullptr;
  std::size_t label_ = 0;
  std::size_t answer_ = 0;
  Phase phase_ = Phase::kNone;
  Time phase_end_ = 0;
};

}  // namespace apical
