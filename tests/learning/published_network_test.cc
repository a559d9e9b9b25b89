// The program and the published simulation, in steps of 1 ms, trained side by side: the same
// initial weights, the same images in the same order, random numbers of their own.

#include "tests/learning/published_network.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "learning/initial_weights.h"
#include "learning/training_session.h"
#include "models/experiment_defaults.h"
#include "models/experiment_file.h"
#include "tests/data/sample_digits.h"
#include "tests/statistics.h"

namespace apical {
namespace {

constexpr std::size_t kEpochs = 8;
constexpr std::uint64_t kSeeds = 12;
constexpr int kHidden = 60;

const TrainAndTest& digits() {
  static const TrainAndTest data = sample_digits();
  return data;
}

// `cut_off_ms` of the kernel and `window_ms` as the model file has them, 0 for none.
proto::Experiment experiment_of(std::uint64_t seed, double cut_off_ms, double window_ms) {
  proto::Experiment experiment =
      with_defaults(ExperimentFile::read("models/zoo/segregated_500.textproto").experiment());
  experiment.set_seed(seed);
  experiment.mutable_network()->mutable_population(1)->set_size(kHidden);
  const auto cut_off = [&](auto& model) {
    model.mutable_postsynaptic_potential()->set_cut_off_ms(cut_off_ms);
  };
  cut_off(*experiment.mutable_network()->mutable_population(1)->mutable_pyramidal());
  cut_off(*experiment.mutable_network()->mutable_population(2)->mutable_output());
  experiment.mutable_trial()->set_window_ms(window_ms);
  experiment.mutable_trial()->set_phase_length_ms(50);
  experiment.mutable_trial()->set_settling_time_ms(30);
  experiment.mutable_trial()->set_test_length_ms(250);
  experiment.mutable_training()->set_epochs(kEpochs);
  experiment.mutable_training()->set_evaluate_before_training(false);
  return experiment;
}

struct Curve {
  std::vector<double> train_errors;  // by epoch, per cent
  double test_error = 0;             // after the last
};

class CurveObserver final : public TrainingObserver {
 public:
  void measured(const Measurement& measurement) override {
    curve.train_errors.push_back(measurement.train_error_percent);
    curve.test_error = measurement.test_error_percent;
  }
  Curve curve;
};

Curve of_program(const proto::Experiment& experiment) {
  TrainingSession session(experiment, digits());
  CurveObserver observer;
  session.run(observer, [] { return false; });
  return observer.curve;
}

double percent(int count, std::size_t of) { return 100.0 * count / static_cast<double>(of); }

Curve of_published(const proto::Experiment& experiment,
                   const PublishedNetwork::Settings& settings) {
  const TrainAndTest& data = digits();
  PublishedNetwork network(initial_parameters(experiment.network(), experiment.seed()), settings,
                           experiment.seed());
  Curve curve;
  for (std::size_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto order = epoch_order(experiment.training(), experiment.seed(), data.train.size(),
                                   static_cast<int>(epoch));
    int errors = 0;
    for (const std::uint32_t image : order) {
      const std::size_t label = data.train.labels[image];
      errors += network.train(data.train.image(image), label) != label;
    }
    curve.train_errors.push_back(percent(errors, data.train.size()));
  }
  int errors = 0;
  for (std::size_t image = 0; image < data.test.size(); ++image) {
    errors += network.test(data.test.image(image)) != data.test.labels[image];
  }
  curve.test_error = percent(errors, data.test.size());
  return curve;
}

// Of Student's t with kSeeds - 1 degrees of freedom, two-sided: false-alarm rate 1e-4.
constexpr double kStudentBound = 5.93;

double student(const std::vector<double>& differences) {
  const Moments moments = moments_of(differences);
  return moments.mean / std::sqrt(moments.variance / static_cast<double>(differences.size()));
}

struct Case {
  std::string name;
  double cut_off_ms;
  double window_ms;
  PublishedNetwork::Settings settings;
};

// How the curves of a program differ from those of the published simulation, seed by seed.
struct Differences {
  std::vector<double> train;
  std::vector<double> test;
};

class SideBySide : public testing::TestWithParam<Case> {
 protected:
  SideBySide() {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      published_.push_back(of_published(experiment(seed), GetParam().settings));
    }
  }

  static proto::Experiment experiment(std::uint64_t seed) {
    return experiment_of(seed, GetParam().cut_off_ms, GetParam().window_ms);
  }

  // Of the program with these experiments, a seed each.
  Differences differences(const std::function<proto::Experiment(std::uint64_t)>& experiments) {
    Differences result;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const Curve ours = of_program(experiments(seed));
      const Curve& published = published_[seed - 1];
      // The first epoch is near chance in both.
      double difference = 0;
      for (std::size_t n = 1; n < kEpochs; ++n) {
        difference += (ours.train_errors[n] - published.train_errors[n]) / (kEpochs - 1);
      }
      result.train.push_back(difference);
      result.test.push_back(ours.test_error - published.test_error);
    }
    return result;
  }

  void note(const std::string& name, const std::vector<double>& differences) {
    const Moments moments = moments_of(differences);
    RecordProperty(name,
                   fmt::format("mean {:.2f} %, standard deviation {:.2f} %, t {:.1f}", moments.mean,
                               std::sqrt(moments.variance), student(differences)));
  }

  std::vector<Curve> published_;
};

// The law: both are the same model, so that the expectations of their errors differ by what steps
// of 1 ms do only. And what it is worth: programs that learn half as fast, or have the other
// kernel, are told from the published simulation.
TEST_P(SideBySide, LearningCurvesAgree) {
  const Differences same = differences(experiment);
  note("train", same.train);
  note("test", same.test);
  EXPECT_LT(std::abs(student(same.train)), kStudentBound);
  EXPECT_LT(std::abs(student(same.test)), kStudentBound);
  double last_error = 0;
  for (const Curve& curve : published_) last_error += curve.test_error / kSeeds;
  EXPECT_LT(last_error, 70);  // of 90 by chance

  const auto is_found = [&](const std::string& name, const Differences& wrong) {
    note(name + "_train", wrong.train);
    note(name + "_test", wrong.test);
    return std::max(std::abs(student(wrong.train)), std::abs(student(wrong.test))) > kStudentBound;
  };
  EXPECT_TRUE(is_found("half_as_fast", differences([](std::uint64_t seed) {
                         proto::Experiment slower = experiment(seed);
                         for (auto& each : *slower.mutable_network()->mutable_projection()) {
                           if (!each.plasticity().has_segregated_dendrites()) continue;
                           auto& rule = *each.mutable_plasticity()->mutable_segregated_dendrites();
                           rule.set_learning_rate(rule.learning_rate() / 2);
                         }
                         return slower;
                       })));
  EXPECT_TRUE(is_found("other_kernel", differences([](std::uint64_t seed) {
                         return experiment_of(seed, GetParam().cut_off_ms > 0 ? 0 : 10,
                                              GetParam().window_ms);
                       })));
}

INSTANTIATE_TEST_SUITE_P(, SideBySide,
                         testing::Values(Case{"AsPublished", 10, 20, {}},
                                         Case{
                                             "KernelNotCutOff", 0, 0, {.memory = 45, .window = 0}}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace apical
