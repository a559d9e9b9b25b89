// Each variant of the segregated-dendrite network in the zoo trains on real digits and stays
// finite, with the same bits on one thread and on two.

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "learning/experiment_check.h"
#include "learning/training_session.h"
#include "models/experiment_defaults.h"
#include "tests/data/sample_digits.h"
#include "tests/learning/small_experiments.h"

namespace apical {
namespace {

std::vector<std::string> variants() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("models/zoo")) {
    const std::string name = entry.path().stem();
    if (name.starts_with("segregated_")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

const TrainAndTest& digits() {
  static const TrainAndTest data = [] {
    const TrainAndTest all = sample_digits();
    return TrainAndTest{first_examples(all.train, 200), first_examples(all.test, 20)};
  }();
  return data;
}

class Errors final : public TrainingObserver {
 public:
  void measured(const Measurement& measurement) override {
    percent.push_back(measurement.test_error_percent);
    percent.push_back(measurement.train_error_percent);
  }
  std::vector<double> percent;
};

struct Outcome {
  std::vector<double> errors;
  std::vector<float> parameters;
  bool operator==(const Outcome&) const = default;
};

Outcome train(const proto::Experiment& experiment, int threads) {
  TrainingSession session(experiment, digits());
  Errors observer;
  tbb::task_arena arena(threads);
  arena.execute([&] { session.run(observer, [] { return false; }); });
  return {observer.percent, all_values(session.parameters())};
}

TEST(DendriteVariants, TheZooHasThemAll) { EXPECT_EQ(variants().size(), 14U); }

TEST(DendriteVariants, TrainStayFiniteAndDoNotDependOnThreads) {
  const std::array mnist = {DataShape{"mnist", 784, 10, 28, 28, 1}};
  std::vector<Outcome> outcomes;
  for (const std::string& name : variants()) {
    proto::Experiment experiment = with_defaults(
        read_checked_experiment("models/zoo/" + name + ".textproto", {}, mnist).experiment());
    experiment.mutable_training()->set_epochs(1);
    experiment.mutable_trial()->set_test_length_ms(100);
    const Outcome once = train(experiment, 1);
    for (const float value : once.parameters) ASSERT_TRUE(std::isfinite(value)) << name;
    EXPECT_TRUE(train(experiment, 2) == once) << name;
    for (const Outcome& other : outcomes) EXPECT_FALSE(other == once) << name;
    outcomes.push_back(once);
  }
}

}  // namespace
}  // namespace apical
