#include "learning/trial_protocol.h"

#include <algorithm>

namespace apical {

TrialProtocol::TrialProtocol(const proto::Trial& trial, std::uint64_t seed)
    : trial_(trial), lengths_({seed, 0, Purpose::kPhaseLengths, 0}) {}

void TrialProtocol::bind(Network& network, SegregatedDendrites& rule, OutputClasses classes) {
  network_ = &network;
  rule_ = &rule;
  classes_ = classes;
  network.synchronize(*this);
  network.observe(target_rates_, network.output());
  network.simulation().influence(target_rates_, *this);
  if (trial_.has_stochastic_plateaus()) {
    plateaus_.emplace(trial_.stochastic_plateaus(), network);
    rule.set_apical_means([this](std::size_t population) {
      return plateaus_->apical_means(
          dynamic_cast<const SpikingPopulation&>(network_->population(population)));
    });
  }
}

double TrialProtocol::phase_length() {
  const double extra =
      trial_.extra_length_mean_ms() > 0
          ? lengths_.wald(trial_.extra_length_mean_ms(), trial_.extra_length_shape_ms())
          : 0.0;
  return trial_.phase_length_ms() + extra;
}

// A window as long as its phase is not to begin before it by rounding.
Time TrialProtocol::window_start(Time phase_start, Time phase_end) const {
  if (trial_.window_ms() == 0) return phase_start + trial_.settling_time_ms();
  return std::max(phase_start, phase_end - trial_.window_ms());
}

PhaseTimes TrialProtocol::run(std::span<const std::uint8_t> image, std::size_t label) {
  Simulation& simulation = network_->simulation();
  const Time start = simulation.now();
  const Time target_start = start + phase_length();
  const Time end = target_start + phase_length();
  plan_ = {{window_start(start, target_start), Boundary::kForwardWindow},
           {target_start, Boundary::kTargetPhase},
           {window_start(target_start, end), Boundary::kTargetWindow},
           {end, Boundary::kEnd}};
  pending_ = plan_;
  label_ = label;
  if (trial_.clear_state_between_trials()) network_->clear_state(start);
  network_->show(start, image);
  if (plateaus_) plateaus_->begin_phase(start);
  simulation.run_until(end);
  return {start, target_start, end};
}

void TrialProtocol::checkpoint(const Checkpoint& state) {
  lengths_.checkpoint(state);
  if (plateaus_) plateaus_->checkpoint(state.in("plateaus"));
}

// One boundary a call: what begins there may act before the next one.
void TrialProtocol::advance(Horizon horizon) {
  if (pending_.empty() || !horizon.admits(pending_.front().time, id())) return;
  act(pending_.front());
  pending_ = pending_.subspan(1);
}

void TrialProtocol::act(const Event& event) {
  const Time now = event.time;
  network_->catch_up(now);
  const auto open_windows = [&] {
    for (SpikingPopulation* population : network_->spiking_populations()) {
      population->open_window(now);
    }
  };
  const auto close_windows = [&] {
    for (SpikingPopulation* population : network_->spiking_populations()) {
      population->close_window(now);
    }
  };
  switch (event.boundary) {
    case Boundary::kForwardWindow:
      open_windows();
      break;
    case Boundary::kTargetPhase: {
      close_windows();
      if (plateaus_) plateaus_->end_phase(now);
      rule_->end_forward_phase();
      answer_ = classes_.answer(rule_->output_potentials());
      if (plateaus_) plateaus_->begin_phase(now);
      network_->output().teach(now, classes_.first_neuron(label_), classes_.neurons_per_class);
      break;
    }
    case Boundary::kTargetWindow:
      open_windows();
      target_rates_.open(network_->output(), now, plan_.back().time);
      break;
    case Boundary::kEnd:
      close_windows();
      if (plateaus_) plateaus_->end_phase(now);
      rule_->end_target_phase(target_rates_.means());
      network_->output().stop_teaching(now);
      if (metric_ != nullptr) metric_->after_trial(label_);
      rule_->update(now);
      break;
  }
}

}  // namespace apical
