#include "learning/rate_trial_protocol.h"

#include <vector>

namespace apical {

void RateTrialProtocol::bind(RateModeNetwork& network, SegregatedDendrites& rule,
                             OutputClasses classes) {
  network_ = &network;
  rule_ = &rule;
  classes_ = classes;
  network.synchronize(*this);
}

PhaseTimes RateTrialProtocol::run(std::span<const std::uint8_t> image, std::size_t label) {
  Simulation& simulation = network_->simulation();
  const Time start = simulation.now();
  const Time target_start = start + kTicksOfPhase;
  const Time end = target_start + kTicksOfPhase;
  label_ = label;
  phase_ = Phase::kForward;
  phase_end_ = target_start;
  if (clear_state_) network_->clear_state();
  network_->show(image);
  network_->act_at(start, 2 * kTicksOfPhase);
  simulation.run_until(end);
  return {start, target_start, end};
}

Time RateTrialProtocol::next() const { return phase_ == Phase::kNone ? kNever : phase_end_; }

// One phase a call: what its end changes acts before the next one.
void RateTrialProtocol::advance(Horizon horizon) {
  if (phase_ == Phase::kNone || !horizon.admits(phase_end_, id())) return;
  if (phase_ == Phase::kForward) {
    end_forward_phase();
    phase_ = Phase::kTarget;
    phase_end_ += kTicksOfPhase;
  } else {
    end_target_phase(phase_end_);
    phase_ = Phase::kNone;
  }
}

void RateTrialProtocol::end_forward_phase() {
  rule_->end_forward_phase();
  answer_ = classes_.answer(rule_->output_potentials());
  network_->teach(classes_.first_neuron(label_), classes_.neurons_per_class);
}

void RateTrialProtocol::end_target_phase(Time now) {
  const auto rates = network_->output_rates();
  rule_->end_target_phase(std::vector<double>(rates.begin(), rates.end()));
  network_->stop_teaching();
  if (metric_ != nullptr) metric_->after_trial(label_);
  rule_->update(now);
  network_->parameters_changed();
}

}  // namespace apical
