// What a run records: it changes nothing, it is right, and it goes on after a stop.

#include "learning/recorders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "datasets/image_set_examples.h"
#include "simulator/checkpoint.h"
#include "simulator/hdf5_file.h"
#include "tests/learning/small_experiments.h"
#include "tests/learning/small_rate_networks.h"
#include "tests/models/clock_driven_reference.h"
#include "tests/simulator/same_datasets.h"
#include "tests/simulator/sonata_files.h"
#include "tests/simulator/sonata_layout.h"
#include "tests/statistics.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::ElementsAre;

constexpr int kTrain = 15;
constexpr int kEpochs = 3;

const char* const kEverything = R"(
  recording {
    spikes { trials: 0 }
    report { population: "hidden" first_trial: 1 trials: 3 step_ms: 0.7 }
    report { population: "output" neurons: "0,2" trials: 0 step_ms: 5 }
    trials {}
    weights { every_epochs: 2 }
    tests: true
  })";

// What a run leaves in memory.
struct Outcome {
  std::vector<float> parameters;
  std::vector<std::vector<double>> rows;  // of metrics.csv, but for times
  std::vector<std::uint64_t> counts;
  double test_error_percent = 0;
  bool operator==(const Outcome&) const = default;
};

std::vector<double> row_of(const Measurement& m) {
  std::vector<double> row = {static_cast<double>(m.train_examples),
                             static_cast<double>(m.test_examples),
                             m.test_error_percent,
                             m.train_error_percent,
                             m.test_loss.value_or(-1),
                             m.train_loss.value_or(-1)};
  for (const MetricValue& metric : m.metrics) row.push_back(metric.value.value_or(-1));
  return row;
}

// Tells the recorders of a run, keeps its rows, and calls `between` after each step.
class Watching final : public TrainingObserver {
 public:
  explicit Watching(Recorders& recorders) : recorders_(&recorders) {}
  void before_trial(std::int64_t index) override { recorders_->before_trial(index); }
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override {
    recorders_->after_trial(index, times, label);
  }
  void answered(const TestAnswers& answers) override { recorders_->answered(answers); }
  void measured(const Measurement& m) override { rows.push_back(row_of(m)); }
  void between_steps(bool epoch_ended) override {
    recorders_->between_steps(epoch_ended);
    if (between) between();
  }

  std::vector<std::vector<double>> rows;
  std::function<void()> between;

 private:
  Recorders* recorders_;
};

constexpr std::array kFiles = {"spikes.h5", "report.h5", "trials.h5", "weights.h5", "tests.h5"};
constexpr std::array kTables = {"weights.h5", "tests.h5"};  // of all kinds of networks

class RecordersTest : public TestWithFolder {
 protected:
  static proto::Experiment experiment_with(const std::string& recording) {
    proto::Experiment experiment = one_hidden_layer();
    experiment.MergeFrom(parsed<proto::Experiment>(recording));
    experiment.mutable_trial()->set_test_length_ms(40);
    experiment.mutable_training()->set_epochs(kEpochs);
    experiment.mutable_training()->set_evaluate_every_examples(8);
    experiment.mutable_training()->set_interim_test_examples(5);
    return experiment;
  }

  Recorders::PathOf in(const std::string& prefix) const {
    return [this, prefix](const std::string& name) { return file(prefix + name); };
  }

  template <typename KindOfSession>
  std::unique_ptr<KindOfSession> make(const proto::Experiment& experiment) const {
    if constexpr (std::same_as<KindOfSession, RateSession>) {
      return std::make_unique<RateSession>(experiment, train_, test_);
    } else {
      return std::make_unique<KindOfSession>(experiment, data_);
    }
  }

