#include "learning/rate_mode_session.h"

namespace apical {

RateModeSession::RateModeSession(const proto::Experiment& experiment, const TrainAndTest& data)
    : TrialSession(experiment, data),
      protocol_(experiment.trial()),
      network_(experiment.network(), mutable_parameters(), experiment.seed(),
               protocol_.processes()),
      rule_(experiment.network(), network_, mutable_parameters()),
      metrics_(experiment.recording().metrics(),
               {this->experiment().network(), mutable_parameters(), rule_, classes()}) {
  protocol_.bind(network_, rule_, classes());
  protocol_.set_metric(&metrics_);
}

void RateModeSession::checkpoint_trials(const Checkpoint& state) {
  network_.checkpoint(state);
  rule_.checkpoint(state.in("rule"));
}

}  // namespace apical
