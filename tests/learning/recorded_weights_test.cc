// A network that starts from the weights of a run is the run's, and answers as that did.

#include "learning/recorded_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "learning/rate_mode_session.h"
#include "learning/recorders.h"
#include "learning/training_session.h"
#include "simulator/hdf5_file.h"
#include "tests/learning/small_experiments.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const auto kNoStop = [] { return false; };

// The answers of the last test on the whole set.
class LastAnswers final : public TrainingObserver {
 public:
  void answered(const TestAnswers& test) override { answers = test.answers; }
  std::vector<std::int64_t> answers;
};

class RecordedWeightsTest : public TestWithFolder {
 protected:
  RecordedWeightsTest() {
    experiment_.MergeFrom(parsed<proto::Experiment>("recording { weights {} tests: true }"));
    experiment_.mutable_trial()->set_test_length_ms(40);
    experiment_.mutable_training()->set_epochs(1);
    // So that the one test after the epoch is the run's first.
    experiment_.mutable_training()->set_evaluate_before_training(false);
  }

  // Runs the experiment and records it. Returns its last weights and biases.
  template <typename KindOfSession>
  std::vector<float> record() const {
    KindOfSession session(experiment_, data_);
    Recorders recorders(experiment_, session,
                        [this](const std::string& name) { return file(name); });
    recorders.start();
    recorders.finish(session.run(recorders, kNoStop).complete);
    return all_values(session.parameters());
  }

  std::vector<std::int64_t> recorded_answers(std::size_t test) const {
    const auto answers = Hdf5File::open(file("tests.h5")).read<std::int64_t>("/answers");
    const auto first = answers.begin() + static_cast<std::ptrdiff_t>(test * kTests);
    return {first, first + kTests};
  }

  // The recorded weights, only to be tested.
  proto::Experiment tested() const {
    proto::Experiment experiment = experiment_;
    experiment.mutable_training()->set_epochs(0);
    experiment.mutable_network()->mutable_weights_from()->set_file(file("weights.h5").string());
    return experiment;
  }

  template <typename KindOfSession>
  std::vector<std::int64_t> answers_of(const proto::Experiment& experiment) const {
    KindOfSession session(experiment, data_);
    LastAnswers observer;
    EXPECT_TRUE(session.run(observer, kNoStop).complete);
    return observer.answers;
  }

  std::string reason(const proto::Network& network) const {
    try {
      recorded_parameters(network);
    } catch (const FileError& error) {
      EXPECT_EQ(error.path(), network.weights_from().file());
      EXPECT_EQ(error.access(), FileAccess::kRead);
      return error.what();
    }
    return "no failure";
  }

  static constexpr std::size_t kTests = 60;

  proto::Experiment experiment_ = one_hidden_layer();
  TrainAndTest data_{noise_images(21, 12, 3), noise_images(kTests, 12, 3)};
};

TEST_F(RecordedWeightsTest, AnswerAsTheRunDid) {
  const std::vector<float> trained = record<TrainingSession>();
  const proto::Experiment experiment = tested();
  EXPECT_EQ(all_values(TrainingSession(experiment, data_).parameters()), trained);
  EXPECT_EQ(answers_of<TrainingSession>(experiment), recorded_answers(0));
  // They make a difference: trials are noisy, but weights that are not trained answer differently.
  proto::Experiment untrained = experiment;
  untrained.mutable_network()->clear_weights_from();
  EXPECT_NE(answers_of<TrainingSession>(untrained), recorded_answers(0));
}

// Noise that feedback had when the weights were recorded is part of them, and here drives the soma.
TEST_F(RecordedWeightsTest, HaveTheNoiseOfSymmetricFeedback) {
  proto::Network& network = *experiment_.mutable_network();
  network.mutable_population(1)->mutable_pyramidal()->set_apical_conductance_per_ms(0.6);
  network.mutable_projection(2)->clear_initializer();
  auto& feedback =
      *network.mutable_projection(2)->mutable_plasticity()->mutable_symmetric_feedback();
  feedback.set_noise_sd(0.5);
  const std::vector<float> trained = record<TrainingSession>();
  EXPECT_EQ(all_values(TrainingSession(tested(), data_).parameters()), trained);
  EXPECT_EQ(answers_of<TrainingSession>(tested()), recorded_answers(0));
}

