#include "learning/initial_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/learning/small_experiments.h"
#include "tests/statistics.h"

namespace apical {
namespace {

constexpr double kWidth = 3.465;

// All weights of one projection as numbers in [0, 1], from an interval of the given middle and half
// width.
std::vector<double> placed(const DenseWeights& weights, double middle, double half_width) {
  std::vector<double> values;
  for (std::size_t j = 0; j < weights.sources(); ++j) {
    for (std::size_t i = 0; i < weights.targets(); ++i) {
      values.push_back(0.5 + (static_cast<double>(weights.row(j)[i]) - middle) / (2 * half_width));
    }
  }
  return values;
}

proto::Network two_projections(const std::string& first, const std::string& second) {
  auto network = parsed<proto::Network>(R"(
    population { name: "input" size: 40 poisson_source { max_rate_hz: 150 } }
    population { name: "hidden" size: 30 pyramidal { bias { mean: 0.5 sd: 0.1 } } }
    population { name: "output" size: 7 output {} }
    projection { source: "input" target: "hidden" compartment: BASAL }
    projection { source: "hidden" target: "output" compartment: DENDRITE }
    projection { source: "output" target: "hidden" compartment: APICAL
                 initializer { matched_moments { fan_in_of: "hidden_to_output" } } })");
  network.mutable_projection(0)->MergeFrom(parsed<proto::Projection>(first));
  network.mutable_projection(1)->MergeFrom(parsed<proto::Projection>(second));
  return network;
}

struct Case {
  double mean;
  double sd;
  double bias;
  double fraction;
  double max_rate_hz;
  std::size_t fan_in;
};

class MatchedMoments : public testing::TestWithParam<Case> {
 protected:
  proto::MatchedMoments wanted() const {
    proto::MatchedMoments moments;
    moments.set_potential_mean(GetParam().mean);
    moments.set_potential_sd(GetParam().sd);
    moments.set_bias_mean(GetParam().bias);
    moments.set_mean_rate_fraction(GetParam().fraction);
    return moments;
  }
  WeightMoments moments() const {
    return matched_moments(wanted(), GetParam().fan_in, GetParam().max_rate_hz);
  }
};

// The published formulas, written out once more.
TEST_P(MatchedMoments, FollowThePublishedFormulas) {
  const auto [v_avg, v_sd, b_avg, fraction, max_rate_hz, fan_in] = GetParam();
  const double nu = fraction * max_rate_hz / 1000;
  const auto n = static_cast<double>(fan_in);
  const double w_avg = (v_avg - b_avg) / (nu * n * v_avg);
  const double v_sm = v_sd * v_sd + v_avg * v_avg;
  const double w_sm = (v_sm + nu * nu * (n - n * n) * w_avg * w_avg * v_avg * v_avg -
                       2 * n * nu * b_avg * v_avg * w_avg - b_avg * b_avg) /
                      (n * nu * nu * v_sm);
  EXPECT_NEAR(moments().mean, w_avg, 1e-12 * std::abs(w_avg));
  const double w_sd = std::sqrt(w_sm - w_avg * w_avg);
  EXPECT_NEAR(moments().spread, w_sd, 1e-9 * w_sd);
}

// What the formulas are for. Let the inputs be s_j = nu U_j, with independent U_j that have the
// mean and the standard deviation that are wanted of V. Then V = sum of W_j s_j + b, over
// independent weights of mean W_avg and standard deviation W_sd, has them too: potentials keep
// their first two moments from layer to layer. (Weights that are drawn have twice W_sd, below.)
TEST_P(MatchedMoments, PotentialsKeepTheirMoments) {
  const auto [v_avg, v_sd, b_avg, fraction, max_rate_hz, fan_in] = GetParam();
  const double nu = fraction * max_rate_hz / 1000;
  const auto n = static_cast<double>(fan_in);
  const WeightMoments weights = moments();
  const double mean = n * weights.mean * nu * v_avg + b_avg;
  EXPECT_NEAR(mean, v_avg, 1e-9);
  // Of each of the n independent products W_j s_j: E[W^2] E[s^2] - (E[W] E[s])^2.
  const double s_square = nu * nu * (v_sd * v_sd + v_avg * v_avg);
  const double w_square = weights.spread * weights.spread + weights.mean * weights.mean;
  const double variance = n * (w_square * s_square - std::pow(weights.mean * nu * v_avg, 2));
  EXPECT_NEAR(std::sqrt(variance), v_sd, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Layers, MatchedMoments,
                         testing::Values(Case{3, 3, 0.8, 0.25, 200, 784},
                                         Case{3, 3, 0.8, 0.25, 200, 500},
                                         Case{3, 3, 0.8, 0.25, 200, 10},
                                         Case{-2, 1, 0.5, 0.1, 80, 33}, Case{1, 4, 0, 1, 1000, 2}));

TEST(ImpossibleMoments, HaveANegativeSquare) {
  // A mean weight that makes up for the bias is so large that the inputs' own spread is too much.
  const auto wanted = parsed<proto::MatchedMoments>("potential_mean: 1 bias_mean: 5");
  EXPECT_LT(matched_moments(wanted, 1, 200).spread, 0);
}

// Kolmogorov's bound raises a false alarm for one seed in a million, and each test below holds
// three seeds.
class InitialWeights : public testing::TestWithParam<std::uint64_t> {};

TEST_P(InitialWeights, AreUniformInTheMatchedInterval) {
  const auto network = two_projections("", "");
  const Parameters parameters = initial_parameters(network, GetParam());
  const proto::MatchedMoments defaults;
  const WeightMoments first = matched_moments(defaults, 40, 150);
  EXPECT_LT(kolmogorov_statistic(placed(parameters.weights[0], first.mean, kWidth * first.spread)),
            kKolmogorovBound);
  const WeightMoments second = matched_moments(defaults, 30, 200);
  EXPECT_LT(
      kolmogorov_statistic(placed(parameters.weights[1], second.mean, kWidth * second.spread)),
      kKolmogorovBound);
  // The feedback has 7 inputs but counts the 30 of the projection it is drawn like.
  EXPECT_LT(
      kolmogorov_statistic(placed(parameters.weights[2], second.mean, kWidth * second.spread)),
      kKolmogorovBound);
}

// Of n values that are uniform, the sample's standard deviation has an error of
// sqrt((9/5 - 1) / 4n) of it; six of these are exceeded for two seeds in 10^9.
void expect_sd(const proto::Network& network, std::uint64_t seed, double expected) {
  const DenseWeights weights = initial_parameters(network, seed).weights[0];
  const WeightMoments moments = matched_moments({}, 40, 150);
  constexpr double kWeights = 40 * 30;
  double squares = 0;
  for (std::size_t j = 0; j < 40; ++j) {
    for (std::size_t n = 0; n < 30; ++n) {
      squares += std::pow(static_cast<double>(weights.row(j)[n]) - moments.mean, 2);
    }
  }
  const double sd = std::sqrt(squares / kWeights);
  EXPECT_NEAR(sd / moments.spread, expected, 6 * expected * std::sqrt(0.2 / kWeights));
}

// As in the published code, which has 3.465 = sqrt(12) for half of the interval in the place of all
// of it, but for an early version.
TEST_P(InitialWeights, HaveTwiceTheStandardDeviationOfTheFormulas) {
  expect_sd(two_projections("", ""), GetParam(), 2.0005);
  expect_sd(two_projections("initializer { matched_moments { half_width: 1.7325 } }", ""),
            GetParam(), 1.00026);
}

TEST_P(InitialWeights, FollowOtherDistributions) {
  const auto network = two_projections("initializer { uniform { low: -2 high: 3 } }",
                                       "initializer { normal { mean: 4 sd: 0.5 } }");
  const Parameters parameters = initial_parameters(network, GetParam());
  EXPECT_LT(kolmogorov_statistic(placed(parameters.weights[0], 0.5, 2.5)), kKolmogorovBound);
  std::vector<double> normal = placed(parameters.weights[1], 4, 0.5);
  for (double& value : normal) value = normal_cdf(2 * value - 1);
  EXPECT_LT(kolmogorov_statistic(normal), kKolmogorovBound);
}

TEST_P(InitialWeights, BiasesAreUniform) {
  auto network = two_projections("", "");
  network.mutable_population(1)->set_size(500);
  const Parameters parameters = initial_parameters(network, GetParam());
  EXPECT_TRUE(parameters.biases[0].empty());
  ASSERT_EQ(parameters.biases[1].size(), padded(500));
  std::vector<double> values;
  for (std::size_t i = 0; i < 500; ++i) {
    const double b = static_cast<double>(parameters.biases[1][i]);
    values.push_back(0.5 + (b - 0.5) / (2 * kWidth * 0.1));
  }
  EXPECT_LT(kolmogorov_statistic(values), kKolmogorovBound);
  for (std::size_t i = 500; i < padded(500); ++i) EXPECT_EQ(parameters.biases[1][i], 0.0F);
  // By default of mean 0.8 and in a narrow interval.
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(static_cast<double>(parameters.biases[2][i]), 0.8, kWidth * 0.001 + 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InitialWeights, testing::Values(1, 2, 3));

TEST(InitialParameters, ConstantWeightsAreTheSameEverywhere) {
  const auto network = two_projections("initializer { constant { weight: 0.25 } }", "");
  const Parameters parameters = initial_parameters(network, 1);
  for (std::size_t j = 0; j < 40; ++j) {
    for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(parameters.weights[0].row(j)[i], 0.25F);
    for (std::size_t i = 30; i < parameters.weights[0].stride(); ++i) {
      EXPECT_EQ(parameters.weights[0].row(j)[i], 0.0F);  // the padding
    }
  }
}

// The number of zeros is binomial: its distribution function, summed exactly, is beyond 5e-7 on
// either side for one in a million seeds. What is left is what is drawn without zeroing.
TEST(InitialParameters, ZeroedShareIsBinomialAndTheRestIsScaled) {
  const auto dense = two_projections("", "");
  for (const double share : {0.8, 0.05, 0.5}) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      auto sparse = dense;
      sparse.mutable_projection(0)->mutable_initializer()->set_zeroed_share(share);
      sparse.mutable_projection(0)->mutable_initializer()->set_gain(5);
      const DenseWeights a = initial_parameters(dense, seed).weights[0];
      const DenseWeights b = initial_parameters(sparse, seed).weights[0];
      int zeros = 0;
      for (std::size_t j = 0; j < a.sources(); ++j) {
        for (std::size_t i = 0; i < a.targets(); ++i) {
          ASSERT_NE(a.row(j)[i], 0.0F);
          zeros += b.row(j)[i] == 0.0F;
          if (b.row(j)[i] == 0.0F) continue;
          EXPECT_EQ(b.row(j)[i], 5.0F * a.row(j)[i]);
        }
      }
      const int n = 40 * 30;
      double up_to = 0;
      double from = 0;
      for (int k = 0; k <= n; ++k) {
        const double probability =
            std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                     k * std::log(share) + (n - k) * std::log1p(-share));
        up_to += k <= zeros ? probability : 0;
        from += k >= zeros ? probability : 0;
      }
      EXPECT_GT(up_to, 5e-7) << zeros;
      EXPECT_GT(from, 5e-7) << zeros;
    }
  }
}

TEST(InitialParameters, SharesOfNothingAndOfAll) {
  auto network = two_projections("initializer { zeroed_share: 1 gain: 5 }", "");
  const DenseWeights none = initial_parameters(network, 1).weights[0];
  for (std::size_t j = 0; j < none.sources(); ++j) {
    for (std::size_t i = 0; i < none.targets(); ++i) EXPECT_EQ(none.row(j)[i], 0.0F);
  }
  const auto plain = all_values(initial_parameters(two_projections("", ""), 1));
  const auto given = two_projections("initializer { zeroed_share: 0 gain: 1 }", "");
  EXPECT_EQ(all_values(initial_parameters(given, 1)), plain);
}

TEST(InitialParameters, SameSeedSameBits) {
  const auto network = two_projections("initializer { normal {} }", "");
  const auto values = [&](std::uint64_t seed) {
    return all_values(initial_parameters(network, seed));
  };
  EXPECT_EQ(values(5), values(5));
  const std::vector<float> one = values(5);
  const std::vector<float> other = values(6);
  std::size_t same = 0;
  std::size_t drawn = 0;
  for (std::size_t k = 0; k < one.size(); ++k) {
    if (one[k] == 0.0F) continue;  // the padding
    ++drawn;
    same += one[k] == other[k];
  }
  // Of 1600 pairs of floats a coincidence or two is no surprise.
  EXPECT_GT(drawn, 1600U);
  EXPECT_LT(same, 10U);
}

// What one projection is drawn from, or how much of it, changes no other.
TEST(InitialParameters, StreamsAreIndependent) {
  const auto network = two_projections("", "");
  const auto other = two_projections("initializer { normal {} }", "");
  auto larger = network;
  larger.mutable_population(0)->set_size(90);
  const Parameters a = initial_parameters(network, 3);
  for (const auto& changed : {other, larger}) {
    const Parameters b = initial_parameters(changed, 3);
    for (const std::size_t p : {std::size_t{1}, std::size_t{2}}) {
      for (std::size_t j = 0; j < a.weights[p].sources(); ++j) {
        for (std::size_t i = 0; i < a.weights[p].targets(); ++i) {
          EXPECT_EQ(a.weights[p].row(j)[i], b.weights[p].row(j)[i]);
        }
      }
    }
    EXPECT_EQ(a.biases, b.biases);
  }
  // Two projections of one shape and distribution differ.
  const auto twins = parsed<proto::Network>(R"pb(
    population {
      name: "input"
      size: 5
      poisson_source {}
    }
    population {
      name: "a"
      size: 5
      pyramidal {}
    }
    population {
      name: "b"
      size: 5
      pyramidal {}
    }
    projection { source: "input" target: "a" compartment: BASAL }
    projection { source: "input" target: "b" compartment: BASAL })pb");
  const Parameters pair = initial_parameters(twins, 3);
  for (std::size_t j = 0; j < 5; ++j) {
    EXPECT_NE(pair.weights[0].row(j)[0], pair.weights[1].row(j)[0]);
  }
  EXPECT_NE(pair.biases[1], pair.biases[2]);
}

}  // namespace
}  // namespace apical