  template <typename KindOfSession>
  static Outcome outcome_of(KindOfSession& session, const TrainingSummary& summary,
                            const std::vector<std::vector<double>>& rows) {
    Outcome outcome;
    outcome.rows = rows;
    outcome.counts = {summary.events, summary.spikes, summary.synaptic_events};
    outcome.test_error_percent = session.last_measurement()->test_error_percent;
    if constexpr (std::same_as<KindOfSession, RateSession>) {
      for (const auto& layer : session.parameters()) {
        outcome.parameters.insert(outcome.parameters.end(), layer.begin(), layer.end());
      }
    } else {
      outcome.parameters = all_values(session.parameters());
    }
    if constexpr (std::same_as<KindOfSession, TrainingSession>) {
      for (std::size_t p = 0; p < session.network().populations(); ++p) {
        outcome.counts.push_back(session.network().population(p).spikes());
      }
    }
    return outcome;
  }

  template <typename KindOfSession>
  Outcome run(const proto::Experiment& experiment, const std::string& prefix) const {
    const auto session = make<KindOfSession>(experiment);
    Recorders recorders(experiment, *session, in(prefix));
    Watching observer(recorders);
    recorders.start();
    const TrainingSummary summary = session->run(observer, [] { return false; });
    recorders.finish(summary.complete);
    return outcome_of(*session, summary, observer.rows);
  }

  Outcome run(const proto::Experiment& experiment, const std::string& prefix) const {
    return run<TrainingSession>(experiment, prefix);
  }

  // Goes on after its checkpoint until it is killed, as it were, and is resumed from there.
  template <typename KindOfSession>
  Outcome run_resumed(const proto::Experiment& experiment, const std::string& prefix,
                      std::int64_t stop_after) const {
    std::vector<std::vector<double>> rows;  // up to the checkpoint
    bool is_saved = false;
    {
      const auto session = make<KindOfSession>(experiment);
      Recorders recorders(experiment, *session, in(prefix));
      Watching observer(recorders);
      recorders.start();
      observer.between = [&] {
        if (is_saved || session->trained() < stop_after) return;
        CheckpointWriter writer(file("checkpoint.h5"));
        session->checkpoint(writer.root().in("session"));
        recorders.checkpoint(writer.root().in("recording"));
        writer.commit();
        rows = observer.rows;
        is_saved = true;
      };
      session->run(observer, [&] { return session->trained() >= stop_after + 7; });
    }
    EXPECT_TRUE(is_saved);
    const auto session = make<KindOfSession>(experiment);
    Recorders recorders(experiment, *session, in(prefix));
    Watching observer(recorders);
    CheckpointReader reader(file("checkpoint.h5"));
    session->checkpoint(reader.root().in("session"));
    recorders.checkpoint(reader.root().in("recording"));
    const TrainingSummary summary = session->run(observer, [] { return false; });
    recorders.finish(summary.complete);
    rows.insert(rows.end(), observer.rows.begin(), observer.rows.end());
    return outcome_of(*session, summary, rows);
  }

  // Stopped early or late, it records the same in these files.
  template <typename KindOfSession>
  void expect_resumes(const proto::Experiment& experiment,
                      std::span<const char* const> recorded) const {
    const Outcome unbroken = run<KindOfSession>(experiment, "a_");
    for (const std::int64_t stop_after : {0, 2, 17, 30}) {
      SCOPED_TRACE(stop_after);
      EXPECT_EQ(run_resumed<KindOfSession>(experiment, "b_", stop_after), unbroken);
      for (const std::string name : recorded) {
        expect_same_datasets(file("a_" + name), file("b_" + name));
      }
    }
  }

  // The same with weights and tests recorded or without.
  template <typename KindOfSession>
  void expect_recording_changes_nothing(const proto::Experiment& experiment) const {
    const Outcome without = run<KindOfSession>(experiment, "a_");
    EXPECT_EQ(files(), 0U);
    EXPECT_GT(without.rows.size(), static_cast<std::size_t>(kEpochs));
    for (const std::string recording : {"weights {} tests: true", "weights { every_epochs: 2 }"}) {
      proto::Experiment recorded = experiment;
      recorded.MergeFrom(parsed<proto::Experiment>("recording { " + recording + " }"));
      EXPECT_EQ(run<KindOfSession>(recorded, "b_"), without) << recording;
    }
    EXPECT_EQ(files(), kTables.size());
  }

