#include "learning/rate_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "learning/rate_algorithms.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

constexpr std::size_t kTop = 5;
constexpr int kLeastClassesForTop5 = 10;

// The first ones.
std::vector<std::uint32_t> in_order(std::size_t examples) {
  std::vector<std::uint32_t> order(examples);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

std::size_t used_examples(int asked, std::size_t there) {
  return asked == 0 ? there : std::min(static_cast<std::size_t>(asked), there);
}

Shape shape_of(const Examples& examples) {
  const ImageShape shape = examples.shape();
  return {static_cast<std::size_t>(shape.rows), static_cast<std::size_t>(shape.columns),
          static_cast<std::size_t>(shape.channels)};
}

BatchSource::Options training_options(const proto::Experiment& experiment) {
  BatchSource::Options options;
  options.batch_size = static_cast<std::size_t>(experiment.training().rate_learning().batch_size());
  options.random_bits = [seed = experiment.seed()](std::uint64_t epoch, std::uint32_t example) {
    RandomStream stream({seed, example, Purpose::kAugmentation, static_cast<std::uint32_t>(epoch)});
    RandomBits bits;
    stream.words(bits);
    return bits;
  };
  return options;
}

BatchSource::Options test_options(const proto::Experiment& experiment) {
  BatchSource::Options options;
  options.batch_size = static_cast<std::size_t>(experiment.training().rate_learning().batch_size());
  return options;
}

}  // namespace

void RateScore::add(const RateBatch& batch, bool classifies) {
  images += batch.size;
  loss += batch.loss;
  const ConstBatchView output = batch.activity.back().of(batch.size);
  for (std::size_t n = 0; classifies && n < batch.size; ++n) {
    const auto row = output.row(n);
    const std::size_t label = batch.labels[n];
    std::size_t ahead = 0;  // answers that are preferred; of equal ones the first
    for (std::size_t i = 0; i < row.size(); ++i) {
      ahead += row[i] > row[label] || (row[i] == row[label] && i < label);
    }
    errors += ahead >= 1;
    top5_errors += ahead >= kTop;
  }
}

RateSession::RateSession(const proto::Experiment& experiment, const Examples& train,
                         const Examples& test)
    : experiment_(experiment),
      settings_(experiment_.training().rate_learning()),
      train_size_(used_examples(experiment.data().train_examples(), train.size())),
      test_order_(in_order(used_examples(experiment.data().test_examples(), test.size()))),
      interim_test_order_(interim_test_order(experiment.training(), test_order_.size())),
      classifies_(experiment.rate_network().task() == proto::CLASSIFICATION),
      has_top5_(classifies_ && train.classes() >= kLeastClassesForTop5),
      train_(train, training_options(experiment)),
      test_(test, test_options(experiment)),
      network_(experiment.rate_network(), shape_of(train)),
      parameters_(initial_parameters(network_, experiment.seed())),
      rule_(make_rate_rule({network_, parameters_, settings_, experiment.seed()})),
      simulation_({network_, parameters_, settings_, experiment.seed()}, parameters_, *rule_,
                  experiment.rate_network().loss()),
      test_batch_(network_, static_cast<std::size_t>(settings_.batch_size())),
      test_logits_(static_cast<std::size_t>(settings_.batch_size()),
                   network_.size(network_.layers())) {
  recent_error_percent_ = classifies_ ? 100.0 * (1.0 - 1.0 / std::max(1, train.classes())) : -1;
}

std::uint64_t RateSession::images() const {
  const proto::Training& training = experiment_.training();
  const auto epochs = static_cast<std::uint64_t>(training.epochs());
  if (epochs == 0) return test_order_.size();
  const auto batch = static_cast<std::size_t>(settings_.batch_size());
  std::uint64_t interim_tests = training.evaluate_before_training() ? 1 : 0;
  std::int64_t done = 0;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    for (std::size_t n = 0; n < train_size_; n += batch) {
      const auto size = static_cast<std::int64_t>(std::min(batch, train_size_ - n));
      interim_tests += n + batch < train_size_ && is_time_to_test(done, done + size);
      done += size;
    }
  }
  return epochs * (train_size_ + test_order_.size()) + interim_tests * interim_test_order_.size();
}

void RateSession::load(const Batch& images, RateBatch& batch) const {
  batch.size = images.size();
  std::ranges::copy(images.values, batch.h(0).values);
  std::ranges::copy(images.labels, batch.labels.begin());
  const BatchView target = batch.target.of(batch.size);
  if (!classifies_) {
    std::ranges::copy(images.values, target.values);
    return;
  }
  std::ranges::fill(target.all(), 0.0F);
  for (std::size_t n = 0; n < batch.size; ++n) target.row(n)[images.labels[n]] = 1.0F;
}

