#include "learning/rate_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "datasets/idx.h"
#include "datasets/image_set.h"
#include "datasets/image_set_examples.h"
#include "learning/divergence_error.h"
#include "learning/target_rule.h"
#include "tests/learning/small_rate_networks.h"

namespace apical {
namespace {

const auto kNoStop = [] { return false; };

ImageSet digits(const std::string& half, int repeats = 1) {
  const std::string folder = "tests/data/digits/" + half;
  const ImageSet once =
      read_idx(folder + "-images-idx3-ubyte.gz", folder + "-labels-idx1-ubyte.gz", 10);
  ImageSet all = once;
  for (int n = 1; n < repeats; ++n) {
    all.pixels.insert(all.pixels.end(), once.pixels.begin(), once.pixels.end());
    all.labels.insert(all.labels.end(), once.labels.begin(), once.labels.end());
  }
  return all;
}

class Observer final : public TrainingObserver {
 public:
  void trained(std::int64_t done, std::int64_t total, double) override {
    last_trained = {done, total};
  }
  void tested(std::size_t done, std::size_t total) override {
    if (done == total) tested_images += total;
  }
  void measured(const Measurement& measurement) override { measurements.push_back(measurement); }

  std::pair<std::int64_t, std::int64_t> last_trained;
  std::uint64_t tested_images = 0;
  std::vector<Measurement> measurements;
};

// What a run leaves behind, but for times.
struct Outcome {
  std::vector<std::tuple<std::int64_t, std::int64_t, double, double, double, double, double>> rows;
  RateParameters parameters;
  std::uint64_t events = 0;
  bool operator==(const Outcome&) const = default;
};

// Notes what it is asked for.
class LoggingExamples final : public Examples {
 public:
  struct Read {
    std::size_t index;
    std::optional<RandomBits> bits;
  };

  LoggingExamples(const ImageSet& images, const ImageSetExamples::Options& options)
      : examples_(images, options) {}
  std::size_t size() const override { return examples_.size(); }
  int classes() const override { return examples_.classes(); }
  ImageShape shape() const override { return examples_.shape(); }
  std::uint16_t label(std::size_t index) const override { return examples_.label(index); }
  void read(std::size_t index, const RandomBits* bits, std::span<float> values) const override {
    examples_.read(index, bits, values);
    const std::lock_guard lock(mutex_);
    reads.push_back({index, bits == nullptr ? std::nullopt : std::optional(*bits)});
  }

  mutable std::vector<Read> reads;

