#include "learning/rate_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "learning/rate_algorithms.h"
#include "models/rate/tiles.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

constexpr std::size_t kTop = 5;
constexpr int kLeastClassesForTop5 = 10;
constexpr std::size_t kTile = 65536;  // floats

// The first ones.
std::vector<std::uint32_t> in_order(std::size_t examples) {
  std::vector<std::uint32_t> order(examples);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

std::size_t used_examples(int asked, std::size_t there) {
  return asked == 0 ? there : std::min(static_cast<std::size_t>(asked), there);
}

// Without a hash of the labels.
Session::Sizes sizes_of(const proto::Experiment& experiment, const Examples& train,
                        const Examples& test) {
  const proto::DataSet& data = experiment.data();
  const std::size_t tests = used_examples(data.test_examples(), test.size());
  return {.train = used_examples(data.train_examples(), train.size()),
          .test = tests,
          .interim_test = interim_test_order(experiment.training(), tests).size(),
          .step = static_cast<std::size_t>(experiment.training().rate_learning().batch_size())};
}

Session::Sizes sizes_with_labels(const proto::Experiment& experiment, const Examples& train,
                                 const Examples& test) {
  Session::Sizes sizes = sizes_of(experiment, train, test);
  LabelHash hash;
  for (const Examples* examples : {&train, &test}) {
    for (std::size_t n = 0; n < examples->size(); ++n) hash.add(examples->label(n));
  }
  sizes.labels = hash.value();
  return sizes;
}

bool classifies(const proto::Experiment& experiment) {
  return experiment.rate_network().task() == proto::CLASSIFICATION;
}

Shape shape_of(const Examples& examples) {
  const ImageShape shape = examples.shape();
  return {static_cast<std::size_t>(shape.rows), static_cast<std::size_t>(shape.columns),
          static_cast<std::size_t>(shape.channels)};
}

BatchSource::Options test_options(const proto::Experiment& experiment) {
  BatchSource::Options options;
  options.batch_size = static_cast<std::size_t>(experiment.training().rate_learning().batch_size());
  options.skip_bad_images = experiment.data().skip_bad_images();
  return options;
}

BatchSource::Options training_options(const proto::Experiment& experiment) {
  BatchSource::Options options = test_options(experiment);
  options.random_bits = [seed = experiment.seed()](std::uint64_t epoch, std::uint32_t example) {
    RandomStream stream({seed, example, Purpose::kAugmentation, static_cast<std::uint32_t>(epoch)});
    RandomBits bits;
    stream.words(bits);
    return bits;
  };
  return options;
}

// Memory is needed for the images of a batch that there can be.
proto::Experiment with_possible_batch_size(proto::Experiment experiment, const Examples& train,
                                           const Examples& test) {
  const Session::Sizes sizes = sizes_of(experiment, train, test);
  proto::RateLearning& learning = *experiment.mutable_training()->mutable_rate_learning();
  const std::size_t most = std::max({sizes.train, sizes.test, std::size_t{1}});
  if (sizes.step > most) learning.set_batch_size(static_cast<int>(most));
  return experiment;
}

void copy(std::span<const float> from, std::span<float> to) {
  for_each_tile(from.size(), kTile, [&](std::size_t first, std::size_t count) {
    std::copy_n(&from[first], count, &to[first]);
  });
}

// Those of `images` that are not yet in `known` are told and put into it.
void tell_skipped(const Batch& images, std::set<std::uint32_t>& known, TrainingObserver& observer) {
  for (const SkippedImage& image : images.skipped) {
    if (known.insert(image.example).second) observer.skipped(image.error);
  }
}

void checkpoint(const Checkpoint& state, const std::string& name, std::set<std::uint32_t>& set) {
  std::vector<std::uint32_t> elements(set.begin(), set.end());
  state.list(name, elements);
  set = {elements.begin(), elements.end()};
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
    : Session(experiment, sizes_with_labels(experiment, train, test),
              {.errors = classifies(experiment),
               .top5_errors = classifies(experiment) && train.classes() >= kLeastClassesForTop5,
               .loss = true},
              train.classes()),
      experiment_(with_possible_batch_size(experiment, train, test)),
      settings_(experiment_.training().rate_learning()),
      test_order_(in_order(sizes_of(experiment, train, test).test)),
      interim_test_order_(interim_test_order(experiment.training(), test_order_.size())),
      classifies_(classifies(experiment)),
      train_(train, training_options(experiment)),
      test_(test, test_options(experiment)),
      network_(experiment.rate_network(), shape_of(train)),
      parameters_(initial_parameters(network_, experiment.seed())),
      rule_(make_rate_rule({network_, parameters_, settings_, experiment.seed()})),
      simulation_({network_, parameters_, settings_, experiment.seed()}, parameters_, *rule_,
                  experiment.rate_network().loss()),
      test_batch_(network_, static_cast<std::size_t>(settings_.batch_size())),
      test_logits_(static_cast<std::size_t>(settings_.batch_size()),
                   network_.size(network_.layers())) {}

void RateSession::load(const Batch& images, RateBatch& batch) const {
  batch.size = images.size();
  copy(images.values, batch.h(0).all());
  std::ranges::copy(images.labels, batch.labels.begin());
  const BatchView target = batch.target.of(batch.size);
  if (!classifies_) return copy(images.values, target.all());
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
      fmt::format("after {} training images the loss is not finite; lower the learning_rate of "
                  "`training.rate_learning.optimizer`, or of `inverse_optimizer` where there are "
                  "inverse models",
                  trained()));
}

std::optional<Session::TestResult> RateSession::test(const Test& test, TrainingObserver& observer,
                                                     const std::function<bool()>& stop) {
  const std::vector<std::uint32_t>& order = test.interim ? interim_test_order_ : test_order_;
  RateScore score;
  TestResult result;
  test_.start_epoch(0, order);
  while (score.images + score.skipped < order.size()) {
    if (stop()) return std::nullopt;
    const Batch images = test_.next();
    tell_skipped(images, skipped_test_images_, observer);
    score.skipped += images.skipped.size();
    if (images.size() > 0) {
      load(images, test_batch_);
      forward(test_batch_);
      check_finite(test_batch_.loss);
      score.add(test_batch_, classifies_);
      if (classifies_) add_answers(test_batch_, order, result);
    }
    observer.tested(score.images + score.skipped, order.size());
  }
  if (classifies_) pass_over_skipped(order, result);
  result.score = score;
  return result;
}

// The most active output, of equally active ones the first.
void RateSession::add_answers(const RateBatch& batch, std::span<const std::uint32_t> order,
                              TestResult& result) const {
  const ConstBatchView output = batch.activity.back().of(batch.size);
  for (std::size_t n = 0; n < batch.size; ++n) {
    pass_over_skipped(order, result);
    const auto row = output.row(n);
    result.labels.push_back(batch.labels[n]);
    result.answers.push_back(std::ranges::max_element(row) - row.begin());
  }
}

void RateSession::pass_over_skipped(std::span<const std::uint32_t> order,
                                    TestResult& result) const {
  while (result.answers.size() < order.size() &&
         skipped_test_images_.contains(order[result.answers.size()])) {
    result.labels.push_back(TestAnswers::kNoAnswer);
    result.answers.push_back(TestAnswers::kNoAnswer);
  }
}

RateUpdates RateSession::updates_of(int epoch) const {
  if (settings_.schedule() != proto::ALTERNATING || !rule_->learns()) return {};
  const bool inverse_models = epoch % 2 == 0;
  return {.layers = !inverse_models, .rule = inverse_models};
}

void RateSession::start_epoch(int epoch, std::vector<std::uint32_t> order) {
  updates_ = updates_of(epoch);
  const double factor = learning_rate_factor(experiment_.training(), epoch);
  simulation_.set_learning_rate_factor(factor);
  rule_->set_learning_rate_factor(factor);
  train_.start_epoch(static_cast<std::uint64_t>(epoch), std::move(order));
}

Score RateSession::learn(TrainingObserver& observer) {
  const Batch images = train_.next();
  tell_skipped(images, skipped_train_images_, observer);
  RateScore score;
  score.skipped = images.skipped.size();
  if (images.size() == 0) return score;  // the last images of the epoch were all skipped
  RateBatch& batch = simulation_.batch();
  load(images, batch);
  simulation_.run(updates_);
  check_finite(batch.loss);
  score.add(batch, classifies_);
  return score;
}

void RateSession::checkpoint_network(const Checkpoint& state) {
  const Checkpoint layers = state.in("parameters");
  for (std::size_t l = 1; l <= network_.layers(); ++l) {
    layers.array(experiment_.rate_network().layer(static_cast<int>(l) - 1).name(),
                 std::span(parameters_[l - 1]));
  }
  simulation_.checkpoint(state.in("simulation"));
  rule_->checkpoint(state.in("rule"));
  apical::checkpoint(state, "skipped_train_images", skipped_train_images_);
  apical::checkpoint(state, "skipped_test_images", skipped_test_images_);
}

}  // namespace apical
