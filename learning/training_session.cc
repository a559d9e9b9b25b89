#include "learning/training_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "learning/divergence_error.h"
#include "learning/initial_weights.h"

namespace apical {

ImageSet first_examples(const ImageSet& images, std::size_t examples) {
  const std::size_t count = examples == 0 ? images.size() : std::min(examples, images.size());
  ImageSet result = images;
  result.labels.resize(count);
  result.pixels.resize(count * images.image_size());
  return result;
}

ImageSet examples_of(const ImageSet& images, std::span<const std::uint32_t> indices) {
  ImageSet result = images;
  result.labels.clear();
  result.pixels.clear();
  for (const std::uint32_t index : indices) {
    const auto image = images.image(index);
    result.labels.push_back(images.labels[index]);
    result.pixels.insert(result.pixels.end(), image.begin(), image.end());
  }
  return result;
}

TrainingSession::TrainingSession(const proto::Experiment& experiment, const TrainAndTest& data)
    : experiment_(experiment),
      train_(&data.train),
      test_(&data.test),
      interim_test_(
          examples_of(data.test, interim_test_order(experiment.training(), data.test.size()))),
      parameters_(initial_parameters(experiment.network(), experiment.seed())),
      protocol_(experiment.trial(), experiment.seed()),
      network_(experiment.network(), parameters_, experiment.seed(), protocol_.processes()),
      rule_(experiment.network(), network_, parameters_),
      evaluation_(experiment, parameters_) {
  protocol_.bind(network_, rule_);
  recent_error_percent_ = 100.0 * (1.0 - 1.0 / std::max(1, data.train.classes));
}

bool TrainingSession::measure(const ImageSet& images, TrainingObserver& observer,
                              const std::function<bool()>& stop) {
  const auto start = Clock::now();
  const auto progress = [&](std::size_t done) { observer.tested(done, images.size()); };
  const Evaluation::Result result = evaluation_.run(images, tests_++, progress, stop);
  if (!result.complete) return false;
  Measurement measurement;
  measurement.train_examples = trials_;
  measurement.epoch = static_cast<double>(trials_) / static_cast<double>(train_->size());
  measurement.test_error_percent = result.error_percent();
  if (trials_since_test_ > 0) {
    measurement.train_error_percent =
        100.0 * static_cast<double>(errors_since_test_) / static_cast<double>(trials_since_test_);
  }
  measurement.train_seconds = summary_.train_seconds;
  measurement.test_seconds = seconds_since(start);
  measurement.test_examples = static_cast<std::int64_t>(images.size());
  summary_.test_seconds += measurement.test_seconds;
  summary_.test_examples += measurement.test_examples;
  errors_since_test_ = trials_since_test_ = 0;
  observer.measured(measurement);
  return true;
}

bool TrainingSession::train_epoch(int epoch, TrainingObserver& observer,
                                  const std::function<bool()>& stop) {
  const proto::Training& training = experiment_.training();
  const auto total = static_cast<std::int64_t>(train_->size()) * training.epochs();
  const std::vector<std::uint32_t> order =
      epoch_order(training, experiment_.seed(), train_->size(), epoch);
  auto start = Clock::now();
  for (std::size_t n = 0; n < order.size(); ++n) {
    if (stop()) {
      summary_.train_seconds += seconds_since(start);
      return false;
    }
    const std::uint32_t image = order[n];
    const std::size_t label = train_->labels[image];
    observer.before_trial(trials_);
    const PhaseTimes times = protocol_.run(train_->image(image), label);
    check_finite();
    observer.after_trial(trials_, times, label);
    const bool wrong = protocol_.answer() != label;
    errors_since_test_ += wrong;
    ++trials_since_test_;
    ++trials_;
    recent_error_percent_ += kRecentImage * ((wrong ? 100.0 : 0.0) - recent_error_percent_);
    observer.trained(trials_, total, recent_error_percent_);
    const bool last = n + 1 == order.size();
    const std::int64_t interval = training.evaluate_every_examples();
    if (last || (interval > 0 && trials_ % interval == 0)) {
      summary_.train_seconds += seconds_since(start);
      if (!measure(last ? *test_ : interim_test_, observer, stop)) return false;
      start = Clock::now();
    }
  }
  return true;
}

std::uint64_t TrainingSession::images() const {
  const proto::Training& training = experiment_.training();
  const auto epochs = static_cast<std::uint64_t>(training.epochs());
  const std::uint64_t train = train_->size() * epochs;
  std::uint64_t interim_tests = 0;
  if (const auto interval = static_cast<std::uint64_t>(training.evaluate_every_examples());
      interval > 0) {
    for (std::uint64_t n = interval; n <= train; n += interval) {
      interim_tests += n % train_->size() != 0;
    }
  }
  if (epochs == 0) return test_->size();
  if (training.evaluate_before_training()) ++interim_tests;
  return train + epochs * test_->size() + interim_tests * interim_test_.size();
}

void TrainingSession::check_finite() const {
  const auto is_finite = [](float v) { return std::isfinite(v); };
  if (std::ranges::all_of(rule_.output_potentials(), is_finite)) return;
  throw DivergenceError(fmt::format(
      "after {} training images the output's potentials are no longer numbers; lower the "
      "learning_rate of the projections",
      trials_ + 1));
}

TrainingSummary TrainingSession::run(TrainingObserver& observer,
                                     const std::function<bool()>& stop) {
  const proto::Training& training = experiment_.training();
  bool going_on = true;
  if (training.evaluate_before_training() || training.epochs() == 0) {
    going_on = measure(training.epochs() == 0 ? *test_ : interim_test_, observer, stop);
  }
  for (int epoch = 0; going_on && epoch < training.epochs(); ++epoch) {
    going_on = train_epoch(epoch, observer, stop);
  }
  summary_.complete = going_on;
  summary_.train_examples = trials_;
  summary_.events = network_.events() + evaluation_.events();
  summary_.spikes = network_.spikes() + evaluation_.spikes();
  summary_.synaptic_events = network_.synaptic_events() + evaluation_.synaptic_events();
  return summary_;
}

}  // namespace apical