 private:
  ImageSetExamples examples_;
  mutable std::mutex mutex_;
};

class RateSessionTest : public testing::Test {
 protected:
  static proto::Experiment experiment(const std::string& algorithm, const std::string& first) {
    return rate_experiment(R"(
      rate_network {
        layer { name: "a" )" +
                           first + R"( }
        layer { name: "b" dense { units: 30 } }
        layer { name: "o" dense { units: 10 } }
      }
      data { name: "mnist" }
      training {
        epochs: 2
        rate_learning { batch_size: 64 algorithm: )" +
                           algorithm + "} }");
  }

  Outcome run(const proto::Experiment& experiment, int threads = 1) const {
    Outcome outcome;
    tbb::task_arena arena(threads);
    arena.execute([&] {
      RateSession session(experiment, train_, test_);
      Observer observer;
      const TrainingSummary summary = session.run(observer, kNoStop);
      EXPECT_TRUE(summary.complete);
      EXPECT_EQ(session.images(),
                static_cast<std::uint64_t>(summary.train_examples + summary.test_examples));
      EXPECT_EQ(observer.tested_images, static_cast<std::uint64_t>(summary.test_examples));
      for (const Measurement& m : observer.measurements) {
        outcome.rows.emplace_back(m.train_examples, m.test_examples, m.test_error_percent,
                                  m.train_error_percent, m.test_loss.value_or(-1),
                                  m.train_loss.value_or(-1),
                                  m.test_top5_error_percent.value_or(-1));
      }
      outcome.parameters = session.parameters();
      outcome.events = summary.events;
    });
    return outcome;
  }

  // Of an autoencoder that gives the mean training image whatever it is shown.
  double mean_image_loss() const {
    std::vector<double> mean(train_images_.image_size());
    for (std::size_t n = 0; n < train_images_.size(); ++n) {
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += train_images_.image(n)[i] / 255.0;
    }
    double loss = 0;
    for (std::size_t n = 0; n < test_images_.size(); ++n) {
      for (std::size_t i = 0; i < mean.size(); ++i) {
        const double average = mean[i] / static_cast<double>(train_images_.size());
        loss += std::pow(test_images_.image(n)[i] / 255.0 - average, 2);
      }
    }
    return loss / static_cast<double>(test_images_.size());
  }

  ImageSet train_images_ = digits("train");
  ImageSet test_images_ = digits("t10k");
  ImageSetExamples train_{train_images_, {}};
  ImageSetExamples test_{test_images_, {}};
};

TEST_F(RateSessionTest, SameBitsForAnyNumberOfThreads) {
  for (const char* algorithm : {"BP", "DFA", "DTP schedule: ALTERNATING", "AO_SDTP"}) {
    for (const char* first :
         {"dense { units: 40 }", "locally_connected { kernel: 3 channels: 3 stride: 2 }",
          "convolutional { kernel: 3 channels: 3 stride: 2 }"}) {
      const proto::Experiment chosen = experiment(algorithm, first);
      const Outcome once = run(chosen, 1);
      EXPECT_EQ(run(chosen, 2), once) << algorithm << " " << first;
      EXPECT_EQ(run(chosen, 3), once) << algorithm << " " << first;
    }
  }
}

// A batch can have all images there are, and no memory is there for more.
TEST_F(RateSessionTest, AnyBatchSizeAboveTheNumberOfImagesIsThatNumber) {
  proto::Experiment chosen = experiment("DTP", "dense { units: 40 }");
  chosen.mutable_training()->mutable_rate_learning()->set_batch_size(
      static_cast<int>(train_.size()));
  const Outcome all = run(chosen);
  chosen.mutable_training()->mutable_rate_learning()->set_batch_size(2'000'000'000);
  EXPECT_EQ(run(chosen), all);
}

TEST_F(RateSessionTest, AnotherSeedDiffers) {
  proto::Experiment chosen = experiment("BP", "dense { units: 40 }");
  const Outcome once = run(chosen);
  chosen.set_seed(2);
  EXPECT_NE(run(chosen).parameters, once.parameters);
}

TEST_F(RateSessionTest, TestingDoesNotChangeLearning) {
  proto::Experiment chosen = experiment("SDTP", "dense { units: 40 }");
  const Outcome seldom = run(chosen);
  ASSERT_EQ(seldom.rows.size(), 3);
  chosen.mutable_training()->set_evaluate_every_examples(100);
  chosen.mutable_training()->set_interim_test_examples(50);
  chosen.mutable_training()->set_evaluate_before_training(false);
  const Outcome often = run(chosen);
  EXPECT_EQ(often.parameters, seldom.parameters);
  // After the batches that complete 100, 200, ... images, and after each epoch.
  std::vector<std::int64_t> after;
  for (const auto& row : often.rows) after.push_back(std::get<0>(row));
  EXPECT_THAT(after, testing::ElementsAre(128, 256, 320, 448, 500, 628, 756, 820, 948, 1000));
  EXPECT_EQ(std::get<1>(often.rows[0]), 50);
  EXPECT_EQ(std::get<1>(often.rows[4]), 200);
  EXPECT_EQ(std::get<2>(often.rows.back()), std::get<2>(seldom.rows.back()));
}

TEST_F(RateSessionTest, UsesTheFirstExamples) {
  proto::Experiment chosen = experiment("BP", "dense { units: 40 }");
  chosen.mutable_data()->set_train_examples(100);
  chosen.mutable_data()->set_test_examples(30);
  const Outcome outcome = run(chosen);
  EXPECT_EQ(std::get<0>(outcome.rows.back()), 200);
  EXPECT_EQ(std::get<1>(outcome.rows.back()), 30);
}

TEST_F(RateSessionTest, AlternatesByEpoch) {
  proto::Experiment chosen = experiment("DTP", "dense { units: 40 }");
  chosen.mutable_training()->mutable_rate_learning()->set_schedule(proto::ALTERNATING);
  const auto inverse_after = [&](int epochs, RateParameters& layers) {
    chosen.mutable_training()->set_epochs(epochs);
    RateSession session(chosen, train_, test_);
    Observer observer;
    session.run(observer, kNoStop);
    layers = session.parameters();
    const auto inverse = dynamic_cast<TargetRule&>(session.rule()).inverse(2).parameters();
    return std::vector<float>(inverse.begin(), inverse.end());
  };
  std::vector<RateParameters> layers(4);
  std::vector<std::vector<float>> inverses;
  for (int epochs = 0; epochs < 4; ++epochs) {
    inverses.push_back(inverse_after(epochs, layers[static_cast<std::size_t>(epochs)]));
  }
  EXPECT_EQ(layers[1], layers[0]);
  EXPECT_NE(layers[2], layers[1]);
  EXPECT_EQ(layers[3], layers[2]);
  EXPECT_NE(inverses[1], inverses[0]);
  EXPECT_EQ(inverses[2], inverses[1]);
  EXPECT_NE(inverses[3], inverses[2]);
}

// Without inverse models there is nothing to alternate with.
TEST_F(RateSessionTest, WithoutInverseModelsEveryEpochTrainsTheLayers) {
  for (const char* algorithm : {"BP", "FA", "DFA"}) {
    proto::Experiment chosen = experiment(algorithm, "dense { units: 40 }");
    const Outcome parallel = run(chosen);
    chosen.mutable_training()->mutable_rate_learning()->set_schedule(proto::ALTERNATING);
    EXPECT_EQ(run(chosen), parallel) << algorithm;
  }
}

// Chance is 90 % of errors.
TEST_F(RateSessionTest, LearnsDigits) {
  const ImageSet many = digits("train", 8);
  const ImageSetExamples train(many, {});
  for (const char* algorithm : {"BP", "FA", "DFA", "DTP", "SDTP", "AO_SDTP"}) {
    proto::Experiment chosen = experiment(algorithm, "dense { units: 100 }");
    chosen.mutable_training()->set_evaluate_before_training(false);
    RateSession session(chosen, train, test_);
    Observer observer;
    session.run(observer, kNoStop);
    const Measurement& last = observer.measurements.back();
    EXPECT_LT(last.test_error_percent, 50) << algorithm;
    EXPECT_LT(*last.test_top5_error_percent, 25) << algorithm;
    EXPECT_GT(last.train_error_percent, 0) << algorithm;
    EXPECT_EQ(observer.last_trained, std::pair(std::int64_t{8000}, std::int64_t{8000}));
  }
}

// With the share of the mean image's loss that an algorithm has to get below. A sanitizer's run
// takes up to a hundred times as long; one algorithm will do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::array kAutoencoders = {std::pair{"BP", 0.85}};
#else
constexpr std::array kAutoencoders = {std::pair{"BP", 0.85}, std::pair{"DTP", 0.97},
                                      std::pair{"SDTP", 0.85}};
#endif

TEST_F(RateSessionTest, AutoencodersLearnToReconstruct) {
  for (const auto& [algorithm, of_mean] : kAutoencoders) {
    proto::Experiment chosen = rate_experiment(R"(
      rate_network {
        task: AUTOENCODING
        layer { name: "code" dense { units: 60 } }
        layer { name: "hidden" dense { units: 60 } }
        layer { name: "output" dense { units: 784 } activation: SIGMOID }
      }
      data { name: "mnist" }
      training { rate_learning { batch_size: 50 sigma: 0.05 algorithm: )" +
                                               std::string(algorithm) + "} }");
    chosen.mutable_training()->set_epochs(60);
    RateSession session(chosen, train_, test_);
    Observer observer;
    session.run(observer, kNoStop);
    const Measurement& first = observer.measurements.front();
    const Measurement& last = observer.measurements.back();
    EXPECT_LT(first.test_error_percent, 0);
    EXPECT_FALSE(last.test_top5_error_percent);
    EXPECT_GT(*first.test_loss, mean_image_loss()) << algorithm;
    EXPECT_LT(*last.test_loss, of_mean * mean_image_loss()) << algorithm;
  }
}

// Each training image has random bits of its own in each epoch, others with another seed, and a
// test image has none.
TEST_F(RateSessionTest, CropsAreOfTheSeedTheEpochAndTheImage) {
  const auto bits_of = [&](std::uint64_t seed, int threads) {
    proto::Experiment each = experiment("BP", "dense { units: 5 }");
    each.set_seed(seed);
    LoggingExamples train(train_images_, {.padding = 2, .flips = true});
    LoggingExamples test(test_images_, {.padding = 2, .flips = true});
    tbb::task_arena(threads).execute([&] {
      RateSession session(each, train, test);
      Observer observer;
      session.run(observer, kNoStop);
    });
    for (const auto& read : test.reads) EXPECT_FALSE(read.bits.has_value());
    EXPECT_EQ(train.reads.size(), 2 * train.size());
    std::map<std::size_t, std::set<RandomBits>> bits;  // by image
    for (const auto& read : train.reads) bits[read.index].insert(read.bits.value());
    return bits;
  };
  const auto bits = bits_of(1, 1);
  std::set<RandomBits> all;
  for (const auto& [image, of_epochs] : bits) {
    EXPECT_EQ(of_epochs.size(), 2U) << image;
    all.insert(of_epochs.begin(), of_epochs.end());
  }
  EXPECT_EQ(all.size(), 2 * bits.size());
  EXPECT_EQ(bits_of(1, 3), bits);
  for (const auto& [image, of_epochs] : bits_of(2, 1)) {
    for (const RandomBits& each : of_epochs) EXPECT_FALSE(all.contains(each));
  }
}

// As many images as are announced are shown, however steps and tests fall.
TEST_F(RateSessionTest, ImagesAreCountedBeforehand) {
  for (const int every : {1, 3, 64, 65, 100, 128, 499, 500, 501, 750}) {
    proto::Experiment each = experiment("BP", "dense { units: 2 }");
    each.mutable_training()->set_epochs(3);
    each.mutable_training()->set_evaluate_every_examples(every);
    each.mutable_training()->set_interim_test_examples(3);
    run(each);
  }
}

TEST_F(RateSessionTest, DivergenceIsAnErrorThatSaysWhatToDo) {
  proto::Experiment chosen = experiment("BP", "dense { units: 40 }");
  for (int l = 0; l < 2; ++l) {
    chosen.mutable_rate_network()->mutable_layer(l)->set_activation(proto::LINEAR);
  }
  proto::Optimizer& optimizer =
      *chosen.mutable_training()->mutable_rate_learning()->mutable_optimizer();
  optimizer.mutable_sgd()->set_learning_rate(1000);
  RateSession session(chosen, train_, test_);
  Observer observer;
  try {
    session.run(observer, kNoStop);
    FAIL();
  } catch (const DivergenceError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("training images the loss is"),
                                             testing::HasSubstr("lower the learning_rate")));
  }
}

TEST_F(RateSessionTest, StopsBetweenBatches) {
  RateSession session(experiment("BP", "dense { units: 40 }"), train_, test_);
  Observer observer;
  int asked = 0;
  const TrainingSummary summary = session.run(observer, [&] { return ++asked > 7; });
  EXPECT_FALSE(summary.complete);
  EXPECT_EQ(summary.train_examples, 3 * 64);  // after the four batches of the first test
}

// Of equal answers the first counts, so that all-equal outputs are right in a class of ten.
TEST(RateScore, CountsErrorsAmongTheFirstAndTheFirstFive) {
  const proto::Experiment experiment = rate_experiment(R"pb(
    rate_network {
      layer {
        name: "o"
        dense { units: 10 }
      }
    }
    training { rate_learning { algorithm: BP } })pb");
  RateNetwork network(experiment.rate_network(), {1, 1, 1});
  RateBatch batch(network, 10);
  batch.size = 10;
  batch.loss = 5;
  for (std::size_t n = 0; n < 10; ++n) {
    batch.labels[n] = static_cast<std::uint16_t>(n);
    for (std::size_t i = 0; i < 10; ++i) batch.h(1).row(n)[i] = 0.1F;
  }
  RateScore score;
  score.add(batch, true);
  EXPECT_EQ(score.errors, 9);
  EXPECT_EQ(score.top5_errors, 5);
  EXPECT_EQ(score.mean_loss(), 0.5);
  EXPECT_EQ(score.percent(score.top5_errors), 50);
}

}  // namespace
}  // namespace apical
