#include "learning/trial_protocol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tests/learning/small_experiments.h"
#include "tests/statistics.h"

namespace apical {
namespace {

// The smallest network: one input, one hidden neuron, two classes. All weights and biases are 0.
proto::Experiment smallest() {
  return parsed<proto::Experiment>(R"(
    network {
      population { name: "input" size: 1 poisson_source {} }
      population { name: "hidden" size: 1 pyramidal { bias { mean: 0 sd: 0 } } }
      population { name: "output" size: 2 output { bias { mean: 0 sd: 0 } } }
      projection { source: "input" target: "hidden" compartment: BASAL
                   initializer { constant {} } }
      projection { source: "hidden" target: "output" compartment: DENDRITE
                   initializer { constant {} } }
      projection { source: "output" target: "hidden" compartment: APICAL
                   initializer { constant {} } }
    })");
}

// Looks at the potentials of a population at given times.
class Probe final : public Process {
 public:
  explicit Probe(std::vector<Time> times) : times_(std::move(times)) {}
  void bind(TrialRun& program, std::size_t population) {
    population_ = &program.spiking(population);
    program.network().observe(*this, *population_);
  }
  Time next() const override { return at_ == times_.size() ? kNever : times_[at_]; }
  void advance(Horizon horizon) override {
    while (horizon.admits(next(), id())) {
      population_->catch_up(next());
      std::vector<float>& v = seen_.emplace_back(population_->size());
      population_->potentials(next(), v);
      ++at_;
    }
  }
  const std::vector<std::vector<float>>& seen() const { return seen_; }

 private:
  std::vector<Time> times_;
  std::size_t at_ = 0;
  SpikingPopulation* population_ = nullptr;
  std::vector<std::vector<float>> seen_;
};

// Makes the whole network stop often, and does nothing.
class Interruption final : public Process {
 public:
  explicit Interruption(double interval) : interval_(interval) {}
  void bind(Network& network) { network.synchronize(*this); }
  Time next() const override { return static_cast<double>(count_) * interval_; }
  void advance(Horizon horizon) override {
    while (horizon.admits(next(), id())) ++count_;
  }

 private:
  double interval_;
  std::uint64_t count_ = 1;
};

TEST(Phases, AreFixedWithoutARandomPart) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  experiment.mutable_trial()->set_phase_length_ms(40);
  TrialRun program(experiment);
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t n = 0; n < 3; ++n) {
    const PhaseTimes times = program.run(images.image(n), 0);
    EXPECT_EQ(times.start, 80.0 * static_cast<double>(n));
    EXPECT_EQ(times.target_start, times.start + 40);
    EXPECT_EQ(times.end, times.start + 80);
    EXPECT_EQ(program.network().simulation().now(), times.end);
  }
}

// Statistical tests: false alarms in one of a million seeds for each bound, six of them here.
class PhaseLengths : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PhaseLengths, FollowAWaldDistribution) {
  constexpr double kMean = 2;
  constexpr double kShape = 1;
  proto::Experiment experiment = smallest();
  experiment.set_seed(GetParam());
  experiment.mutable_trial()->set_phase_length_ms(5);
  experiment.mutable_trial()->set_settling_time_ms(1);
  experiment.mutable_trial()->set_extra_length_mean_ms(kMean);
  experiment.mutable_trial()->set_extra_length_shape_ms(kShape);
  const auto wald_cdf = [](double x) {
    const double root = std::sqrt(kShape / x);
    return normal_cdf(root * (x / kMean - 1)) +
           std::exp(2 * kShape / kMean) * normal_cdf(-root * (x / kMean + 1));
  };
  TrialRun program(experiment);
  const std::uint8_t black = 0;
  std::vector<double> places;
  double correlation = 0;
  Time last_end = 0;
  constexpr std::size_t kTrials = 1500;
  for (std::size_t n = 0; n < kTrials; ++n) {
    const PhaseTimes times = program.run(std::span(&black, 1), 0);
    EXPECT_EQ(times.start, last_end);
    last_end = times.end;
    places.push_back(wald_cdf(times.target_start - times.start - 5));
    places.push_back(wald_cdf(times.end - times.target_start - 5));
    correlation += 12 * (places[2 * n] - 0.5) * (places[2 * n + 1] - 0.5);
  }
  EXPECT_LT(kolmogorov_statistic(places), kKolmogorovBound);
  // A trial's two phases are independent.
  EXPECT_LT(std::abs(correlation) / std::sqrt(static_cast<double>(kTrials)), kNormalBound);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PhaseLengths, testing::Values(1, 2, 3));