  const TrainAndTest data_{noise_images(kTrain, 12, 3), noise_images(9, 12, 3)};
  const ImageSetExamples train_{data_.train, {}};
  const ImageSetExamples test_{data_.test, {}};
};

TEST_F(RecordersTest, RecordingChangesNothing) {
  const Outcome without = run(experiment_with(""), "a_");
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(run(experiment_with(kEverything), "b_"), without);
  EXPECT_EQ(files(), kFiles.size());
  EXPECT_EQ(run(experiment_with(R"(
    recording {
      spikes { population: "hidden" neurons: "1-3" from_ms: 20 to_ms: 31 every_trials: 4 trials: 0 }
      report { population: "hidden" trials: 0 step_ms: 0.01 neurons: "5" }
      trials { every_trials: 7 plateaus: false }
    })"),
                "c_"),
            without);
}

// Also if no trial is recorded any more, all that was is on the disk ten seconds later. The writing
// thread is given a minute more.
TEST_F(RecordersTest, WhatWasRecordedIsWrittenWhileTheRunGoesOn) {
  proto::Experiment experiment = experiment_with(R"(
    recording {
      spikes { trials: 1 }
      report { population: "hidden" trials: 1 }
      trials { trials: 1 }
      weights {}
    })");
  experiment.mutable_training()->set_evaluate_before_training(false);
  TrainingSession session(experiment, data_);
  Recorders recorders(experiment, session, in(""));
  recorders.start();
  const auto rows = [&](const char* name, const char* dataset) {
    return Hdf5File::open(file(name)).shape_of(dataset).front();
  };
  const auto are_there = [&] {
    return rows("spikes.h5", "/trials/index") == 1 &&
           rows("report.h5", "/report/hidden/data") > 0 &&
           rows("trials.h5", "/trials/index") == 1 && rows("weights.h5", "/epochs") == 1;
  };
  int steps = 0;
  bool were_there = false;
  session.run(recorders, [&] {
    ++steps;
    if (steps == 4) {
      EXPECT_FALSE(are_there());
      std::this_thread::sleep_for(std::chrono::milliseconds(10100));
    }
    for (int wait = 0; steps == 6 && !were_there && wait < 6000; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      were_there = are_there();
    }
    return steps == 7;
  });
  EXPECT_TRUE(were_there);
}

TEST_F(RecordersTest, TimesOfStochasticPlateausAreRecorded) {
  proto::Experiment experiment = experiment_with("recording { trials {} }");
  run(experiment, "ordinary_");
  EXPECT_FALSE(Hdf5File::open(file("ordinary_trials.h5")).has("/plateaus/hidden/forward_ms"));
  experiment.mutable_trial()->mutable_stochastic_plateaus();
  run(experiment, "");
  const Hdf5File trials = Hdf5File::open(file("trials.h5"));
  // Of min(|N(0, 3)|, 5); its standard deviation is below 1.7.
  const double beyond = 2 * (1 - normal_cdf(5.0 / 3));
  const double expected =
      3 * std::sqrt(2 / std::numbers::pi) * (1 - std::exp(-25.0 / 18)) + 5 * beyond;
  const auto expect_before = [&](const std::string& phase, const std::string& end) {
    const auto ends = trials.read<double>("/trials/" + end);
    const auto times = trials.read<double>("/plateaus/hidden/" + phase + "_ms");
    const std::size_t neurons = times.size() / ends.size();
    double sum = 0;
    for (std::size_t n = 0; n < times.size(); ++n) {
      const double before = ends[n / neurons] - times[n];
      EXPECT_GE(before, 0);
      EXPECT_LE(before, 5 + 1e-9);
      sum += before;
    }
    const auto count = static_cast<double>(times.size());
    EXPECT_NEAR(sum / count, expected, kNormalBound * 1.7 / std::sqrt(count)) << phase;
  };
  expect_before("forward", "target_start_ms");
  expect_before("target", "end_ms");
}