void RateSession::forward(RateBatch& batch) {
  const std::size_t top = network_.layers();
  for (std::size_t l = 1; l < top; ++l) {
    network_.layer(l).apply(parameters_[l - 1], batch.h(l - 1), batch.h(l));
  }
  batch.loss = output_loss(experiment_.rate_network().loss(), network_.layer(top),
                           parameters_[top - 1], batch, test_logits_.of(batch.size));
}

void RateSession::check_finite(double loss) const {
  if (std::isfinite(loss)) return;
  throw DivergenceError(
      fmt::format("after {} training images the loss is {}; lower the learning_rate of "
                  "`training.rate_learning.optimizer`, or of `inverse_optimizer` where there are "
                  "inverse models",
                  trained_, loss));
}

bool RateSession::measure(bool interim, TrainingObserver& observer,
                          const std::function<bool()>& stop) {
  const auto start = Clock::now();
  const std::vector<std::uint32_t>& order = interim ? interim_test_order_ : test_order_;
  RateScore score;
  test_.start_epoch(0, order);
  for (Batch images = test_.next(); images.size() > 0; images = test_.next()) {
    if (stop()) return false;
    load(images, test_batch_);
    forward(test_batch_);
    check_finite(test_batch_.loss);
    score.add(test_batch_, classifies_);
    observer.tested(score.images, order.size());
  }
  Measurement measurement;
  measurement.train_examples = trained_;
  measurement.epoch = static_cast<double>(trained_) / static_cast<double>(train_size_);
  measurement.test_examples = static_cast<std::int64_t>(score.images);
  measurement.test_error_percent = classifies_ ? score.percent(score.errors) : -1;
  measurement.test_loss = score.mean_loss();
  if (has_top5_) measurement.test_top5_error_percent = score.percent(score.top5_errors);
  if (since_test_.images > 0) {
    measurement.train_loss = since_test_.mean_loss();
    if (classifies_) measurement.train_error_percent = since_test_.percent(since_test_.errors);
  }
  measurement.train_seconds = summary_.train_seconds;
  measurement.test_seconds = seconds_since(start);
  summary_.test_seconds += measurement.test_seconds;
  summary_.test_examples += measurement.test_examples;
  since_test_ = {};
  observer.measured(measurement);
  return true;
}

RateUpdates RateSession::updates_of(int epoch) const {
  if (settings_.schedule() != proto::ALTERNATING || !rule_->learns()) return {};
  const bool inverse_models = epoch % 2 == 0;
  return {.layers = !inverse_models, .rule = inverse_models};
}

// Whether evaluate_every_examples more have been trained on.
bool RateSession::is_time_to_test(std::int64_t before, std::int64_t now) const {
  const std::int64_t interval = experiment_.training().evaluate_every_examples();
  return interval > 0 && before / interval != now / interval;
}

bool RateSession::train_epoch(int epoch, TrainingObserver& observer,
                              const std::function<bool()>& stop) {
  const proto::Training& training = experiment_.training();
  const auto total = static_cast<std::int64_t>(train_size_) * training.epochs();
  const RateUpdates updates = updates_of(epoch);
  std::size_t done_in_epoch = 0;
  auto start = Clock::now();
  train_.start_epoch(static_cast<std::uint64_t>(epoch),
                     epoch_order(training, experiment_.seed(), train_size_, epoch));
  for (Batch images = train_.next(); images.size() > 0; images = train_.next()) {
    if (stop()) {
      summary_.train_seconds += seconds_since(start);
      return false;
    }
    RateBatch& batch = simulation_.batch();
    load(images, batch);
    simulation_.run(updates);
    check_finite(batch.loss);
    RateScore score;
    score.add(batch, classifies_);
    since_test_.add(batch, classifies_);
    const std::int64_t before = trained_;
    trained_ += static_cast<std::int64_t>(batch.size);
    done_in_epoch += batch.size;
    if (classifies_) {
      const double weight = 1 - std::pow(1 - kRecentImage, static_cast<double>(batch.size));
      recent_error_percent_ += weight * (score.percent(score.errors) - recent_error_percent_);
    }
    observer.trained(trained_, total, recent_error_percent_);
    const bool last = done_in_epoch == train_size_;
    if (last || is_time_to_test(before, trained_)) {
      summary_.train_seconds += seconds_since(start);
      if (!measure(!last, observer, stop)) return false;
      start = Clock::now();
    }
  }
  return true;
}

TrainingSummary RateSession::run(TrainingObserver& observer, const std::function<bool()>& stop) {
  const proto::Training& training = experiment_.training();
  bool going_on = true;
  if (training.evaluate_before_training() || training.epochs() == 0) {
    going_on = measure(training.epochs() > 0, observer, stop);
  }
  for (int epoch = 0; going_on && epoch < training.epochs(); ++epoch) {
    going_on = train_epoch(epoch, observer, stop);
  }
  summary_.complete = going_on;
  summary_.train_examples = trained_;
  summary_.events = simulation_.events();
  return summary_;
}

}  // namespace apical
