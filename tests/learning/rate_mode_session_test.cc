#include "learning/rate_mode_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "learning/divergence_error.h"
#include "learning/training_session.h"
#include "tests/data/sample_digits.h"
#include "tests/learning/small_experiments.h"

namespace apical {
namespace {

const auto kNoStop = [] { return false; };

class Observer final : public TrainingObserver {
 public:
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override {
    EXPECT_EQ(index, static_cast<std::int64_t>(labels.size()));
    EXPECT_EQ(times.start, 4 * static_cast<double>(index));
    labels.push_back(label);
  }
  void measured(const Measurement& measurement) override { measurements.push_back(measurement); }

  std::vector<std::size_t> labels;
  std::vector<Measurement> measurements;
};

// What a run leaves behind, but for times.
struct Outcome {
  std::vector<std::tuple<std::int64_t, double, double, std::optional<double>>> measurements;
  std::vector<float> parameters;
  std::vector<std::size_t> labels;
  std::uint64_t events = 0;
  bool operator==(const Outcome&) const = default;
};

class RateModeSessionTest : public testing::Test {
 protected:
  RateModeSessionTest() {
    experiment_.mutable_network()->set_mode(proto::RATE);
    experiment_.mutable_training()->set_epochs(3);
  }

  Outcome run(int threads) const {
    RateModeSession session(experiment_, data_);
    Observer observer;
    TrainingSummary summary;
    tbb::task_arena arena(threads);
    arena.execute([&] { summary = session.run(observer, kNoStop); });
    EXPECT_TRUE(summary.complete);
    EXPECT_EQ(summary.spikes, 0U);
    Outcome outcome;
    for (const Measurement& m : observer.measurements) {
      outcome.measurements.emplace_back(m.train_examples, m.test_error_percent,
                                        m.train_error_percent,
                                        m.metrics.empty() ? std::nullopt : m.metrics.front().value);
    }
    outcome.parameters = all_values(session.parameters());
    outcome.labels = observer.labels;
    outcome.events = summary.events;
    return outcome;
  }

  proto::Experiment experiment_ = one_hidden_layer();
  TrainAndTest data_{noise_images(21, 12, 3), noise_images(40, 12, 3)};
};

TEST_F(RateModeSessionTest, SameBitsWhateverTheThreadsAndTheMetrics) {
  const Outcome once = run(1);
  EXPECT_EQ(run(1), once);
  EXPECT_EQ(run(2), once);
  EXPECT_EQ(run(3), once);
  // Two populations act four times in each of 63 trials, twice in each of four tests' 40 images.
  EXPECT_EQ(once.events, 2 * (63 * 4 + 4 * 40 * 2));
  experiment_.mutable_recording()->mutable_metrics()->set_angle_to_backpropagation(true);
  const Outcome measured = run(2);
  EXPECT_EQ(measured.parameters, once.parameters);
  EXPECT_EQ(std::get<3>(measured.measurements.front()), std::nullopt);  // no trial yet
  EXPECT_GT(std::get<3>(measured.measurements.back()), 0.0);
  EXPECT_LT(std::get<3>(measured.measurements.back()), 180.0);
  experiment_.set_seed(2);
  EXPECT_NE(run(1).parameters, once.parameters);
}

// Neurons that are copies of each other, in weights and biases, stay so; and what only they make up
// answers as one of them would. Feedback is the mean of their copies'.
TEST_F(RateModeSessionTest, CopiesOfOutputNeuronsAnswerAsOneDoes) {
  experiment_.mutable_training()->set_epochs(0);
  proto::Experiment doubled = experiment_;
  doubled.mutable_network()->mutable_population(2)->set_size(6);
  Parameters parameters = initial_parameters(experiment_.network(), 1);
  Parameters copies = initial_parameters(doubled.network(), 1);
  copies.weights[0] = parameters.weights[0];
  copies.biases[1] = parameters.biases[1];
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 8; ++j) {
      copies.weights[1].row(j)[i] = parameters.weights[1].row(j)[i / 2];
      copies.weights[2].row(i)[j] = parameters.weights[2].row(i / 2)[j] / 2;
    }
    copies.biases[2][i] = parameters.biases[2][i / 2];
  }
  Evaluation once(experiment_, parameters);
  Evaluation twice(doubled, copies, {.neurons_per_class = 2});
  EXPECT_EQ(once.run(data_.test, 0).answers, twice.run(data_.test, 0).answers);

