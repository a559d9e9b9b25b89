#include "learning/recorders.h"

#include "learning/report_recorder.h"
#include "learning/spike_recorder.h"
#include "learning/test_recorder.h"
#include "learning/trial_table_recorder.h"
#include "learning/weight_recorder.h"

namespace apical {

Recorders::Recorders(const proto::Experiment& experiment, TrainingSession& session,
                     const PathOf& path_of) {
  const proto::Recording& wanted = experiment.recording();
  if (wanted.spikes_size() > 0) {
    recorders_.push_back({"spikes", std::make_unique<SonataSpikeRecorder>(wanted, session.network(),
                                                                          path_of("spikes.h5"))});
  }
  if (wanted.report_size() > 0) {
    recorders_.push_back({"report", std::make_unique<SonataReportRecorder>(
                                        wanted, session.network(), path_of("report.h5"))});
  }
  if (wanted.has_trials()) {
    recorders_.push_back({"trials", std::make_unique<TrialTableRecorder>(wanted.trials(), session,
                                                                         path_of("trials.h5"))});
  }
  add_tables(experiment, session, path_of);
}

Recorders::Recorders(const proto::Experiment& experiment, RateModeSession& session,
                     const PathOf& path_of) {
  add_tables(experiment, session, path_of);
}

Recorders::Recorders(const proto::Experiment& experiment, RateSession& session,
                     const PathOf& path_of) {
  add_tables(experiment, session, path_of);
}

template <typename KindOfSession>
void Recorders::add_tables(const proto::Experiment& experiment, KindOfSession& session,
                           const PathOf& path_of) {
  const proto::Recording& wanted = experiment.recording();
  if (wanted.has_weights()) {
    recorders_.push_back(
        {"weights", std::make_unique<WeightRecorder>(experiment, session, path_of("weights.h5"))});
  }
  if (wanted.tests()) {
    recorders_.push_back(
        {"tests", std::make_unique<TestRecorder>(session.test_images(), path_of("tests.h5"))});
  }
}

void Recorders::start() {
  for (const Named& each : recorders_) each.recorder->start();
}

void Recorders::checkpoint(const Checkpoint& state) {
  for (const Named& each : recorders_) each.recorder->checkpoint(state.in(each.name));
}

// A test may take long.
void Recorders::tested(std::size_t /*done*/, std::size_t /*total*/) { flush_if_due(); }

void Recorders::flush_if_due() {
  for (const Named& each : recorders_) each.recorder->flush_if_due();
}

void Recorders::finish(bool complete) {
  for (const Named& each : recorders_) each.recorder->finish(complete);
}

void Recorders::before_trial(std::int64_t index) {
  for (const Named& each : recorders_) each.recorder->before_trial(index);
}

void Recorders::after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) {
  for (const Named& each : recorders_) each.recorder->after_trial(index, times, label);
}

void Recorders::answered(const TestAnswers& answers) {
  for (const Named& each : recorders_) each.recorder->answered(answers);
}

void Recorders::between_steps(bool epoch_ended) {
  for (const Named& each : recorders_) each.recorder->between_steps(epoch_ended);
  flush_if_due();
}

}  // namespace apical