// A reader of SONATA wants three numbers of a report's grid.
TEST_F(RecordersTest, AReportThatNeverBeganHasAGrid) {
  run(experiment_with(
          "recording { report { population: \"hidden\" first_trial: 1000 step_ms: 2 } }"),
      "");
  const Hdf5File report = Hdf5File::open(file("report.h5"));
  EXPECT_EQ(report.shape_of("/report/hidden/data").front(), 0U);
  EXPECT_THAT(report.read<double>("/report/hidden/mapping/time"), ElementsAre(0, 0, 2));
}

// Processes that look at the output between two of its events, on a fine grid or to send its rates,
// leave the learning rule what it would have found.
TEST_F(RecordersTest, LookingOnChangesNothingWhereStatesEndBetweenEvents) {
  const std::string report =
      "recording { report { population: \"output\" trials: 0 step_ms: 0.3 } trials {} }";
  int variant = 0;
  const auto expect_same = [&](const std::function<void(proto::Network&)>& change) {
    proto::Experiment plain = experiment_with("");
    proto::Experiment watched = experiment_with(report);
    for (proto::Experiment* each : {&plain, &watched}) {
      // A few events only, so that there is room between them.
      each->mutable_network()->mutable_population(0)->mutable_poisson_source()->set_max_rate_hz(2);
      each->mutable_network()->mutable_population(1)->set_size(2);
      change(*each->mutable_network());
    }
    const std::string name = std::to_string(variant++);
    EXPECT_EQ(run(watched, "w_" + name), run(plain, "p_" + name)) << name;
  };
  for (const double cut_off_ms : {5.0, 10.0, 30.0}) {
    expect_same([&](proto::Network& network) {
      network.mutable_population(2)
          ->mutable_output()
          ->mutable_postsynaptic_potential()
          ->set_cut_off_ms(cut_off_ms);
    });
  }
  for (const double interval_ms : {0.02, 0.5}) {
    expect_same([&](proto::Network& network) {
      network.mutable_projection(1)->set_transmission(proto::RATES);
      network.mutable_projection(1)->set_rate_interval_ms(interval_ms);
    });
  }
}

TEST_F(RecordersTest, CountsAreThoseOfTheNetwork) {
  const Outcome outcome = run(experiment_with(kEverything), "");
  const RecordedSpikes spikes = read_sonata_spikes(file("spikes.h5"));
  ASSERT_EQ(spikes.populations.size(), 3U);
  ASSERT_EQ(spikes.trials.size(), static_cast<std::size_t>(kTrain * kEpochs));
  const Hdf5File trials = Hdf5File::open(file("trials.h5"));
  EXPECT_EQ(trials.read<double>("/trials/end_ms"), spikes.trials.end_ms);
  for (std::size_t p = 0; p < 3; ++p) {
    const SpikeTrain& train = spikes.populations[p];
    EXPECT_EQ(train.times_ms.size(), outcome.counts[3 + p]) << train.population;
    const auto forward = trials.read<double>("/rates/" + train.population + "/forward_hz");
    const auto target = trials.read<double>("/rates/" + train.population + "/target_hz");
    double sum = 0;
    for (std::size_t t = 0; t < spikes.trials.size(); ++t) {
      const double middle = spikes.trials.target_start_ms[t];
      sum += forward[t] * (middle - spikes.trials.start_ms[t]) +
             target[t] * (spikes.trials.end_ms[t] - middle);
    }
    EXPECT_NEAR(sum / 1000 * static_cast<double>(train.neurons),
                static_cast<double>(train.times_ms.size()), 1e-6);
  }
  EXPECT_THAT(trials.shape_of("/plateaus/hidden/target"), ElementsAre(kTrain * kEpochs, 8));
  const Hdf5File weights = Hdf5File::open(file("weights.h5"));
  EXPECT_THAT(weights.read<std::int64_t>("/epochs"), ElementsAre(0, 2, 3));
  EXPECT_THAT(weights.shape_of("/weights/input_to_hidden"), ElementsAre(3, 12, 8));
  std::vector<float> last(3 * std::size_t{8});
  weights.read_rows<float>("/weights/hidden_to_output", 2, last);
  EXPECT_EQ(last.size(), 24U);
  const auto first_of_hidden_to_output = outcome.parameters.begin() + 12 * 8;
  EXPECT_TRUE(std::equal(last.begin(), last.end(), first_of_hidden_to_output));
  const Hdf5File tests = Hdf5File::open(file("tests.h5"));
  EXPECT_THAT(tests.read<std::int64_t>("/train_examples"), ElementsAre(15, 30, 45));
  EXPECT_EQ(tests.read<std::int64_t>("/labels").size(), 9U);
  const auto answers = tests.read<std::int64_t>("/answers");
  const auto labels = tests.read<std::int64_t>("/labels");
  int errors = 0;
  for (std::size_t i = 0; i < 9; ++i) errors += answers[18 + i] != labels[i];
  EXPECT_NEAR(100.0 * errors / 9, outcome.test_error_percent, 1e-9);
}