// With nothing but the teacher, V is a closed form: from 0 towards +/-8 / 1.7 with a rate of 1.7
// per ms in the target phase, and from wherever the last trial left it towards 0 with 0.7 per ms
// in the forward phase.
TEST(Teaching, ActsInTheTargetPhaseOnly) {
  proto::Experiment experiment = smallest();
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  Probe probe({20, 49.999, 50.5, 52, 99.999, 101, 149.999, 150.5});
  TrialRun program(experiment, {&probe});
  probe.bind(program, 2);
  const std::uint8_t black = 0;
  program.run(std::span(&black, 1), 0);
  program.run(std::span(&black, 1), 1);
  const double end = 8 / 1.7;
  const double left = end * std::exp(-0.7 * 50);
  const std::vector<double> expected = {0,
                                        0,
                                        end * (1 - std::exp(-1.7 * 0.5)),
                                        end * (1 - std::exp(-1.7 * 2)),
                                        end,
                                        end * std::exp(-0.7),
                                        left,
                                        -end * (1 - std::exp(-1.7 * 0.5))};
  ASSERT_EQ(probe.seen().size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_NEAR(static_cast<double>(probe.seen()[k][0]), expected[k], 2e-6) << k;
    EXPECT_NEAR(static_cast<double>(probe.seen()[k][1]), -expected[k], 2e-6) << k;
  }
}

// Nothing but the teacher, and three neurons per class: those of the right class, and no others,
// are at 8 / 1.7 in the end, with a rate of 1.7 per ms for 20 ms.
TEST(Teaching, ExcitesAllNeuronsOfTheRightClass) {
  proto::Experiment experiment = smallest();
  experiment.mutable_network()->mutable_population(2)->set_size(9);
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  Probe probe({99.999, 199.999, 299.999});
  TrialRun program(experiment, {&probe}, {.neurons_per_class = 3});
  probe.bind(program, 2);
  const std::uint8_t black = 0;
  const std::vector<std::size_t> labels = {1, 0, 2};
  for (const std::size_t label : labels) program.run(std::span(&black, 1), label);
  ASSERT_EQ(probe.seen().size(), labels.size());
  for (std::size_t n = 0; n < labels.size(); ++n) {
    for (std::size_t i = 0; i < 9; ++i) {
      const double taught = i / 3 == labels[n] ? 8 / 1.7 : -8 / 1.7;
      EXPECT_NEAR(static_cast<double>(probe.seen()[n][i]), taught, 2e-6) << n << " " << i;
    }
  }
}

// The rates that follow: half of the maximum in the forward phase, nearly all of it in the target
// phase for the right class and nearly nothing for the other. Counts are Poisson, and |z| exceeds
// the bound in one of a million seeds; nine comparisons.
class TaughtRates : public testing::TestWithParam<std::uint64_t> {};

