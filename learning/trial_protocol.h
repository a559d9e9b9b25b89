#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learning/output_classes.h"
#include "learning/segregated_dendrites.h"
#include "learning/stochastic_plateaus.h"
#include "learning/trial_metric.h"
#include "models/network.h"
#include "models/rate_mean.h"
#include "proto/training.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/process.h"
#include "simulator/random_stream.h"

namespace apical {

// When the phases of a trial begin and end, ms since the start of the simulation.
struct PhaseTimes {
  Time start = 0;         // of the forward phase
  Time target_start = 0;  // of the target phase
  Time end = 0;
};

// The training trials of a network, as a process: at the boundaries of phases and of averaging
// windows it shows the image, teaches the output, keeps means and has the weights updated.
//
//   start        the image's rates; forward phase
//   + settling   window opens
//   target_start window closes, forward plateaus; teaching; target phase
//   + settling   window opens
//   end          window closes, target plateaus; weights change; teaching stops
//
// Where the trial has a length of the window, it opens that long before its phase's end instead.
// Stochastic plateaus come before the end of each phase, and are found there from what arrived.
class TrialProtocol final : public Process {
 public:
  TrialProtocol(const proto::Trial& trial, std::uint64_t seed);

  // What the network is made with, so that boundaries come before simultaneous spikes.
  std::vector<Process*> processes() { return {this, &target_rates_}; }
  // To be called once, when the network has been made. Both must outlive the protocol's last run.
  // Images' labels are those of `classes`.
  void bind(Network& network, SegregatedDendrites& rule, OutputClasses classes = {});

  // The times of plateaus, where they are stochastic; else null.
  const StochasticPlateaus* stochastic_plateaus() const {
    return plateaus_ ? &*plateaus_ : nullptr;
  }

  // Who is told of each trial before weights change, null for nobody; it must outlive the
  // protocol's last run.
  void set_metric(TrialMetric* metric) { metric_ = metric; }

  // Runs one trial from now on.
  PhaseTimes run(std::span<const std::uint8_t> image, std::size_t label);

  // The class whose output neurons had the highest mean potentials in the last forward phase.
  std::size_t answer() const { return answer_; }

  // Between trials.
  void checkpoint(const Checkpoint& state);

  Time next() const override { return pending_.empty() ? kNever : pending_.front().time; }
  void advance(Horizon horizon) override;

 private:
  enum class Boundary { kForwardWindow, kTargetPhase, kTargetWindow, kEnd };
  struct Event {
    Time time;
    Boundary boundary;
  };

  void act(const Event& event);
  double phase_length();
  Time window_start(Time phase_start, Time phase_end) const;

  proto::Trial trial_;
  RandomStream lengths_;
  Network* network_ = nullptr;
  SegregatedDendrites* rule_ = nullptr;
  OutputClasses classes_;
  TrialMetric* metric_ = nullptr;
  std::size_t label_ = 0;
  std::size_t answer_ = 0;
  RateMean target_rates_;  // of the output
  std::optional<StochasticPlateaus> plateaus_;
  std::vector<Event> plan_;
  std::span<const Event> pending_;
};

}  // namespace apical