TEST_F(RecordersTest, WindowsAndChoicesOfSpikesAreKept) {
  run(experiment_with("recording { spikes { trials: 0 } }"), "all_");
  run(experiment_with(R"(
    recording {
      spikes { population: "hidden" neurons: "1-3,6" from_ms: 20 to_ms: 31 first_trial: 2 trials: 3 every_trials: 3 }
      spikes { population: "hidden" neurons: "3" first_trial: 5 }
    })"),
      "some_");
  const RecordedSpikes all = read_sonata_spikes(file("all_spikes.h5"));
  const RecordedSpikes some = read_sonata_spikes(file("some_spikes.h5"));
  EXPECT_THAT(some.trials.index, ElementsAre(2, 5, 8));
  std::vector<double> expected;
  for (std::size_t i = 0; i < all.populations[1].times_ms.size(); ++i) {
    const double time = all.populations[1].times_ms[i];
    const auto neuron = all.populations[1].node_ids[i];
    for (const std::size_t trial : {2, 5, 8}) {
      const double start = all.trials.start_ms[trial];
      if (time < start || time >= all.trials.end_ms[trial]) continue;
      const bool in_window = time >= start + 20 && time < start + 31;
      const bool chosen = (neuron >= 1 && neuron <= 3) || neuron == 6;
      if ((in_window && chosen) || (trial == 5 && neuron == 3)) expected.push_back(time);
    }
  }
  ASSERT_EQ(some.populations.size(), 1U);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(some.populations[0].times_ms, expected);
}

