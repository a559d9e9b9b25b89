#include "learning/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "simulator/random_stream.h"

namespace apical {

namespace {

using Clock = std::chrono::steady_clock;

// The weight of the last image in the running training error that is shown.
constexpr double kRecentImage = 0.002;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_same_size(const Checkpoint& state, const std::string& name, const std::string& of,
                     std::size_t size) {
  auto stored = static_cast<std::int64_t>(size);
  state.number(name, stored);
  if (stored == static_cast<std::int64_t>(size)) return;
  state.refuse("the run had " + std::to_string(stored) + " " + of + " images, and there are " +
               std::to_string(size) + " now; give it the data that it had");
}

void checkpoint(const Checkpoint& state, Score& score) {
  state.number("images", score.images);
  state.number("errors", score.errors);
  state.number("top5_errors", score.top5_errors);
  state.number("loss", score.loss);
  state.number("skipped", score.skipped);
}

void checkpoint(const Checkpoint& state, Work& work) {
  state.number("events", work.events);
  state.number("spikes", work.spikes);
  state.number("synaptic_events", work.synaptic_events);
}

void checkpoint(const Checkpoint& state, const std::string& name, std::optional<double>& value) {
  bool is_there = value.has_value();
  state.number("has_" + name, is_there);
  double number = value.value_or(0);
  state.number(name, number);
  if (is_there) value = number;
}

void checkpoint(const Checkpoint& state, std::optional<Measurement>& measurement) {
  bool is_there = measurement.has_value();
  state.number("is_there", is_there);
  if (!is_there) return;
  if (state.restores()) measurement.emplace();
  Measurement& m = *measurement;
  state.number("train_examples", m.train_examples);
  state.number("epoch", m.epoch);
  state.number("test_examples", m.test_examples);
  state.number("test_error_percent", m.test_error_percent);
  state.number("train_error_percent", m.train_error_percent);
  state.number("train_seconds", m.train_seconds);
  state.number("test_seconds", m.test_seconds);
  checkpoint(state, "test_loss", m.test_loss);
  checkpoint(state, "train_loss", m.train_loss);
  checkpoint(state, "test_top5_error_percent", m.test_top5_error_percent);
  std::size_t metrics = m.metrics.size();
  state.number("metrics", metrics);
  m.metrics.resize(metrics);
  for (std::size_t k = 0; k < metrics; ++k) {
    const Checkpoint place = state.in("metric_" + std::to_string(k));
    place.text("column", m.metrics[k].column);
    checkpoint(place, "value", m.metrics[k].value);
  }
}

}  // namespace

Score& Score::operator+=(const Score& other) {
  images += other.images;
  errors += other.errors;
  top5_errors += other.top5_errors;
  loss += other.loss;
  skipped += other.skipped;
  return *this;
}

Work& Work::operator+=(const Work& other) {
  events += other.events;
  spikes += other.spikes;
  synaptic_events += other.synaptic_events;
  return *this;
}

Work Work::operator-(const Work& other) const {
  return {events - other.events, spikes - other.spikes, synaptic_events - other.synaptic_events};
}

Session::Session(const proto::Experiment& experiment, const Sizes& sizes, const Scoring& scoring,
                 int classes)
    : training_(experiment.training()),
      seed_(experiment.seed()),
      sizes_(sizes),
      scoring_(scoring),
      test_is_due_(training_.evaluate_before_training() || training_.epochs() == 0),
      recent_error_percent_(scoring.errors ? 100.0 * (1.0 - 1.0 / std::max(1, classes)) : -1) {}

std::int64_t Session::total() const {
  return static_cast<std::int64_t>(sizes_.train) * training_.epochs();
}

// Whether evaluate_every_examples more have been trained on.
bool Session::is_time_to_test(std::int64_t before, std::int64_t now) const {
  const std::int64_t interval = training_.evaluate_every_examples();
  return interval > 0 && before / interval != now / interval;
}

std::uint64_t Session::images() const {
  const auto epochs = static_cast<std::uint64_t>(training_.epochs());
  if (epochs == 0) return sizes_.test;
  const std::uint64_t before = training_.evaluate_before_training() ? 1 : 0;
  return epochs * (sizes_.train + sizes_.test) +
         (before + interim_tests(epochs)) * sizes_.interim_test;
}

// Within the epochs: after each step but an epoch's last in which a multiple of the interval is
// reached.
std::uint64_t Session::interim_tests(std::uint64_t epochs) const {
  const auto interval = static_cast<std::uint64_t>(training_.evaluate_every_examples());
  if (interval == 0 || sizes_.train == 0) return 0;
  const std::uint64_t steps = (sizes_.train - 1) / sizes_.step;  // but for the last
  if (interval <= sizes_.step) return epochs * steps;
  // No step reaches two.
  std::uint64_t tests = epochs * sizes_.train / interval;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const std::uint64_t begin = epoch * sizes_.train;
    tests -= (begin + sizes_.train) / interval - (begin + steps * sizes_.step) / interval;
  }
  return tests;
}

std::uint64_t Session::images_shown() const {
  return static_cast<std::uint64_t>(shown_ + test_examples_ + skipped_in_tests_);
}

