// A run that is stopped anywhere, saved, and restored in another session goes on to the same bits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "datasets/image_set_examples.h"
#include "learning/rate_mode_session.h"
#include "learning/rate_session.h"
#include "learning/training_session.h"
#include "simulator/checkpoint.h"
#include "tests/learning/small_experiments.h"
#include "tests/learning/small_rate_networks.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

class Rows final : public TrainingObserver {
 public:
  void measured(const Measurement& m) override {
    rows.emplace_back(m.train_examples, m.test_examples, m.test_error_percent,
                      m.train_error_percent, m.test_loss.value_or(-1), m.train_loss.value_or(-1),
                      m.test_top5_error_percent.value_or(-1), std::vector<double>());
    for (const MetricValue& metric : m.metrics) {
      std::get<std::vector<double>>(rows.back()).push_back(metric.value.value_or(-1e9));
    }
  }
  void trained(std::int64_t /*done*/, std::int64_t /*total*/, double error) override {
    recent_error = error;
  }

  std::vector<std::tuple<std::int64_t, std::int64_t, double, double, double, double, double,
                         std::vector<double>>>
      rows;
  double recent_error = 0;
};

// What a run leaves behind, but for times: its rows, what a checkpoint of its end holds, and sums.
struct Outcome {
  decltype(Rows::rows) rows;
  double recent_error = 0;
  std::vector<float> parameters;
  std::vector<std::uint64_t> counts;
  bool operator==(const Outcome&) const = default;
};

class ResumedSessionTest : public TestWithFolder {
 protected:
  using Make = std::function<std::unique_ptr<Session>()>;

  static proto::Experiment experiment_of(proto::Experiment network) {
    network.mutable_trial()->set_test_length_ms(40);
    network.mutable_training()->set_epochs(2);
    network.mutable_training()->set_evaluate_every_examples(8);
    network.mutable_training()->set_interim_test_examples(5);
    return network;
  }

  Make spiking(const proto::Experiment& network) const {
    return [this, experiment = experiment_of(network)] {
      return std::make_unique<TrainingSession>(experiment, data_);
    };
  }

  Make in_rate_mode(proto::Experiment network) const {
    network.mutable_network()->set_mode(proto::RATE);
    return [this, experiment = experiment_of(network)] {
      return std::make_unique<RateModeSession>(experiment, data_);
    };
  }

  Make rates(const std::string& learning) const {
    const proto::Experiment experiment = session_experiment(learning);
    return [this, experiment] { return std::make_unique<RateSession>(experiment, train_, test_); };
  }

  static std::vector<float> parameters_of(Session& session) {
    if (auto* rates = dynamic_cast<RateSession*>(&session)) {
      std::vector<float> all;
      for (const auto& layer : rates->parameters())
        all.insert(all.end(), layer.begin(), layer.end());
      return all;
    }
    return all_values(dynamic_cast<const TrialSession&>(session).parameters());
  }

  // Runs to the end, with a break after each of `breaks` looks at whether to stop.
  Outcome run(const Make& make, const std::vector<int>& breaks = {}) const {
    std::unique_ptr<Session> session = make();
    Rows observer;
    TrainingSummary summary;
    for (std::size_t part = 0; part <= breaks.size(); ++part) {
      std::atomic<int> left = part < breaks.size() ? breaks[part] : 1000000;
      tbb::task_arena arena(1 + static_cast<int>(part % 3));
      arena.execute([&] { summary = session->run(observer, [&] { return --left < 0; }); });
      if (part == breaks.size()) break;
      CheckpointWriter writer(file("checkpoint.h5"));
      session->checkpoint(writer.root());
      writer.commit();
      session = make();
      CheckpointReader reader(file("checkpoint.h5"));
      session->checkpoint(reader.root());
    }
    EXPECT_TRUE(summary.complete);
    EXPECT_TRUE(session->finished());
    EXPECT_EQ(session->images(), session->images_shown());
    return {observer.rows,
            observer.recent_error,
            parameters_of(*session),
            {summary.events, summary.spikes, summary.synaptic_events,
             static_cast<std::uint64_t>(summary.train_examples),
             static_cast<std::uint64_t>(summary.test_examples)}};
  }

