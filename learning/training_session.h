#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "datasets/image_set.h"
#include "learning/evaluation.h"
#include "learning/segregated_dendrites.h"
#include "learning/trial_protocol.h"
#include "models/network.h"
#include "models/parameters.h"
#include "proto/experiment.pb.h"
#include "simulator/random_stream.h"

namespace apical {

// A row of metrics.csv: the state of learning after some training images.
struct Measurement {
  std::int64_t train_examples = 0;  // since the run's start
  double epoch = 0;                 // the same in passes over the training set
  std::int64_t test_examples = 0;
  double test_error_percent = 0;
  // Of the training trials since the last measurement, each by its own forward window. Negative
  // if there was none.
  double train_error_percent = -1;
  double train_seconds = 0;  // since the run's start, without tests
  double test_seconds = 0;   // of this test
};

// Told of a run as it goes on. The calls come from the thread that runs the session, but for
// `tested`.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;

  // Around training trial `index`, counted from 0 over the whole run.
  virtual void before_trial(std::int64_t /*index*/) {}
  virtual void after_trial(std::int64_t /*index*/, const PhaseTimes& /*times*/,
                           std::size_t /*label*/) {}

  virtual void trained(std::int64_t /*done*/, std::int64_t /*total*/,
                       double /*recent_error_percent*/) {}
  // One thread at a time.
  virtual void tested(std::size_t /*done*/, std::size_t /*total*/) {}
  virtual void measured(const Measurement& /*measurement*/) {}
};

struct TrainingSummary {
  bool complete = false;  // false if it was stopped
  std::int64_t train_examples = 0;
  std::int64_t test_examples = 0;  // over all tests
  double train_seconds = 0;
  double test_seconds = 0;
  std::uint64_t events = 0;  // candidates and arrivals, in training and tests
  std::uint64_t spikes = 0;
  std::uint64_t synaptic_events = 0;
};

// The whole of an experiment: a network that learns from images in trials and is tested. The
// experiment has been checked. The same experiment and data give the same measurements (but for
// times) whatever the number of threads or the observers.
class TrainingSession {
 public:
  // `data` is cut to the numbers of examples that the experiment asks for, and must outlive the
  // session.
  TrainingSession(const proto::Experiment& experiment, const TrainAndTest& data);

  Network& network() { return network_; }
  const Parameters& parameters() const { return parameters_; }

  // Trains and tests until done or until `stop`, which any thread may call, returns true.
  TrainingSummary run(TrainingObserver& observer, const std::function<bool()>& stop);

 private:
  bool train_epoch(int epoch, TrainingObserver& observer, const std::function<bool()>& stop);
  bool measure(const ImageSet& images, TrainingObserver& observer,
               const std::function<bool()>& stop);

  proto::Experiment experiment_;
  const ImageSet* train_;
  const ImageSet* test_;
  ImageSet interim_test_;  // for tests within an epoch
  Parameters parameters_;
  TrialProtocol protocol_;
  Network network_;
  SegregatedDendrites rule_;
  Evaluation evaluation_;
  std::uint32_t tests_ = 0;
  std::int64_t trials_ = 0;
  std::int64_t errors_since_test_ = 0;
  std::int64_t trials_since_test_ = 0;
  double recent_error_percent_ = 0;
  TrainingSummary summary_;
};

// The first `examples` of a set; all if 0 or if it has no more.
ImageSet first_examples(const ImageSet& images, std::size_t examples);

// As many `examples`, spread evenly over the set; all if 0 or if it has no more.
ImageSet spread_examples(const ImageSet& images, std::size_t examples);

}  // namespace apical