TEST_F(RecordersTest, LayoutIsSonatas) {
  run(experiment_with(kEverything), "");
  expect_layout_of_spikes(file("spikes.h5"), {"input", "hidden", "output"});
  for (const char* population : {"hidden", "output"}) {
    SCOPED_TRACE(population);
    expect_layout_of_report(file("report.h5"), population);
  }
  for (const char* name : {"spikes.h5", "report.h5"}) {
    const Hdf5File opened = Hdf5File::open(file(name));
    EXPECT_EQ(opened.read_attribute<std::uint32_t>("/", "magic"), 0x0A7AU);
    EXPECT_THAT(opened.read_attribute_array<std::uint32_t>("/", "version"), ElementsAre(0, 1));
  }
  const Hdf5File spikes = Hdf5File::open(file("spikes.h5"));
  EXPECT_EQ(spikes.read_enum_attribute("/spikes/input", "sorting"), "by_time");
  EXPECT_EQ(spikes.read_attribute<std::string>("/spikes/input/timestamps", "units"), "ms");
  const Hdf5File report = Hdf5File::open(file("report.h5"));
  const std::string mapping = "/report/output/mapping/";
  EXPECT_THAT(report.read<std::uint64_t>(mapping + "node_ids"), ElementsAre(0, 2));
  EXPECT_THAT(report.read<std::uint64_t>(mapping + "index_pointers"), ElementsAre(0, 2, 4));
  EXPECT_THAT(report.read<std::uint32_t>(mapping + "element_ids"), ElementsAre(0, 1, 0, 1));
  EXPECT_EQ(report.read_attribute<std::string>(mapping + "time", "units"), "ms");
  const auto time = report.read<double>(mapping + "time");
  ASSERT_EQ(time.size(), 3U);
  const double end = read_sonata_spikes(file("spikes.h5")).trials.end_ms.back();
  EXPECT_EQ(time[0], 0);
  EXPECT_EQ(time[2], 5);
  const double rows = std::floor(end / 5) + 1;
  EXPECT_NEAR(time[1], rows * 5, 1e-9);
  EXPECT_THAT(report.shape_of("/report/output/data"), ElementsAre(rows, 4));
  std::vector<std::uint32_t> soma_and_dendrites;
  for (int n = 0; n < 8; ++n) soma_and_dendrites.insert(soma_and_dendrites.end(), {0, 1, 2});
  EXPECT_EQ(report.read<std::uint32_t>("/report/hidden/mapping/element_ids"), soma_and_dendrites);
  EXPECT_THAT(report.read<std::uint64_t>("/report/hidden/mapping/index_pointers"),
              ElementsAre(0, 3, 6, 9, 12, 15, 18, 21, 24));
}

// Dendrites: the sum of the spikes' closed forms. Soma: the differential equation, integrated in
// steps of 0.01 ms in double precision. Single precision leaves 1e-5 of the largest summand.
TEST_F(RecordersTest, ReportsAreTheExactSolution) {
  const proto::Experiment experiment = experiment_with(R"(
    recording {
      spikes {}
      report { population: "hidden" neurons: "0,3-7" step_ms: 0.5 }
    })");
  const Parameters parameters = initial_parameters(experiment.network(), experiment.seed());
  run(experiment, "");
  const RecordedSpikes spikes = read_sonata_spikes(file("spikes.h5"));
  const Hdf5File report = Hdf5File::open(file("report.h5"));
  const auto data = report.read<float>("/report/hidden/data");
  const std::vector<std::uint32_t> neurons = {0, 3, 4, 5, 6, 7};
  const PostsynapticPotential kernel{10, 3};
  const auto potential = [&](std::size_t projection, const SpikeTrain& train, std::uint32_t neuron,
                             double now) {
    double sum = 0;
    for (std::size_t k = 0; k < train.times_ms.size(); ++k) {
      const double age = now - train.times_ms[k];
      if (age <= 0) continue;
      sum += static_cast<double>(parameters.weights[projection].row(train.node_ids[k])[neuron]) *
             (std::exp(-age / 10) - std::exp(-age / 3)) / 7;
    }
    return sum;
  };
  constexpr double kBasal = 0.6;
  constexpr double kTotal = 0.7;
  ClockDrivenReference soma(8, kernel, kTotal, {{&parameters.weights[0], kBasal}}, 0.01);
  std::vector<double> current(8);
  for (std::size_t i = 0; i < 8; ++i) {
    current[i] = kBasal * static_cast<double>(parameters.biases[1][i]);
    soma.set_potential(i, current[i] / kTotal);
  }
  soma.set_current(current);
  const SpikeTrain& input = spikes.populations[0];
  std::size_t taken = 0;
  const std::size_t rows = data.size() / 18;
  // The weights change at the trial's end.
  ASSERT_GT(rows, 200U);
  for (std::size_t row = 0; row < rows; ++row) {
    const double now = static_cast<double>(row) * 0.5;
    for (; taken < input.times_ms.size() && input.times_ms[taken] < now; ++taken) {
      soma.advance(input.times_ms[taken]);
      soma.spike(0, static_cast<std::uint32_t>(input.node_ids[taken]));
    }
    soma.advance(now);
    for (std::size_t n = 0; n < neurons.size(); ++n) {
      const std::uint32_t neuron = neurons[n];
      const float* const elements = data.data() + row * 18 + n * 3;
      const auto bias = static_cast<double>(parameters.biases[1][neuron]);
      ASSERT_NEAR(elements[0], soma.potential(neuron), 2e-4) << row;
      ASSERT_NEAR(elements[1], bias + potential(0, input, neuron, now), 2e-4) << row;
      ASSERT_NEAR(elements[2], potential(2, spikes.populations[2], neuron, now), 2e-4) << row;
    }
  }
}

