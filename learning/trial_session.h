#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "datasets/image_set.h"
#include "learning/evaluation.h"
#include "learning/initial_weights.h"
#include "learning/output_classes.h"
#include "learning/segregated_dendrites.h"
#include "learning/session.h"
#include "learning/trial_metrics.h"
#include "learning/trial_protocol.h"
#include "models/parameters.h"
#include "proto/experiment.pb.h"
#include "simulator/checkpoint.h"

namespace apical {

// The session of a network of a model file, which learns from images in trials and is tested: what
// is the same in both modes. The experiment has been checked.
class TrialSession : public Session {
 public:
  // `data` is cut to the numbers of examples that the experiment asks for, and must outlive the
  // session.
  TrialSession(const proto::Experiment& experiment, const TrainAndTest& data);

  const Parameters& parameters() const { return parameters_; }
  virtual const SegregatedDendrites& rule() const = 0;
  // The class whose output neurons had the highest potentials in the last trial's forward phase.
  virtual std::size_t answer() const = 0;

 protected:
  const proto::Experiment& experiment() const { return experiment_; }
  Parameters& mutable_parameters() { return parameters_; }
  OutputClasses classes() const { return classes_; }

  virtual PhaseTimes run_trial(std::span<const std::uint8_t> image, std::size_t label) = 0;
  virtual SegregatedDendrites& mutable_rule() = 0;
  virtual TrialMetrics& metrics() = 0;

  // For the derived class's own; this one's are the parameters and the metrics.
  virtual void checkpoint_trials(const Checkpoint& state) = 0;

 private:
  void start_epoch(int epoch, std::vector<std::uint32_t> order) final;
  Score learn(TrainingObserver& observer) final;
  std::optional<TestResult> test(const Test& test, TrainingObserver& observer,
                                 const std::function<bool()>& stop) final;
  void checkpoint_network(const Checkpoint& state) final;
  void check_finite() const;

  proto::Experiment experiment_;
  const ImageSet* train_;
  const ImageSet* test_;
  ImageSet interim_test_;  // for tests within an epoch
  Parameters parameters_;
  OutputClasses classes_;
  Evaluation evaluation_;
  std::vector<std::uint32_t> order_;  // of what is left of the epoch
  std::size_t next_ = 0;              // in it
};

// The first `examples` of a set; all if 0 or if it has no more.
ImageSet first_examples(const ImageSet& images, std::size_t examples);

// The examples with these indices, in their order.
ImageSet examples_of(const ImageSet& images, std::span<const std::uint32_t> indices);

}  // namespace apical