TEST_P(TaughtRates, AreNearMaximumForTheRightClass) {
  proto::Experiment experiment = smallest();
  experiment.set_seed(GetParam());
  constexpr int kTrials = 300;
  TrialRun program(experiment);
  const std::uint8_t black = 0;
  double settled_forward = 0;  // ms, from 20 ms after the start of each phase
  double settled_target = 0;
  double forward = 0;  // spikes then
  double right = 0;
  double wrong = 0;
  std::size_t seen = 0;
  for (int n = 0; n < kTrials; ++n) {
    const auto label = static_cast<std::uint32_t>(n % 2);
    const PhaseTimes times = program.run(std::span(&black, 1), label);
    settled_forward += 2 * (times.target_start - times.start - 20);
    settled_target += times.end - times.target_start - 20;
    const std::vector<Spike>& spikes = program.spikes(2);
    for (; seen < spikes.size(); ++seen) {
      const Spike& spike = spikes[seen];
      ASSERT_LE(spike.time, times.end);
      if (spike.time < times.start + 20) continue;
      if (spike.time < times.target_start) {
        ++forward;
      } else if (spike.time >= times.target_start + 20) {
        ++(spike.neuron == label ? right : wrong);
      }
    }
  }
  const double high = 1 / (1 + std::exp(-8 / 1.7));
  const auto z = [](double count, double expected) {
    return (count - expected) / std::sqrt(expected);
  };
  EXPECT_LT(std::abs(z(forward, 0.2 * 0.5 * settled_forward)), kNormalBound);
  EXPECT_LT(std::abs(z(right, 0.2 * high * settled_target)), kNormalBound);
  EXPECT_LT(std::abs(z(wrong, 0.2 * (1 - high) * settled_target)), kNormalBound);
  EXPECT_GT(high, 0.99);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TaughtRates, testing::Values(1, 2, 3));

// Where nobody fires and nothing else happens in a phase, the output's mean rates are still those
// of its potentials, which the teacher drives: from 0 towards +/-8 / 1.7, with 1.7 per ms. A
// process that looks on changes no bit of them.
TEST(Teaching, IsSeenInASilentNetwork) {
  proto::Experiment experiment = smallest();
  auto& populations = *experiment.mutable_network()->mutable_population();
  populations[0].mutable_poisson_source()->set_max_rate_hz(1e-3);
  populations[1].mutable_pyramidal()->set_max_rate_hz(1e-3);
  populations[2].mutable_output()->set_max_rate_hz(1e-3);
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  const std::uint8_t black = 0;
  std::vector<std::vector<float>> seen;
  for (const bool observed : {false, true}) {
    Probe probe({71, 83.3});
    TrialRun program(experiment,
                     observed ? std::vector<Process*>{&probe} : std::vector<Process*>{});
    if (observed) probe.bind(program, 2);
    const PhaseTimes times = program.run(std::span(&black, 1), 0);
    ASSERT_TRUE(program.spikes(0).empty() && program.spikes(1).empty());
    ASSERT_TRUE(program.spikes(2).empty());
    constexpr int kSteps = 20000;
    const double start = experiment.trial().settling_time_ms();
    const double length = times.end - times.target_start - start;
    double mean = 0;
    for (int n = 0; n < kSteps; ++n) {
      const double t = start + (n + 0.5) * length / kSteps;
      mean += 1 / (1 + std::exp(-8 / 1.7 * (1 - std::exp(-1.7 * t)))) / kSteps;
    }
    const auto difference = program.rule().output_difference();
    EXPECT_NEAR(static_cast<double>(difference[0]) / 1e-6, mean - 0.5, 1e-6);
    EXPECT_NEAR(static_cast<double>(difference[1]) / 1e-6, 0.5 - mean, 1e-6);
    seen.emplace_back(difference.begin(), difference.begin() + 2);
  }
  EXPECT_EQ(seen[0], seen[1]);
}

// Means are taken from settling time after a phase's start to its end, or over a window's length
// before that.
TEST(Windows, OpenAtSettlingTimeOrAWindowBeforeTheEnd) {
  proto::Experiment experiment = one_hidden_layer();
  for (const auto& [settling, window] :
       {std::pair(0.0, 0.0), {13.0, 0.0}, {45.0, 0.0}, {13.0, 20.0}, {13.0, 50.0}}) {
    experiment.mutable_trial()->set_settling_time_ms(settling);
    experiment.mutable_trial()->set_window_ms(window);
    TrialRun program(experiment);
    const ImageSet images = noise_images(2, 12, 3);
    for (std::size_t n = 0; n < 2; ++n) {
      const PhaseTimes times = program.run(images.image(n), 0);
      // What stays in the trace is the target phase's window.
      const double start = window > 0 ? times.end - window : times.target_start + settling;
      const PostsynapticPotential kernel;
      std::vector<double> mean(12, 0);
      for (const Spike& spike : program.spikes(0)) {
        mean[spike.neuron] +=
            (kernel.integral(times.end - spike.time) - kernel.integral(start - spike.time)) /
            (times.end - start);
      }
      const auto actual = program.network().projection(0).trace().window_mean();
      for (std::size_t j = 0; j < 12; ++j) {
        EXPECT_NEAR(static_cast<double>(actual[j]), mean[j], 1e-6);
      }
    }
  }
}