TEST_F(RecordersTest, AResumedRunRecordsTheSame) {
  expect_resumes<TrainingSession>(experiment_with(kEverything), kFiles);
}

// An input that replays the spikes it once drew: all others fire and learn as they did.
TEST_F(RecordersTest, ReplayedInputGivesTheSameRun) {
  const proto::Experiment experiment = experiment_with(kEverything);
  const Outcome drawn = run(experiment, "a_");
  proto::Experiment replaying = experiment;
  replaying.mutable_network()
      ->mutable_population(0)
      ->mutable_poisson_source()
      ->mutable_replay()
      ->set_file(file("a_spikes.h5"));
  EXPECT_EQ(run(replaying, "b_"), drawn);
  for (const std::string name : kFiles) {
    expect_same_datasets(file("a_" + name), file("b_" + name));
  }
  // Without the last epoch's, the input falls silent.
  proto::Experiment some = experiment;
  some.mutable_recording()->mutable_spikes(0)->set_trials(kTrain);
  run(some, "c_");
  replaying.mutable_network()
      ->mutable_population(0)
      ->mutable_poisson_source()
      ->mutable_replay()
      ->set_file(file("c_spikes.h5"));
  const Outcome silent = run(replaying, "d_");
  EXPECT_EQ(silent.counts[3],
            read_sonata_spikes(file("c_spikes.h5")).populations[0].times_ms.size());
  EXPECT_NE(silent.parameters, drawn.parameters);
}

// A population that only replays is no layer: it has no potentials and learns nothing, and those
// that it drives learn from its spikes.
TEST_F(RecordersTest, APopulationThatReplaysDrivesOthers) {
  run(experiment_with(kEverything), "a_");
  proto::Experiment experiment = experiment_with("recording { trials {} }");
  auto& metrics = *experiment.mutable_recording()->mutable_metrics();
  metrics.set_losses(true);
  metrics.set_mean_rates(true);
  metrics.set_angle_to_backpropagation(true);
  proto::Population& replaying = *experiment.mutable_network()->add_population();
  replaying.set_name("again");
  replaying.set_size(12);
  replaying.mutable_replay()->set_file(file("a_spikes.h5"));
  replaying.mutable_replay()->set_population("input");
  const Outcome undriven = run(experiment, "b_");
  proto::Projection& projection = *experiment.mutable_network()->add_projection();
  projection.set_source("again");
  projection.set_target("hidden");
  projection.set_compartment(proto::BASAL);
  projection.mutable_initializer()->mutable_matched_moments();
  projection.mutable_plasticity()->mutable_segregated_dendrites()->set_learning_rate(0.1);
  const Outcome driven = run(experiment, "c_");
  EXPECT_NE(driven.parameters, undriven.parameters);
  EXPECT_EQ(driven.counts.back(),
            read_sonata_spikes(file("a_spikes.h5")).populations[0].times_ms.size());
}

proto::Experiment in_the_rate_mode(proto::Experiment experiment) {
  experiment.mutable_network()->set_mode(proto::RATE);
  experiment.mutable_recording()->mutable_metrics()->set_losses(true);
  return experiment;
}

// Draws noise, and has inverse models and auxiliary outputs besides.
proto::Experiment rate_network_with(const std::string& recording) {
  return session_experiment("algorithm: AO_SDTP auxiliary_outputs: 6", recording);
}