bool Session::measure(TrainingObserver& observer, const std::function<bool()>& stop) {
  const auto train_size = static_cast<std::int64_t>(sizes_.train);
  const bool epoch_ended = shown_ > 0 && shown_ % train_size == 0;
  const auto start = Clock::now();
  auto result =
      test({.number = tests_, .interim = !epoch_ended && training_.epochs() > 0}, observer, stop);
  if (!result) return false;
  ++tests_;
  const Score& score = result->score;
  Measurement measurement;
  measurement.train_examples = trained();
  measurement.epoch = static_cast<double>(shown_) / static_cast<double>(train_size);
  measurement.test_examples = static_cast<std::int64_t>(score.images);
  measurement.test_error_percent = scoring_.errors ? score.percent(score.errors) : -1;
  if (scoring_.top5_errors) measurement.test_top5_error_percent = score.percent(score.top5_errors);
  if (scoring_.loss) measurement.test_loss = score.mean_loss();
  if (since_test_.images > 0) {
    if (scoring_.errors) measurement.train_error_percent = since_test_.percent(since_test_.errors);
    if (scoring_.loss) measurement.train_loss = since_test_.mean_loss();
  }
  measurement.metrics = result->metrics;
  measurement.train_seconds = train_seconds_;
  measurement.test_seconds = seconds_since(start);
  test_seconds_ += measurement.test_seconds;
  test_examples_ += measurement.test_examples;
  skipped_in_tests_ += static_cast<std::int64_t>(score.skipped);
  test_work_ += result->work;
  since_test_ = {};
  test_is_due_ = false;
  last_measurement_ = measurement;
  if (scoring_.errors) {
    observer.answered({trained(), score.images + score.skipped == sizes_.test,
                       std::move(result->labels), std::move(result->answers)});
  }
  observer.measured(measurement);
  observer.between_steps(epoch_ended);
  return true;
}

void Session::step(TrainingObserver& observer) {
  const auto start = Clock::now();
  const auto train_size = static_cast<std::int64_t>(sizes_.train);
  if (!epoch_is_started_) {
    const auto epoch = static_cast<int>(shown_ / train_size);
    std::vector<std::uint32_t> order = epoch_order(training_, seed_, sizes_.train, epoch);
    order.erase(order.begin(), order.begin() + shown_ % train_size);
    start_epoch(epoch, std::move(order));
    epoch_is_started_ = true;
  }
  const Score score = learn(observer);
  since_test_ += score;
  const std::int64_t before = shown_;
  shown_ += static_cast<std::int64_t>(score.images + score.skipped);
  skipped_in_training_ += static_cast<std::int64_t>(score.skipped);
  if (scoring_.errors) {
    const double weight = 1 - std::pow(1 - kRecentImage, static_cast<double>(score.images));
    recent_error_percent_ += weight * (score.percent(score.errors) - recent_error_percent_);
  }
  if (shown_ % train_size == 0) epoch_is_started_ = false;
  test_is_due_ = !epoch_is_started_ || is_time_to_test(before, shown_);
  observer.trained(shown_, total(), recent_error_percent_);
  train_seconds_ += seconds_since(start);
  observer.between_steps(false);
}

TrainingSummary Session::run(TrainingObserver& observer, const std::function<bool()>& stop) {
  while (!finished()) {
    if (test_is_due_) {
      if (!measure(observer, stop)) break;
    } else {
      if (stop()) break;
      step(observer);
    }
  }
  Work work = training_work();
  work += test_work_;
  return {.complete = finished(),
          .train_examples = trained(),
          .test_examples = test_examples_,
          .train_seconds = train_seconds_,
          .test_seconds = test_seconds_,
          .events = work.events,
          .spikes = work.spikes,
          .synaptic_events = work.synaptic_events};
}

void Session::checkpoint(const Checkpoint& state) {
  check_same_size(state, "train_set_examples", "training", sizes_.train);
  check_same_size(state, "test_set_examples", "test", sizes_.test);
  std::uint64_t labels = sizes_.labels;
  state.number("labels_hash", labels);
  if (labels != sizes_.labels) {
    state.refuse("the run had other images, by their labels; give it the data that it had");
  }
  state.number("train_images_shown", shown_);
  state.number("train_images_skipped", skipped_in_training_);
  if (shown_ > total()) {
    state.refuse("the run has trained on " + std::to_string(shown_) +
                 " images already, and with this training.epochs it ends at " +
                 std::to_string(total()) + "; give it more epochs, or another folder");
  }
  state.number("test_is_due", test_is_due_);
  state.number("tests", tests_);
  apical::checkpoint(state.in("since_test"), since_test_);
  state.number("recent_error_percent", recent_error_percent_);
  apical::checkpoint(state.in("last_measurement"), last_measurement_);
  state.number("test_examples", test_examples_);
  state.number("test_images_skipped", skipped_in_tests_);
  state.number("train_seconds", train_seconds_);
  state.number("test_seconds", test_seconds_);
  apical::checkpoint(state.in("test_work"), test_work_);
  checkpoint_network(state.in("network"));
}

double learning_rate_factor(const proto::Training& training, int epoch) {
  return std::pow(training.learning_rate_decay(), epoch);
}

std::vector<std::uint32_t> epoch_order(const proto::Training& training, std::uint64_t seed,
                                       std::size_t examples, int epoch) {
  std::vector<std::uint32_t> order(examples);
  std::iota(order.begin(), order.end(), 0U);
  if (training.shuffle()) {
    RandomStream stream({seed, 0, Purpose::kShuffling, static_cast<std::uint32_t>(epoch)});
    stream.shuffle(std::span(order));
  }
  return order;
}

std::vector<std::uint32_t> interim_test_order(const proto::Training& training,
                                              std::size_t examples) {
  const auto asked = static_cast<std::size_t>(training.interim_test_examples());
  const std::size_t count = asked == 0 || asked > examples ? examples : asked;
  std::vector<std::uint32_t> order(count);
  for (std::size_t n = 0; n < count; ++n) {
    order[n] = static_cast<std::uint32_t>(n * examples / count);
  }
  return order;
}

}  // namespace apical