  void expect_resumes(const Make& make, int looks) const {
    const Outcome unbroken = run(make);
    ASSERT_GT(unbroken.rows.size(), 4U);
    for (int n = 0; n < looks; n += 5) EXPECT_EQ(run(make, {n}), unbroken) << n;
    EXPECT_EQ(run(make, {3, 0, 1, 17, 2, 2, 30, 1, 1, 60}), unbroken);
  }

  TrainAndTest data_{noise_images(21, 12, 3), noise_images(40, 12, 3)};
  ImageSetExamples train_{data_.train, {}};
  ImageSetExamples test_{data_.test, {}};
};

// 42 trials and 5 + 40 + 40 + 4 x 5 tested images.
constexpr int kLooks = 150;

TEST_F(ResumedSessionTest, ANetworkWithAHiddenLayer) {
  expect_resumes(spiking(one_hidden_layer()), kLooks);
}

TEST_F(ResumedSessionTest, ANetworkWithDelaysAndRecurrence) {
  proto::Experiment experiment = two_hidden_layers();
  for (auto& projection : *experiment.mutable_network()->mutable_projection()) {
    projection.set_delay_ms(projection.source() == "first" ? 7 : 60);
  }
  proto::Projection& recurrent = *experiment.mutable_network()->add_projection();
  recurrent.set_source("second");
  recurrent.set_target("second");
  recurrent.set_compartment(proto::BASAL);
  recurrent.mutable_initializer()->mutable_constant()->set_weight(0.5);
  expect_resumes(spiking(experiment), kLooks);
}

TEST_F(ResumedSessionTest, ANetworkWhosePotentialsAreCutOff) {
  proto::Experiment experiment = two_hidden_layers();
  for (auto& population : *experiment.mutable_network()->mutable_population()) {
    if (!population.has_pyramidal()) continue;
    population.mutable_pyramidal()->set_apical_conductance_per_ms(0.2);
    population.mutable_pyramidal()->mutable_postsynaptic_potential()->set_cut_off_ms(60);
  }
  expect_resumes(spiking(experiment), kLooks / 2);
}

TEST_F(ResumedSessionTest, ANetworkWhoseStateIsCleared) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->set_clear_state_between_trials(true);
  expect_resumes(spiking(experiment), kLooks);
}

TEST_F(ResumedSessionTest, NetworksWithNoisyFeedbackAndStochasticPlateaus) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->mutable_stochastic_plateaus();
  proto::Projection& feedback = *experiment.mutable_network()->mutable_projection(2);
  feedback.clear_initializer();
  for (const bool fixed : {false, true}) {
    auto& symmetric = *feedback.mutable_plasticity()->mutable_symmetric_feedback();
    symmetric.set_noise_sd(0.05);
    symmetric.set_fixed_noise(fixed);
    expect_resumes(spiking(experiment), kLooks / 2);
  }
  feedback.mutable_plasticity()->mutable_learned_feedback()->set_learning_rate(0.1);
  expect_resumes(spiking(experiment), kLooks / 2);
}

TEST_F(ResumedSessionTest, NetworksThatTransmitRates) {
  for (const int projection : {0, 1, 2}) {
    proto::Experiment experiment = two_hidden_layers();
    experiment.mutable_network()->mutable_projection(projection)->set_transmission(proto::RATES);
    experiment.mutable_network()->mutable_projection(3)->set_transmission(proto::RATES);
    expect_resumes(spiking(experiment), kLooks / 2);
  }
}

TEST_F(ResumedSessionTest, NetworksInTheRateMode) {
  proto::Experiment experiment = two_hidden_layers();
  experiment.mutable_recording()->mutable_metrics()->set_angle_to_backpropagation(true);
  for (auto& population : *experiment.mutable_network()->mutable_population()) {
    if (population.has_pyramidal()) {
      population.mutable_pyramidal()->set_apical_conductance_per_ms(0.1);
    }
  }
  auto& feedback = *experiment.mutable_network()->mutable_projection(3)->mutable_plasticity();
  feedback.mutable_symmetric_feedback()->set_noise_sd(0.05);
  expect_resumes(in_rate_mode(experiment), kLooks);
}