// The same windows, said in the other way. All times are whole numbers, so that nothing is rounded.
TEST(Windows, OfTheLengthThatIsLeftAreThoseFromSettlingTimeOn) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  const ImageSet images = noise_images(5, 12, 3);
  const auto learned = [&](double window) {
    experiment.mutable_trial()->set_window_ms(window);
    TrialRun program(experiment);
    for (std::size_t n = 0; n < images.size(); ++n) program.run(images.image(n), images.labels[n]);
    return all_values(program.parameters());
  };
  const std::vector<float> settled = learned(0);
  EXPECT_EQ(learned(20), settled);
  EXPECT_NE(learned(19), settled);
  experiment.mutable_trial()->set_settling_time_ms(0);
  EXPECT_EQ(learned(20), settled);
  EXPECT_EQ(learned(50), learned(0));
}

// Lengths that are no sums of powers of two: a window as long as the phase is all of it.
TEST(Windows, NeverBeginBeforeTheirPhase) {
  proto::Experiment experiment = smallest();
  experiment.mutable_trial()->set_phase_length_ms(10.1);
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  experiment.mutable_trial()->set_window_ms(10.1);
  TrialRun program(experiment);
  const std::uint8_t black = 0;
  for (int n = 0; n < 100; ++n) {
    program.run(std::span(&black, 1), 0);
    for (const float v : program.rule().output_potentials()) EXPECT_TRUE(std::isfinite(v));
  }
  EXPECT_NEAR(program.network().simulation().now(), 100 * 2 * 10.1, 1e-9);
}

TEST(Answer, IsTheHighestMeanPotentialOfTheForwardPhase) {
  TrialRun program(one_hidden_layer());
  const ImageSet images = noise_images(10, 12, 3);
  for (std::size_t n = 0; n < images.size(); ++n) {
    program.run(images.image(n), images.labels[n]);
    const auto v = program.rule().output_potentials();
    EXPECT_EQ(program.protocol().answer(),
              static_cast<std::size_t>(std::ranges::max_element(v) - v.begin()));
  }
}

TEST(Answer, IsTheClassWithTheHighestMeanOverItsNeurons) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_network()->mutable_population(2)->set_size(12);
  TrialRun program(experiment, {}, {.neurons_per_class = 4});
  const ImageSet images = noise_images(20, 12, 3);
  bool differs = false;  // from the class of the highest neuron
  for (std::size_t n = 0; n < images.size(); ++n) {
    program.run(images.image(n), images.labels[n]);
    const auto v = program.rule().output_potentials();
    ASSERT_EQ(v.size(), 12U);
    std::vector<double> means(3, 0);
    for (std::size_t i = 0; i < v.size(); ++i) means[i / 4] += static_cast<double>(v[i]) / 4;
    const auto highest = std::ranges::max_element(means) - means.begin();
    EXPECT_EQ(program.protocol().answer(), static_cast<std::size_t>(highest));
    differs |= (std::ranges::max_element(v) - v.begin()) / 4 != highest;
  }
  EXPECT_TRUE(differs);
}

