#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "proto/training.pb.h"

namespace apical {

struct PhaseTimes;

// A row of metrics.csv: the state of learning after some training images.
struct Measurement {
  std::int64_t train_examples = 0;  // since the run's start
  double epoch = 0;                 // the same in passes over the training set
  std::int64_t test_examples = 0;
  // Negative where the network does not classify.
  double test_error_percent = 0;
  // Of the training images since the last measurement, each by the forward phase or pass that it
  // was learned from. Negative if there was none.
  double train_error_percent = -1;
  double train_seconds = 0;  // since the run's start, without tests
  double test_seconds = 0;   // of this test

  // What only rate networks have: the mean loss of an image, likewise, and the share of images
  // whose class is not among the five most active outputs (with ten classes or more).
  std::optional<double> test_loss;
  std::optional<double> train_loss;
  std::optional<double> test_top5_error_percent;
};

// Told of a run as it goes on. The calls come from the thread that runs the session, but for
// `tested`.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;

  // Around training trial `index`, counted from 0 over the whole run. Spiking networks only.
  virtual void before_trial(std::int64_t /*index*/) {}
  virtual void after_trial(std::int64_t /*index*/, const PhaseTimes& /*times*/,
                           std::size_t /*label*/) {}

  // The error is negative where the network does not classify.
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
  // Candidates and arrivals of spikes, or events of layers, in training and tests.
  std::uint64_t events = 0;
  std::uint64_t spikes = 0;
  std::uint64_t synaptic_events = 0;
};

// The whole of an experiment: a network that learns from images and is tested. The experiment has
// been checked and its defaults are filled in. The same experiment and data give the same
// measurements (but for times) whatever the number of threads or the observers.
class Session {
 public:
  virtual ~Session() = default;

  // How many images a whole run shows, those of training and those of all tests.
  virtual std::uint64_t images() const = 0;

  // Trains and tests until done or until `stop`, which any thread may call, returns true.
  virtual TrainingSummary run(TrainingObserver& observer, const std::function<bool()>& stop) = 0;
};

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start);

// The weight of the last image in the running training error that is shown.
inline constexpr double kRecentImage = 0.002;

// The order in which an epoch, from 0, shows the first `examples` of the training set.
std::vector<std::uint32_t> epoch_order(const proto::Training& training, std::uint64_t seed,
                                       std::size_t examples, int epoch);

// The images that a test within an epoch shows: as many of all `examples` as the training asks
// for, spread evenly.
std::vector<std::uint32_t> interim_test_order(const proto::Training& training,
                                              std::size_t examples);

}  // namespace apical
