#include "learning/trial_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "learning/divergence_error.h"
#include "models/network.h"

namespace apical {
namespace {

std::uint64_t hash_of_labels(const TrainAndTest& data) {
  LabelHash hash;
  for (const ImageSet* images : {&data.train, &data.test}) {
    for (const std::uint8_t label : images->labels) hash.add(label);
  }
  return hash.value();
}

}  // namespace

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

TrialSession::TrialSession(const proto::Experiment& experiment, const TrainAndTest& data)
    : Session(experiment,
              {.train = data.train.size(),
               .test = data.test.size(),
               .interim_test = interim_test_order(experiment.training(), data.test.size()).size(),
               .labels = hash_of_labels(data)},
              {}, data.train.classes),
      experiment_(experiment),
      train_(&data.train),
      test_(&data.test),
      interim_test_(
          examples_of(data.test, interim_test_order(experiment.training(), data.test.size()))),
      parameters_(initial_parameters(experiment.network(), experiment.seed())),
      classes_(output_classes(experiment.network(), data.train.classes)),
      evaluation_(experiment, parameters_, classes_) {}

void TrialSession::start_epoch(int epoch, std::vector<std::uint32_t> order) {
  mutable_rule().set_learning_rate_factor(learning_rate_factor(experiment_.training(), epoch));
  order_ = std::move(order);
  next_ = 0;
}

Score TrialSession::learn(TrainingObserver& observer) {
  const std::uint32_t image = order_[next_++];
  const std::size_t label = train_->labels[image];
  observer.before_trial(trained());
  const PhaseTimes times = run_trial(train_->image(image), label);
  check_finite();
  observer.after_trial(trained(), times, label);
  return {.images = 1, .errors = answer() != label ? std::size_t{1} : std::size_t{0}};
}

std::optional<Session::TestResult> TrialSession::test(const Test& test, TrainingObserver& observer,
                                                      const std::function<bool()>& stop) {
  const ImageSet& images = test.interim ? interim_test_ : *test_;
  const auto progress = [&](std::size_t done) { observer.tested(done, images.size()); };
  const Evaluation::Result result = evaluation_.run(images, test.number, progress, stop);
  if (!result.complete) return std::nullopt;
  return TestResult{.score = {.images = result.images, .errors = result.errors},
                    .work = result.work,
                    .labels = {images.labels.begin(), images.labels.end()},
                    .answers = {result.answers.begin(), result.answers.end()},
                    .metrics = metrics().take()};
}

void TrialSession::check_finite() const {
  const auto diverged = rule().diverged();
  if (!diverged) return;
  throw DivergenceError(fmt::format(
      "after {} training images the potentials of `{}` or their changes are no longer numbers; "
      "lower the learning_rate of the projections, or their initial weights",
      trained() + 1, experiment_.network().population(static_cast<int>(*diverged)).name()));
}

void TrialSession::checkpoint_network(const Checkpoint& state) {
  apical::checkpoint(state.in("parameters"), experiment_.network(), parameters_);
  metrics().checkpoint(state.in("metrics"));
  checkpoint_trials(state);
}

}  // namespace apical