TEST_F(ResumedSessionTest, MetricsOfTrials) {
  proto::Experiment experiment = two_hidden_layers();
  experiment.mutable_trial()->mutable_stochastic_plateaus();
  proto::Metrics& all = *experiment.mutable_recording()->mutable_metrics();
  const auto* type = proto::Metrics::descriptor();
  for (int f = 0; f < type->field_count(); ++f) {
    all.GetReflection()->SetBool(&all, type->field(f), true);
  }
  expect_resumes(spiking(experiment), kLooks);
}

TEST_F(ResumedSessionTest, RateNetworks) {
  for (const char* learning :
       {"algorithm: BP", "algorithm: FA optimizer { sgd { learning_rate: 0.1 } }", "algorithm: DFA",
        "algorithm: TP", "algorithm: DTP schedule: ALTERNATING",
        "algorithm: SDTP inverse_optimizer { sgd {} }",
        "algorithm: AO_SDTP auxiliary_outputs: 6"}) {
    SCOPED_TRACE(learning);
    expect_resumes(rates(learning), 60);
  }
}

TEST_F(ResumedSessionTest, GoesOnForMoreEpochs) {
  const Make two_epochs = spiking(one_hidden_layer());
  const Make one_epoch = [&] {
    proto::Experiment experiment = experiment_of(one_hidden_layer());
    experiment.mutable_training()->set_epochs(1);
    return std::make_unique<TrainingSession>(experiment, data_);
  };
  bool is_first = true;
  const Make first_shorter = [&] {
    return std::exchange(is_first, false) ? one_epoch() : two_epochs();
  };
  EXPECT_EQ(run(first_shorter, {1000000}), run(two_epochs));
}

