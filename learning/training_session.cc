#include "learning/training_session.h"

namespace apical {

TrainingSession::TrainingSession(const proto::Experiment& experiment, const TrainAndTest& data)
    : TrialSession(experiment, data),
      protocol_(experiment.trial(), experiment.seed()),
      network_(experiment.network(), mutable_parameters(), experiment.seed(),
               protocol_.processes()),
      rule_(experiment.network(), network_, mutable_parameters()),
      metrics_(experiment.recording().metrics(),
               {this->experiment().network(), mutable_parameters(), rule_, classes(), &network_,
                &protocol_}) {
  protocol_.bind(network_, rule_, classes());
  protocol_.set_metric(&metrics_);
}

Work TrainingSession::training_work() const {
  return {network_.events(), network_.spikes(), network_.synaptic_events()};
}

void TrainingSession::checkpoint_trials(const Checkpoint& state) {
  network_.checkpoint(state);
  protocol_.checkpoint(state.in("trials"));
  rule_.checkpoint(state.in("rule"));
}

}  // namespace apical