TEST_F(RecordersTest, RecordingChangesNothingInTheRateMode) {
  expect_recording_changes_nothing<RateModeSession>(in_the_rate_mode(experiment_with("")));
}

TEST_F(RecordersTest, RecordingChangesNothingInRateNetworks) {
  expect_recording_changes_nothing<RateSession>(rate_network_with(""));
}

TEST_F(RecordersTest, AResumedRunInTheRateModeRecordsTheSame) {
  expect_resumes<RateModeSession>(
      in_the_rate_mode(experiment_with("recording { weights { every_epochs: 2 } tests: true }")),
      kTables);
}

TEST_F(RecordersTest, AResumedRateNetworkRecordsTheSame) {
  expect_resumes<RateSession>(rate_network_with("recording { weights {} tests: true }"), kTables);
}

TEST_F(RecordersTest, WeightsAreRecordedAfterTheEpochsThatAreListed) {
  const auto epochs_of = [&](const std::string& weights) {
    run(experiment_with("recording { weights { " + weights + " } }"), "");
    return Hdf5File::open(file("weights.h5")).read<std::int64_t>("/epochs");
  };
  EXPECT_THAT(epochs_of(""), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(epochs_of("every_epochs: 2"), ElementsAre(0, 2, 3));
  EXPECT_THAT(epochs_of("epochs: '0-1'"), ElementsAre(0, 1, 3));
  EXPECT_THAT(epochs_of("epochs: '2' every_epochs: 1"), ElementsAre(2, 3));
  EXPECT_THAT(epochs_of("epochs: '3,1'"), ElementsAre(1, 3));
}

TEST_F(RecordersTest, AResumedRunRecordsWeightsAfterTheEpochsThatAreListed) {
  for (const std::string epochs : {"2", "2-3"}) {
    const std::string recording = "recording { weights { epochs: '" + epochs + "' } tests: true }";
    expect_resumes<RateModeSession>(in_the_rate_mode(experiment_with(recording)), kTables);
    expect_resumes<RateSession>(rate_network_with(recording), kTables);
  }
}

TEST_F(RecordersTest, RateNetworksRecordWeightsAndAnswers) {
  const proto::Experiment experiment = rate_experiment(R"(
    rate_network { layer { name: "a" dense { units: 9 } } layer { name: "o" dense { units: 3 } } }
    data { name: "mnist" }
    training { epochs: 2 rate_learning { algorithm: BP batch_size: 4 } }
    recording { weights {} tests: true })");
  RateSession session(experiment, train_, test_);
  Recorders recorders(experiment, session, in(""));
  recorders.start();
  session.run(recorders, [] { return false; });
  recorders.finish(true);
  const Hdf5File weights = Hdf5File::open(file("weights.h5"));
  EXPECT_THAT(weights.read<std::int64_t>("/epochs"), ElementsAre(0, 1, 2));
  EXPECT_THAT(weights.shape_of("/weights/a"), ElementsAre(3, 12, 9));
  EXPECT_THAT(weights.shape_of("/biases/o"), ElementsAre(3, 3));
  std::vector<float> last(3);
  weights.read_rows<float>("/biases/o", 2, last);
  EXPECT_TRUE(std::equal(last.begin(), last.end(), session.parameters()[1].begin() + 27));
  const Hdf5File tests = Hdf5File::open(file("tests.h5"));
  EXPECT_THAT(tests.read<std::int64_t>("/train_examples"), ElementsAre(0, kTrain, 2 * kTrain));
  EXPECT_THAT(tests.shape_of("/answers"), ElementsAre(3, 9));
  const auto answers = tests.read<std::int64_t>("/answers");
  const auto labels = tests.read<std::int64_t>("/labels");
  int errors = 0;
  for (std::size_t i = 0; i < 9; ++i) errors += answers[18 + i] != labels[i];
  EXPECT_NEAR(100.0 * errors / 9, session.last_measurement()->test_error_percent, 1e-9);
}

}  // namespace
}  // namespace apical