  RateTrialRun one(experiment_);
  RateTrialRun two(doubled, {.neurons_per_class = 2});
  one.parameters() = parameters;
  two.parameters() = copies;
  for (std::size_t n = 0; n < data_.train.size(); ++n) {
    one.network().parameters_changed();
    two.network().parameters_changed();
    one.run(data_.train.image(n), data_.train.labels[n]);
    two.run(data_.train.image(n), data_.train.labels[n]);
    EXPECT_EQ(one.protocol().answer(), two.protocol().answer());
    // The output's rule is each neuron's own, and plateaus see the same feedback.
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(two.rule().output_difference()[i], one.rule().output_difference()[i / 2], 1e-5);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(two.rule().plateaus(1).target[i], one.rule().plateaus(1).target[i], 1e-5);
    }
  }
}

// What both modes have is the same for the same seed.
TEST_F(RateModeSessionTest, StartsFromTheWeightsOfTheSpikingMode) {
  const Outcome rates = run(1);
  proto::Experiment spiking = experiment_;
  spiking.mutable_network()->set_mode(proto::SPIKING);
  spiking.mutable_trial()->set_test_length_ms(40);
  TrainingSession session(spiking, data_);
  EXPECT_EQ(all_values(session.parameters()),
            all_values(RateModeSession(experiment_, data_).parameters()));
  class Labels final : public TrainingObserver {
   public:
    void after_trial(std::int64_t, const PhaseTimes&, std::size_t label) override {
      labels.push_back(label);
    }
    std::vector<std::size_t> labels;
  } observer;
  session.run(observer, kNoStop);
  EXPECT_EQ(observer.labels, rates.labels);
}

// The answer of a test is that of the forward phase of a trial from rest.
TEST_F(RateModeSessionTest, TestsByTheOutputsPotential) {
  const Parameters parameters = initial_parameters(experiment_.network(), 1);
  Evaluation evaluation(experiment_, parameters);
  const Evaluation::Result result = evaluation.run(data_.test, 0);
  for (std::size_t n = 0; n < data_.test.size(); ++n) {
    RateTrialRun program(experiment_);
    program.run(data_.test.image(n), data_.test.labels[n]);
    EXPECT_EQ(result.answers[n], program.protocol().answer()) << n;
  }
  EXPECT_EQ(evaluation.run(data_.test, 1).answers, result.answers);  // nothing is random
}

TEST_F(RateModeSessionTest, DivergenceIsTold) {
  experiment_.mutable_network()
      ->mutable_projection(1)
      ->mutable_initializer()
      ->mutable_constant()
      ->set_weight(std::numeric_limits<float>::max());
  RateModeSession session(experiment_, data_);
  Observer observer;
  EXPECT_THROW(session.run(observer, kNoStop), DivergenceError);
}

// 500 real digits, eight times each, as in the spiking mode's own test
// (training_session_test.cc): with plateau potentials and with backpropagation.
TEST(RateModeDigits, AreLearned) {
  auto experiment = parsed<proto::Experiment>(R"(
    network {
      mode: RATE
      population { name: "input" size: 784 poisson_source {} }
      population { name: "hidden" size: 200 pyramidal {} }
      population { name: "output" size: 10 output {} }
      projection {
        source: "input" target: "hidden" compartment: BASAL
        plasticity { segregated_dendrites { learning_rate: 0.21 } }
      }
      projection {
        source: "hidden" target: "output" compartment: DENDRITE
        plasticity { segregated_dendrites { learning_rate: 0.21 } }
      }
      projection {
        source: "output" target: "hidden" compartment: APICAL
        initializer { matched_moments { fan_in_of: "hidden_to_output" } }
      }
    }
    training { epochs: 8 evaluate_before_training: false })");
  const TrainAndTest data = sample_digits();
  for (const bool backpropagation : {false, true}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      experiment.set_seed(seed);
      for (int q = 0; backpropagation && q < 2; ++q) {
        experiment.mutable_network()
            ->mutable_projection(q)
            ->mutable_plasticity()
            ->mutable_backpropagation()
            ->set_learning_rate(0.05);
      }
      RateModeSession session(experiment, data);
      Observer observer;
      session.run(observer, kNoStop);
      EXPECT_LT(observer.measurements.back().test_error_percent, 50)
          << (backpropagation ? "backpropagation" : "plateaus") << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace apical
