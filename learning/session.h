#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "learning/trial_metric.h"
#include "proto/experiment.pb.h"
#include "proto/training.pb.h"
#include "simulator/checkpoint.h"

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

  // What else the experiment asks for, of the training images since the last measurement.
  std::vector<MetricValue> metrics;
};

// What a network that classifies answered in a test, and what would have been right, by image.
struct TestAnswers {
  std::int64_t train_examples = 0;               // that it had learned from
  bool whole_set = false;                        // rather than a part of the test set
  static constexpr std::int64_t kNoAnswer = -1;  // label and answer of an image that was skipped
  std::vector<std::int64_t> labels;
  std::vector<std::int64_t> answers;
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
  // After each test of a network that classifies, then after each test.
  virtual void answered(const TestAnswers& /*answers*/) {}
  virtual void measured(const Measurement& /*measurement*/) {}

  // An image is left out because its file cannot be decoded, which `error` says in one line; told
  // once a file. Only if the experiment has data.skip_bad_images.
  virtual void skipped(std::string_view /*error*/) {}

  // Between two steps of the run, where its state is whole and Session::checkpoint may be called;
  // `epoch_ended`: after the test that ends an epoch.
  virtual void between_steps(bool /*epoch_ended*/) {}
};

// Errors and loss of a number of images.
struct Score {
  std::size_t images = 0;
  std::size_t errors = 0;
  std::size_t top5_errors = 0;
  double loss = 0;          // summed
  std::size_t skipped = 0;  // images that were to be shown but cannot be decoded

  double mean_loss() const { return images == 0 ? 0 : loss / static_cast<double>(images); }
  double percent(std::size_t count) const {
    return images == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(images);
  }
  Score& operator+=(const Score& other);
};

// What was computed for a number of images.
struct Work {
  std::uint64_t events = 0;
  std::uint64_t spikes = 0;
  std::uint64_t synaptic_events = 0;

  Work& operator+=(const Work& other);
  Work operator-(const Work& other) const;
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

// A hash (FNV-1a) of the labels of images, one after the other.
class LabelHash {
 public:
  void add(std::size_t label) { hash_ = (hash_ ^ label) * 0x100000001b3ULL; }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

// The whole of an experiment: a network that learns from images and is tested. The experiment has
// been checked and its defaults are filled in. The same experiment and data give the same
// measurements (but for times) whatever the number of threads or the observers.
//
// Here is what all kinds of networks have in common: the order of steps and tests, and what is
// counted. A kind of network says how it learns from a step's images and how it is tested.
class Session {
 public:
  // Numbers of examples.
  struct Sizes {
    std::size_t train = 0;
    std::size_t test = 0;
    std::size_t interim_test = 0;
    std::size_t step = 1;      // of training, that are learned from at once
    std::uint64_t labels = 0;  // a hash of all labels in order, by which other data are noticed
  };

  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // How many images a whole run shows, those of training and those of all tests; and how many of
  // them have been shown.
  std::uint64_t images() const;
  std::uint64_t images_shown() const;
  std::int64_t training_images_shown() const { return shown_; }  // with those that were skipped

  std::size_t test_images() const { return sizes_.test; }

  // Training images that have been learned from since the run's start.
  std::int64_t trained() const { return shown_ - skipped_in_training_; }

  // Files that were skipped, of both sets; those that are shown in many epochs count once.
  virtual std::size_t skipped_images() const { return 0; }

  // Trains and tests until done or until `stop`, which any thread may call, returns true. In
  // either case the state is then whole.
  TrainingSummary run(TrainingObserver& observer, const std::function<bool()>& stop);

  bool finished() const { return shown_ >= total() && !test_is_due_; }
  const std::optional<Measurement>& last_measurement() const { return last_measurement_; }

  // Saves all that the rest of the run depends on, or restores it into a session that was made from
  // the same experiment (but for the number of epochs) and has not been run. A run that is stopped,
  // saved and restored ends with the same bits. Throws FileError.
  void checkpoint(const Checkpoint& state);

 protected:
  // What a measurement has.
  struct Scoring {
    bool errors = true;
    bool top5_errors = false;
    bool loss = false;
  };
  Session(const proto::Experiment& experiment, const Sizes& sizes, const Scoring& scoring,
          int classes);

  struct Test {
    std::uint32_t number = 0;  // counted from 0 over the run
    bool interim = false;
  };
  struct TestResult {
    Score score;
    Work work;
    // Empty where the network does not classify.
    std::vector<std::int64_t> labels = {};
    std::vector<std::int64_t> answers = {};
    std::vector<MetricValue> metrics = {};  // of training, since the last test that was completed
  };

  // The next epoch, or what is left of it: its training examples in order.
  virtual void start_epoch(int epoch, std::vector<std::uint32_t> order) = 0;
  // Learns from the next step's examples. Throws DivergenceError.
  virtual Score learn(TrainingObserver& observer) = 0;
  // Nothing if `stop` has stopped it; learning must not depend on whether there was a test.
  virtual std::optional<TestResult> test(const Test& test, TrainingObserver& observer,
                                         const std::function<bool()>& stop) = 0;
  // Of learn(), over the whole run.
  virtual Work training_work() const = 0;
  // What the network and its learning consist of.
  virtual void checkpoint_network(const Checkpoint& state) = 0;

 private:
  std::int64_t total() const;
  std::uint64_t interim_tests(std::uint64_t epochs) const;
  bool is_time_to_test(std::int64_t before, std::int64_t now) const;
  bool measure(TrainingObserver& observer, const std::function<bool()>& stop);
  void step(TrainingObserver& observer);

  proto::Training training_;
  std::uint64_t seed_;
  Sizes sizes_;
  Scoring scoring_;

  bool epoch_is_started_ = false;
  // Training images since the run's start, with those that were skipped: the place in the epochs.
  std::int64_t shown_ = 0;
  std::int64_t skipped_in_training_ = 0;
  bool test_is_due_;
  std::uint32_t tests_ = 0;
  Score since_test_;
  double recent_error_percent_;
  std::optional<Measurement> last_measurement_;
  std::int64_t test_examples_ = 0;
  std::int64_t skipped_in_tests_ = 0;
  double train_seconds_ = 0;
  double test_seconds_ = 0;
  Work test_work_;
};

// What all learning rates are multiplied by in an epoch, from 0. It follows from the epoch's
// number, so that a run that goes on from a checkpoint finds it again.
double learning_rate_factor(const proto::Training& training, int epoch);

// The order in which an epoch, from 0, shows the first `examples` of the training set.
std::vector<std::uint32_t> epoch_order(const proto::Training& training, std::uint64_t seed,
                                       std::size_t examples, int epoch);

// The images that a test within an epoch shows: as many of all `examples` as the training asks
// for, spread evenly.
std::vector<std::uint32_t> interim_test_order(const proto::Training& training,
                                              std::size_t examples);

}  // namespace apical
