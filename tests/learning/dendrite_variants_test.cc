// Each variant of the segregated-dendrite network in the zoo trains on real digits and stays
// finite, with the same bits on one thread and on two.

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "learning/experiment_check.h"
#include "learning/training_session.h"
#include "models/experiment_defaults.h"
#include "models/override.h"
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

TEST(DendriteVariants, TheZooHasThemAll) { EXPECT_EQ(variants().size(), 15U); }

proto::Experiment zoo_file(const std::string& name, const std::vector<std::string>& changes = {}) {
  const std::array mnist = {DataShape{"mnist", 784, 10, 28, 28, 1}};
  std::vector<Override> overrides;
  for (const std::string& change : changes) overrides.push_back(Override::from_set(change));
  return with_defaults(
      read_checked_experiment("models/zoo/" + name + ".textproto", overrides, mnist).experiment());
}

// Each variant is the network without it but for this, and in nothing else.
TEST(DendriteVariants, AreWhatTheirNamesSay) {
  struct Variant {
    std::string of;
    std::string suffix;
    std::vector<std::string> changes;
  };
  const std::string back = "network.projection[output_to_hidden].";
  const std::string conductance = "network.population[hidden].pyramidal.apical_conductance_per_ms=";
  const std::string gradient = "].plasticity={backpropagation{learning_rate:0.21}}";
  const std::vector<Variant> variants = {
      {"500", "sparse", {back + "initializer.zeroed_share=0.8", back + "initializer.gain=5"}},
      {"500", "symmetric", {back + "plasticity={symmetric_feedback{}}"}},
      {"500", "noisy_symmetric", {back + "plasticity={symmetric_feedback{noise_sd:0.05}}"}},
      {"500", "learned_feedback", {back + "plasticity={learned_feedback{learning_rate:0.21}}"}},
      {"500", "apical_0_05", {conductance + "0.05"}},
      {"500", "apical_0_6", {conductance + "0.6"}},
      {"500",
       "stochastic_plateaus",
       {"trial.stochastic_plateaus={jitter_sd_ms:3 max_jitter_ms:5 window_ms:30}"}},
      {"500", "rate_feedback", {back + "transmission=RATES"}},
      {"500",
       "rate_feedforward",
       {"network.projection[input_to_hidden].transmission=RATES",
        "network.projection[hidden_to_output].transmission=RATES"}},
      {"500",
       "backpropagation",
       {"network.projection[input_to_hidden" + gradient,
        "network.projection[hidden_to_output" + gradient}},
      {"500_100",
       "symmetric",
       {"network.projection[output_to_hidden_1].plasticity={symmetric_feedback{}}",
        "network.projection[output_to_hidden_2].plasticity={symmetric_feedback{}}"}},
      // Another projection, and the phases of one hidden layer.
      {"500_100",
       "layerwise",
       {"network.projection[output_to_hidden_1].name=hidden_2_to_hidden_1",
        "network.projection[hidden_2_to_hidden_1].source=hidden_2", "trial.phase_length_ms=80"}},
  };
  for (const auto& [of, suffix, changes] : variants) {
    const std::string name = "segregated_" + of + "_" + suffix;
    proto::Experiment expected = zoo_file("segregated_" + of, changes);
    expected.set_name(name);
    EXPECT_EQ(to_text(zoo_file(name)), to_text(expected));
  }
}

double learning_rate(const proto::Experiment& experiment, const std::string& projection) {
  const auto& all = experiment.network().projection();
  const auto found = std::ranges::find(all, projection, &proto::Projection::name);
  return found == all.end() ? -1 : found->plasticity().segregated_dendrites().learning_rate();
}

// The published sizes, learning rates and feedback.
TEST(DendriteVariants, NetworksAreThePublishedOnes) {
  const proto::Experiment none = zoo_file("segregated_0_hidden");
  EXPECT_EQ(learning_rate(none, "input_to_output"), 0.19);
  const proto::Experiment one = zoo_file("segregated_500");
  EXPECT_EQ(learning_rate(one, "input_to_hidden"), 0.21);
  EXPECT_EQ(learning_rate(one, "hidden_to_output"), 0.21);
  const proto::Experiment two = zoo_file("segregated_500_100");
  EXPECT_EQ(learning_rate(two, "input_to_hidden_1"), 0.23);
  EXPECT_EQ(learning_rate(two, "hidden_1_to_hidden_2"), 0.23);
  EXPECT_EQ(learning_rate(two, "hidden_2_to_output"), 0.12);
  const std::vector<std::vector<int>> sizes = {{784, 10}, {784, 500, 10}, {784, 500, 100, 10}};
  const std::array networks = {&none, &one, &two};
  for (std::size_t n = 0; n < networks.size(); ++n) {
    const auto& populations = networks[n]->network().population();
    ASSERT_EQ(populations.size(), static_cast<int>(sizes[n].size()));
    for (int p = 0; p < populations.size(); ++p) {
      EXPECT_EQ(populations[p].size(), sizes[n][static_cast<std::size_t>(p)]);
    }
    EXPECT_EQ(networks[n]->training().epochs(), 60);
  }
  // Feedback is drawn like the weights of the layer above, and comes from the output, or with
  // `layerwise` from that layer.
  for (const auto& [name, source] : {std::pair{"segregated_500_100", "output"},
                                     std::pair{"segregated_500_100_layerwise", "hidden_2"}}) {
    const proto::Experiment experiment = zoo_file(name);
    for (const proto::Projection& each : experiment.network().projection()) {
      if (each.compartment() != proto::APICAL) continue;
      const bool is_lower = each.target() == "hidden_1";
      EXPECT_EQ(each.source(), is_lower ? source : "output") << name;
      EXPECT_EQ(each.initializer().matched_moments().fan_in_of(),
                is_lower ? "hidden_1_to_hidden_2" : "hidden_2_to_output");
    }
  }
}

TEST(DendriteVariants, TrainStayFiniteAndDoNotDependOnThreads) {
  std::vector<Outcome> outcomes;
  for (const std::string& name : variants()) {
    proto::Experiment experiment = zoo_file(name);
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