// Potentials right before and right after the boundary of two trials.
std::pair<std::vector<float>, std::vector<float>> around_boundary(bool clear) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  experiment.mutable_trial()->set_clear_state_between_trials(clear);
  Probe probe({100 - 1e-6, 100 + 1e-6});
  TrialRun program(experiment, {&probe});
  probe.bind(program, 1);
  const ImageSet images = noise_images(2, 12, 3);
  for (std::size_t n = 0; n < 2; ++n) program.run(images.image(n), images.labels[n]);
  if (clear) {
    const auto& biases = program.parameters().biases[1];
    for (std::size_t i = 0; i < 8; ++i) {
      // At rest but for the two trials' change of the biases.
      EXPECT_NEAR(probe.seen()[1][i], 0.6 / 0.7 * static_cast<double>(biases[i]), 0.3);
    }
  }
  return {probe.seen()[0], probe.seen()[1]};
}

TEST(State, IsCarriedOverFromTrialToTrial) {
  const auto [before, after] = around_boundary(false);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 1e-4);
}

TEST(State, IsClearedBetweenTrialsIfWanted) {
  const auto [before, after] = around_boundary(true);
  double moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    moved = std::max(moved, std::abs(static_cast<double>(before[i] - after[i])));
  }
  EXPECT_GT(moved, 1);
}

// Spikes that take longer than a trial arrive in the next one, unless state is cleared.
TEST(State, IncludesSpikesUnderWay) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->set_extra_length_mean_ms(0);
  experiment.mutable_network()->mutable_projection(0)->set_delay_ms(100.5);
  const ImageSet images = noise_images(2, 12, 3);
  for (const bool clear : {false, true}) {
    experiment.mutable_trial()->set_clear_state_between_trials(clear);
    TrialRun program(experiment);
    program.run(images.image(0), 0);
    EXPECT_EQ(program.network().projection(0).synaptic_events(), 0U);
    program.run(images.image(1), 1);
    if (clear) {
      EXPECT_EQ(program.network().projection(0).synaptic_events(), 0U);
    } else {
      const auto sent =
          std::ranges::count_if(program.spikes(0), [](const Spike& s) { return s.time <= 99.5; });
      EXPECT_EQ(program.network().projection(0).synaptic_events(),
                8 * static_cast<std::uint64_t>(sent));
    }
  }
}

// The same bits whenever a trial is run, and however the run is cut into pieces: with the apical
// dendrite coupled to the soma, hidden and output neurons influence each other at once.
TEST(Bits, DoNotDependOnHowARunIsCut) {
  for (const double delay : {0.0, 0.8}) {
    proto::Experiment experiment = one_hidden_layer();
    experiment.mutable_network()
        ->mutable_population(1)
        ->mutable_pyramidal()
        ->set_apical_conductance_per_ms(0.6);
    experiment.mutable_network()->mutable_projection(2)->set_delay_ms(delay);
    const ImageSet images = noise_images(6, 12, 3);
    const auto run = [&](TrialRun& program) {
      for (std::size_t n = 0; n < images.size(); ++n) {
        program.run(images.image(n), images.labels[n]);
      }
    };
    TrialRun first(experiment);
    run(first);
    EXPECT_GT(first.spikes(1).size(), 100U);
    TrialRun again(experiment);
    run(again);
    for (const double interval : {0.037, 1.0, 30.0}) {
      Interruption interruption(interval);
      TrialRun other(experiment, {&interruption});
      interruption.bind(other.network());
      run(other);
      for (TrialRun* each : {&again, &other}) {
        EXPECT_EQ(all_values(each->parameters()), all_values(first.parameters()));
        for (std::size_t p = 0; p < 3; ++p) EXPECT_EQ(each->spikes(p), first.spikes(p));
      }
    }
  }
}

TEST(Bits, DependOnTheSeed) {
  proto::Experiment experiment = one_hidden_layer();
  const ImageSet images = noise_images(1, 12, 3);
  TrialRun one(experiment);
  experiment.set_seed(2);
  TrialRun two(experiment);
  const PhaseTimes a = one.run(images.image(0), 0);
  const PhaseTimes b = two.run(images.image(0), 0);
  EXPECT_NE(a.end, b.end);
  EXPECT_NE(one.spikes(0), two.spikes(0));
}

}  // namespace
}  // namespace apical
