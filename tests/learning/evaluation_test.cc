#include "learning/evaluation.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "learning/initial_weights.h"
#include "tests/learning/small_experiments.h"

namespace apical {
namespace {

// Trials so short that noise decides many answers.
proto::Experiment noisy() {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->set_test_length_ms(25);
  experiment.mutable_trial()->set_test_settling_time_ms(5);
  return experiment;
}

Evaluation::Result on_threads(int threads, Evaluation& evaluation, const ImageSet& images,
                              std::uint32_t number) {
  tbb::task_arena arena(threads);
  Evaluation::Result result;
  arena.execute([&] { result = evaluation.run(images, number); });
  return result;
}

ImageSet first(const ImageSet& images, std::size_t count) {
  ImageSet result = images;
  result.labels.resize(count);
  result.pixels.resize(count * images.image_size());
  return result;
}

// Images of the shape of `noise_images` whose class is the third of the pixels that is white.
ImageSet clear_images(int count) {
  ImageSet images = noise_images(count, 12, 3);
  for (std::size_t n = 0; n < images.size(); ++n) {
    for (std::size_t k = 0; k < 12; ++k) {
      images.pixels[n * 12 + k] = k / 4 == images.labels[n] ? 255 : 0;
    }
  }
  return images;
}

class EvaluationTest : public testing::Test {
 protected:
  proto::Experiment experiment_ = noisy();
  Parameters parameters_ = initial_parameters(experiment_.network(), 1);
  ImageSet images_ = noise_images(90, 12, 3);
};

TEST_F(EvaluationTest, AnswersAndErrorsAreRight) {
  auto direct = parsed<proto::Experiment>(R"(
    network {
      population { name: "input" size: 12 poisson_source {} }
      population { name: "output" size: 3 output {} }
      projection { source: "input" target: "output" compartment: DENDRITE }
    })");
  Parameters parameters = initial_parameters(direct.network(), 1);
  for (std::size_t j = 0; j < 12; ++j) {
    for (std::size_t i = 0; i < 3; ++i) parameters.weights[0].row(j)[i] = j / 4 == i ? 5 : -5;
  }
  ImageSet images = clear_images(31);
  Evaluation evaluation(direct, parameters);
  const auto result = evaluation.run(images, 0);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.answers, images.labels);
  EXPECT_EQ(result.images, 31U);
  EXPECT_EQ(result.errors, 0U);
  EXPECT_EQ(result.error_percent(), 0);