// As many images with the same labels in another order are other data.
TEST_F(ResumedSessionTest, OtherDataAreRefused) {
  const auto reason = [&](const Make& saved, const Make& restored) {
    CheckpointWriter writer(file("checkpoint.h5"));
    saved()->checkpoint(writer.root());
    writer.commit();
    CheckpointReader reader(file("checkpoint.h5"));
    try {
      restored()->checkpoint(reader.root());
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("no failure");
  };
  TrainAndTest other = data_;
  std::ranges::rotate(other.train.labels, other.train.labels.begin() + 1);
  TrainAndTest fewer = data_;
  fewer.test = noise_images(39, 12, 3);
  const auto with = [&](const TrainAndTest& data) {
    return
        [&] { return std::make_unique<TrainingSession>(experiment_of(one_hidden_layer()), data); };
  };
  EXPECT_EQ(reason(with(data_), with(data_)), "no failure");
  EXPECT_THAT(reason(with(data_), with(other)),
              testing::HasSubstr("other images, by their labels"));
  EXPECT_THAT(reason(with(data_), with(fewer)),
              testing::HasSubstr("had 40 test images, and there are 39 now"));
}

// The rates of a network's rules.
void multiply_learning_rates(proto::Network& network, double factor) {
  for (proto::Projection& projection : *network.mutable_projection()) {
    proto::Plasticity& rule = *projection.mutable_plasticity();
    if (rule.has_segregated_dendrites()) {
      auto& each = *rule.mutable_segregated_dendrites();
      each.set_learning_rate(factor * each.learning_rate());
    } else if (rule.has_backpropagation()) {
      auto& each = *rule.mutable_backpropagation();
      each.set_learning_rate(factor * each.learning_rate());
    } else if (rule.has_learned_feedback()) {
      auto& each = *rule.mutable_learned_feedback();
      each.set_learning_rate(factor * each.learning_rate());
    } else {
      projection.clear_plasticity();
    }
  }
}

// A run whose learning rates are halved after each epoch is one that is stopped after its first
// epoch and goes on with half of the rates. A factor of two, so that nothing is rounded.
class DecayingLearningRates : public ResumedSessionTest {
 protected:
  struct Plan {
    double decay;
    double factor;  // of the rates of the first epoch
    int epochs;
  };
  using MakeOf = std::function<Make(const Plan& plan)>;

  void expect_law(const MakeOf& make) const {
    const Make first = make({.decay = 0.5, .factor = 1, .epochs = 1});
    const Make rest = make({.decay = 1, .factor = 0.5, .epochs = 2});
    const Make decayed = make({.decay = 0.5, .factor = 1, .epochs = 2});
    bool is_first = true;
    const Make both = [&] { return std::exchange(is_first, false) ? first() : rest(); };
    const Outcome outcome = run(decayed);
    EXPECT_EQ(run(both, {1000000}), outcome);
    EXPECT_NE(run(make({.decay = 1, .factor = 1, .epochs = 2})).parameters, outcome.parameters);
    // Stopped anywhere, it goes on with the rates of its epoch.
    for (const int looks : {5, 31, 60, 80}) EXPECT_EQ(run(decayed, {looks}), outcome) << looks;
  }

  template <typename KindOfSession>
  void expect_law_of(const proto::Experiment& experiment) const {
    expect_law([&](const Plan& plan) -> Make {
      return [this, made = planned(experiment, plan)] {
        return std::make_unique<KindOfSession>(made, data_);
      };
    });
  }

  static proto::Experiment planned(proto::Experiment experiment, const Plan& plan) {
    multiply_learning_rates(*experiment.mutable_network(), plan.factor);
    experiment = experiment_of(experiment);
    experiment.mutable_training()->set_epochs(plan.epochs);
    experiment.mutable_training()->set_learning_rate_decay(plan.decay);
    return experiment;
  }
};

TEST_F(DecayingLearningRates, OfSpikingNetworks) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_network()
      ->mutable_projection(2)
      ->mutable_plasticity()
      ->mutable_learned_feedback()
      ->set_learning_rate(0.1);
  expect_law_of<TrainingSession>(experiment);
}

TEST_F(DecayingLearningRates, OfTheRateMode) {
  proto::Experiment experiment = two_hidden_layers();
  experiment.mutable_network()->set_mode(proto::RATE);
  experiment.mutable_network()
      ->mutable_projection(0)
      ->mutable_plasticity()
      ->mutable_backpropagation()
      ->set_learning_rate(0.2);
  expect_law_of<RateModeSession>(experiment);
}

TEST_F(DecayingLearningRates, OfRateNetworks) {
  for (const char* method : {"adam", "sgd"}) {
    expect_law([&](const Plan& plan) -> Make {
      const auto optimizer = [&](double rate) {
        return std::string("{ ") + method +
               " { learning_rate: " + std::to_string(plan.factor * rate) + " } }";
      };
      proto::Experiment experiment =
          session_experiment("algorithm: DTP optimizer " + optimizer(0.0625) +
                             " inverse_optimizer " + optimizer(0.125));
      experiment.mutable_training()->set_interim_test_examples(0);
      experiment.mutable_training()->set_epochs(plan.epochs);
      experiment.mutable_training()->set_learning_rate_decay(plan.decay);
      return
          [this, experiment] { return std::make_unique<RateSession>(experiment, train_, test_); };
    });
  }
}

TEST_F(ResumedSessionTest, AnotherTrainingSetIsAnError) {
  const Make make = spiking(one_hidden_layer());
  {
    CheckpointWriter writer(file("checkpoint.h5"));
    make()->checkpoint(writer.root());
    writer.commit();
  }
  TrainAndTest fewer = data_;
  fewer.train = first_examples(fewer.train, 20);
  CheckpointReader reader(file("checkpoint.h5"));
  EXPECT_THROW(TrainingSession(one_hidden_layer(), fewer).checkpoint(reader.root()), FileError);
}

}  // namespace
}  // namespace apical
