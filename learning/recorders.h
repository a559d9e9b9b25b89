#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "learning/rate_mode_session.h"
#include "learning/rate_session.h"
#include "learning/recorder.h"
#include "learning/training_session.h"
#include "proto/experiment.pb.h"

namespace apical {

// All that an experiment records besides metrics, each into a file of its own.
class Recorders final : public Recorder {
 public:
  // Where a file of the run is to be, called for those that the experiment records.
  using PathOf = std::function<std::filesystem::path(const std::string& name)>;

  // `session` must outlive the recorders, which must outlive its last run.
  Recorders(const proto::Experiment& experiment, TrainingSession& session, const PathOf& path_of);
  Recorders(const proto::Experiment& experiment, RateModeSession& session, const PathOf& path_of);
  Recorders(const proto::Experiment& experiment, RateSession& session, const PathOf& path_of);

  void start() override;
  void checkpoint(const Checkpoint& state) override;
  void flush_if_due() override;
  void tested(std::size_t done, std::size_t total) override;
  void finish(bool complete) override;
  void before_trial(std::int64_t index) override;
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override;
  void answered(const TestAnswers& answers) override;
  void between_steps(bool epoch_ended) override;

 private:
  struct Named {
    std::string name;
    std::unique_ptr<Recorder> recorder;
  };

  // What all kinds of sessions have: weights and tests.
  template <typename KindOfSession>
  void add_tables(const proto::Experiment& experiment, KindOfSession& session,
                  const PathOf& path_of);

  std::vector<Named> recorders_;
};

}  // namespace apical