  const std::vector<std::uint8_t> right = images.labels;
  images.labels[3] ^= 1;
  images.labels[30] ^= 1;
  const auto two_wrong = evaluation.run(images, 0);
  EXPECT_EQ(two_wrong.answers, right);
  EXPECT_EQ(two_wrong.errors, 2U);
  EXPECT_NEAR(two_wrong.error_percent(), 100.0 * 2 / 31, 1e-12);
}

// Potentials are those that biases lead to, in both modes, and the mean over a class's neurons
// counts.
TEST_F(EvaluationTest, ClassesMayHaveSeveralNeurons) {
  experiment_.mutable_network()->mutable_population(2)->set_size(6);
  parameters_ = initial_parameters(experiment_.network(), 1);
  for (std::size_t j = 0; j < 8; ++j) {
    for (std::size_t i = 0; i < 6; ++i) parameters_.weights[1].row(j)[i] = 0;
  }
  const std::vector<float> biases = {9, -9, 2, 1, 0, 2.5};  // means 0, 1.5, 1.25
  std::ranges::copy(biases, parameters_.biases[2].begin());
  for (const proto::NetworkMode mode : {proto::SPIKING, proto::RATE}) {
    experiment_.mutable_network()->set_mode(mode);
    Evaluation evaluation(experiment_, parameters_, {.neurons_per_class = 2});
    EXPECT_EQ(evaluation.run(images_, 0).answers, std::vector<std::uint8_t>(images_.size(), 1));
    Evaluation by_neuron(experiment_, parameters_);
    EXPECT_EQ(by_neuron.run(images_, 0).answers, std::vector<std::uint8_t>(images_.size(), 0));
  }
}

TEST_F(EvaluationTest, UsesTheParametersOfNow) {
  Evaluation evaluation(experiment_, parameters_);
  const auto before = evaluation.run(images_, 0);
  for (std::size_t j = 0; j < 8; ++j) {
    for (std::size_t i = 0; i < 3; ++i) parameters_.weights[1].row(j)[i] = 0;
  }
  parameters_.biases[2][1] = 2;
  const auto after = evaluation.run(images_, 0);
  EXPECT_NE(before.answers, after.answers);
  EXPECT_EQ(after.answers, std::vector<std::uint8_t>(images_.size(), 1));
}

TEST_F(EvaluationTest, AnswersDoNotDependOnThreads) {
  Evaluation one(experiment_, parameters_);
  Evaluation two(experiment_, parameters_);
  for (std::uint32_t number = 0; number < 3; ++number) {
    const auto a = on_threads(1, one, images_, number);
    const auto b = on_threads(2, two, images_, number);
    EXPECT_EQ(a.answers, b.answers);
    EXPECT_EQ(a.errors, b.errors);
    EXPECT_GT(a.work.spikes, 0U);
    EXPECT_EQ(a.work.events, b.work.events);
    EXPECT_EQ(a.work.spikes, b.work.spikes);
    EXPECT_EQ(a.work.synaptic_events, b.work.synaptic_events);
  }
}

TEST_F(EvaluationTest, RepeatsAreEqualAndOtherNumbersAndSeedsAreNot) {
  Evaluation evaluation(experiment_, parameters_);
  const auto first_time = evaluation.run(images_, 0);
  const auto other_number = evaluation.run(images_, 1);
  const auto again = evaluation.run(images_, 0);
  EXPECT_EQ(first_time.answers, again.answers);
  EXPECT_NE(first_time.answers, other_number.answers);
  experiment_.set_seed(2);
  Evaluation other_seed(experiment_, parameters_);
  EXPECT_NE(first_time.answers, other_seed.run(images_, 0).answers);
}

// One image many times: each copy has noise of its own.
TEST_F(EvaluationTest, ImagesHaveRandomNumbersOfTheirOwn) {
  for (std::size_t n = 1; n < images_.size(); ++n) {
    for (std::size_t k = 0; k < 12; ++k) images_.pixels[n * 12 + k] = images_.pixels[k];
  }
  Evaluation evaluation(experiment_, parameters_);
  const auto result = evaluation.run(images_, 0);
  EXPECT_NE(result.answers, std::vector<std::uint8_t>(images_.size(), result.answers[0]));
}

TEST_F(EvaluationTest, TheFirstImagesOfALargerSetGetTheSameAnswers) {
  Evaluation evaluation(experiment_, parameters_);
  for (std::uint32_t number = 0; number < 3; ++number) {
    auto expected = evaluation.run(images_, number).answers;
    expected.resize(37);
    EXPECT_EQ(evaluation.run(first(images_, 37), number).answers, expected) << number;
  }
}

TEST_F(EvaluationTest, ProgressReachesTheTotal) {
  Evaluation evaluation(experiment_, parameters_);
  tbb::task_arena arena(2);
  std::vector<std::size_t> done;  // one thread at a time
  arena.execute([&] { evaluation.run(images_, 0, [&](std::size_t n) { done.push_back(n); }); });
  ASSERT_FALSE(done.empty());
  for (std::size_t k = 1; k < done.size(); ++k) EXPECT_GT(done[k], done[k - 1]);
  EXPECT_EQ(done.back(), images_.size());
}

TEST_F(EvaluationTest, StopsBeforeTheNextImage) {
  for (const int threads : {1, 2}) {
    Evaluation evaluation(experiment_, parameters_);
    const auto complete = evaluation.run(images_, 0).answers;
    tbb::task_arena arena(threads);
    std::atomic<int> asked = 0;
    std::size_t done = 0;
    Evaluation::Result result;
    arena.execute([&] {
      result = evaluation.run(
          images_, 0, [&](std::size_t n) { done = n; }, [&] { return ++asked > 20; });
    });
    EXPECT_FALSE(result.complete);
    EXPECT_EQ(done, 20U);
    // What was answered was answered as ever, and the replicas are fit for use.
    std::size_t same = 0;
    for (std::size_t n = 0; n < images_.size(); ++n) {
      same += result.answers[n] == complete[n];
      EXPECT_TRUE(result.answers[n] == complete[n] || result.answers[n] == 0);
    }
    EXPECT_GE(same, 20U);
    EXPECT_EQ(evaluation.run(images_, 0).answers, complete);
  }
  Evaluation evaluation(experiment_, parameters_);
  EXPECT_FALSE(evaluation.run(images_, 0, {}, [] { return true; }).complete);
  EXPECT_TRUE(evaluation.run(images_, 0, {}, [] { return false; }).complete);
}

TEST_F(EvaluationTest, OfNoImagesIsEmpty) {
  Evaluation evaluation(experiment_, parameters_);
  const auto result = evaluation.run(first(images_, 0), 0);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.error_percent(), 0);
  EXPECT_TRUE(result.answers.empty());
}

}  // namespace
}  // namespace apical
