#include "tests/learning/clock_driven_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "learning/initial_weights.h"
#include "tests/learning/clock_driven_comparison.h"
#include "tests/statistics.h"

namespace apical {
namespace {

// segregated_500 in ten trials of sample digits, with the weights that it starts from and after
// training. Same random numbers on both sides but in the last test.
constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kTrials = 10;

struct Weights {
  std::string name;
  std::size_t training;  // trials
};
std::ostream& operator<<(std::ostream& stream, const Weights& weights) {
  return stream << weights.name;
}

class ClockDrivenNetworkTest : public testing::TestWithParam<Weights> {
 protected:
  struct Runs {
    proto::Experiment experiment;
    ImageSet images;
    Parameters parameters;
    TrialsResult exact;
    TrialsResult coarse;  // 1 ms
    TrialsResult middle;  // 0.1 ms
    TrialsResult fine;    // 0.01 ms
  };

  // Made once for all tests.
  static const Runs& runs() {
    static std::map<std::size_t, Runs> all;
    const std::size_t training = GetParam().training;
    if (const auto found = all.find(training); found != all.end()) return found->second;
    Runs& made = all[training];
    made.experiment = digits_experiment();
    made.images = sample_digits().train;
    made.parameters = training == 0
                          ? initial_parameters(made.experiment.network(), made.experiment.seed())
                          : trained_parameters(made.experiment, made.images, training);
    made.exact = run_program(made.experiment, made.parameters, made.images, kTrials, kSeed);
    const auto in_steps = [&](std::size_t steps_per_ms) {
      return run_clock_driven(made.experiment, made.parameters, made.images, made.exact, kSeed,
                              steps_per_ms);
    };
    made.coarse = in_steps(1);
    made.middle = in_steps(10);
    made.fine = in_steps(100);
    return made;
  }

  static double rms(const TrialsResult& actual, OfTrial which) {
    return difference(actual, runs().exact, which).rms;
  }
};

// What depends on given spikes alone: first order, and nothing left over.
TEST_P(ClockDrivenNetworkTest, MeansOfGivenSpikesComeToTheProgramsInProportionToTheStep) {
  const Runs& run = runs();
  for (const OfTrial which : {&TrialMeans::input_s, &TrialMeans::hidden_v}) {
    const double coarse = rms(run.coarse, which);
    const double middle = rms(run.middle, which);
    const double fine = rms(run.fine, which);
    EXPECT_NEAR(coarse / middle, 10, 2);
    EXPECT_NEAR(middle / fine, 10, 1);
    EXPECT_LT(fine, 3e-4 * difference(run.exact, run.exact, which).scale);
  }
}

// A candidate is decided otherwise where its threshold lies between two potentials whose distance
// is proportional to the step. At 0.01 ms about ten hidden spikes differ: more than a quarter as
// many as at 0.1 ms in one of 1e5 random seeds. Of the output's 100 to 800 spikes hardly one does.
TEST_P(ClockDrivenNetworkTest, SpikesDifferInProportionToTheStep) {
  const Runs& run = runs();
  const double coarse = differing_share(run.coarse, run.exact, 1);
  const double middle = differing_share(run.middle, run.exact, 1);
  const double fine = differing_share(run.fine, run.exact, 1);
  EXPECT_LT(coarse, 0.04);
  EXPECT_NEAR(coarse / middle, 10, 6);
  EXPECT_LT(fine, middle / 4);
  EXPECT_LT(fine, 6e-4);
  EXPECT_LT(differing_share(run.fine, run.exact, 2), 0.01);
}

// Means that depend on spikes which may differ: their number falls as the step, so the spread that
// they cause falls as its root, and what remains as the step.
TEST_P(ClockDrivenNetworkTest, AllMeansComeToThePrograms) {
  const Runs& run = runs();
  for (const OfTrial which :
       {&TrialMeans::hidden_s, &TrialMeans::output_v, &TrialMeans::plateau_forward,
        &TrialMeans::plateau_target, &TrialMeans::output_rate}) {
    const double coarse = rms(run.coarse, which);
    const double fine = rms(run.fine, which);
    EXPECT_LT(fine, coarse / 6);
    EXPECT_LT(fine, 0.01 * difference(run.exact, run.exact, which).scale);
  }
}

// Most of a difference is chance: which candidates are decided otherwise. So the bounds of the
// output, which has few spikes, are wide.
TEST_P(ClockDrivenNetworkTest, MeanRatesComeToThePrograms) {
  const Runs& run = runs();
  EXPECT_NEAR(rate_bias(run.coarse, run.exact, 1), 0, 5e-3);
  EXPECT_NEAR(rate_bias(run.middle, run.exact, 1), 0, 1e-3);
  EXPECT_NEAR(rate_bias(run.fine, run.exact, 1), 0, 3e-4);
  EXPECT_NEAR(rate_bias(run.coarse, run.exact, 2), 0, 0.15);
  EXPECT_NEAR(rate_bias(run.middle, run.exact, 2), 0, 0.05);
  EXPECT_NEAR(rate_bias(run.fine, run.exact, 2), 0, 0.01);
}

// With random numbers of its own, in steps of 0.1 ms. Student's t of 40 images, which are nearly
// independent, exceeds the bound once in 2e6 seeds.
TEST_P(ClockDrivenNetworkTest, IndependentRandomNumbersGiveTheSameMeanRates) {
  const Runs& run = runs();
  constexpr std::size_t kImages = 40;
  constexpr double kBound = 6;
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    const auto program = [&](std::uint64_t of) {
      return run_program(run.experiment, run.parameters, run.images, kImages, of);
    };
    const TrialsResult other = program(seed + 100);  // for its input
    const TrialsResult reference =
        run_clock_driven(run.experiment, run.parameters, run.images, other, seed + 100, 10);
    const TrialsResult exact = program(seed);
    for (const std::size_t layer : {1U, 2U}) {
      const Moments moments = moments_of(rate_differences(reference, exact, layer));
      EXPECT_LT(std::abs(moments.mean), kBound * std::sqrt(moments.variance / kImages))
          << "layer " << layer << ", seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Weights, ClockDrivenNetworkTest,
                         testing::Values(Weights{"initial", 0}, Weights{"trained", 300}),
                         [](const testing::TestParamInfo<Weights>& each) {
                           return each.param.name;
                         });

}  // namespace
}  // namespace apical