// Nothing is random in the rate mode's tests, so that every epoch's can be repeated.
TEST_F(RecordedWeightsTest, AreThoseOfTheEpoch) {
  experiment_.mutable_network()->set_mode(proto::RATE);
  experiment_.mutable_training()->set_epochs(3);
  experiment_.mutable_training()->set_evaluate_before_training(true);
  const std::vector<float> initial = all_values(RateModeSession(experiment_, data_).parameters());
  const std::vector<float> trained = record<RateModeSession>();
  proto::Experiment experiment = tested();
  EXPECT_EQ(all_values(RateModeSession(experiment, data_).parameters()), trained);
  EXPECT_EQ(answers_of<RateModeSession>(experiment), recorded_answers(3));
  for (const int epoch : {0, 1, 2, 3}) {
    experiment.mutable_network()->mutable_weights_from()->set_epoch(epoch);
    EXPECT_EQ(answers_of<RateModeSession>(experiment),
              recorded_answers(static_cast<std::size_t>(epoch)))
        << epoch;
    const auto values = all_values(RateModeSession(experiment, data_).parameters());
    EXPECT_EQ(values == initial, epoch == 0);
    EXPECT_EQ(values == trained, epoch == 3);
  }
}

// Learning goes on from them.
TEST_F(RecordedWeightsTest, CanBeTrainedFurther) {
  const std::vector<float> trained = record<TrainingSession>();
  proto::Experiment experiment = tested();
  experiment.mutable_training()->set_epochs(1);
  TrainingSession session(experiment, data_);
  LastAnswers observer;
  EXPECT_TRUE(session.run(observer, kNoStop).complete);
  EXPECT_NE(all_values(session.parameters()), trained);
}

TEST_F(RecordedWeightsTest, NamesAndShapesMustMatch) {
  record<TrainingSession>();
  const proto::Network right = tested().network();
  EXPECT_EQ(reason(right), "no failure");

  proto::Network network = right;
  network.mutable_weights_from()->set_epoch(7);
  EXPECT_THAT(reason(network), HasSubstr("/weights.h5: /epochs: has no epoch 7; it has 0, 1"));

  network = right;
  network.mutable_projection(0)->set_name("other");
  EXPECT_THAT(reason(network),
              HasSubstr("/weights/other: is missing, from which projection `other` would start; "
                        "/weights has input_to_hidden, hidden_to_output, output_to_hidden"));

  network = right;
  network.mutable_population(0)->set_size(11);
  EXPECT_THAT(reason(network), HasSubstr("/weights/input_to_hidden: has rows of 12 x 8; projection "
                                         "`input_to_hidden` has 11 x 8"));

  network = right;
  network.mutable_population(1)->set_name("middle");
  network.mutable_projection(0)->set_name("input_to_hidden");
  network.mutable_projection(0)->set_target("middle");
  network.mutable_projection(1)->set_name("hidden_to_output");
  network.mutable_projection(1)->set_source("middle");
  network.mutable_projection(2)->set_name("output_to_hidden");
  network.mutable_projection(2)->set_target("middle");
  EXPECT_THAT(reason(network),
              HasSubstr("/biases/middle: is missing, from which population `middle` would start; "
                        "/biases has hidden, output"));
}

TEST_F(RecordedWeightsTest, OtherFilesAreErrors) {
  proto::Network network = tested().network();
  EXPECT_THAT(reason(network), HasSubstr("weights.h5: "));  // not there
  {
    Hdf5File made = Hdf5File::create(file("weights.h5"));
    made.write<double>("/spikes", std::vector<double>{1});
    made.close();
  }
  EXPECT_THAT(reason(network),
              HasSubstr("/epochs: is missing; the weights.h5 of a run would be right"));
  {
    Hdf5File made = Hdf5File::create(file("weights.h5"));
    made.write<std::int64_t>("/epochs", std::vector<std::int64_t>{0});
    made.write<float>("/weights/input_to_hidden", std::vector<float>(12 * 8, std::nanf("")),
                      std::vector<std::uint64_t>{1, 12, 8});
    made.close();
  }
  EXPECT_THAT(reason(network),
              HasSubstr("/weights/input_to_hidden: holds what is no number in row 0"));
  {
    Hdf5File made = Hdf5File::create(file("weights.h5"));
    made.write<std::int64_t>("/epochs", std::vector<std::int64_t>{0, 1});
    made.write<float>("/weights/input_to_hidden", std::vector<float>(12 * 8),
                      std::vector<std::uint64_t>{1, 12, 8});
    made.close();
  }
  EXPECT_THAT(reason(network), HasSubstr("has 1 rows, fewer than /epochs"));
}

}  // namespace
}  // namespace apical
