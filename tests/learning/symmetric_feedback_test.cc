#include "learning/symmetric_feedback.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/learning/small_experiments.h"
#include "tests/statistics.h"

namespace apical {
namespace {

proto::SymmetricFeedback& feedback_of(proto::Experiment& experiment, int projection) {
  return *experiment.mutable_network()
              ->mutable_projection(projection)
              ->mutable_plasticity()
              ->mutable_symmetric_feedback();
}

// Calls `check` before training and after each trial.
template <typename Check>
void train(TrialRun& run, int trials, const Check& check) {
  const ImageSet images = noise_images(trials, 12, 3);
  check();
  for (std::size_t n = 0; n < images.size(); ++n) {
    run.run(images.image(n), images.labels[n]);
    check();
  }
}

TEST(SymmetricFeedbackTest, MirrorsBitByBitAfterEveryUpdate) {
  proto::Experiment experiment = one_hidden_layer();
  feedback_of(experiment, 2);
  for (const double conductance : {0.0, 0.6}) {
    experiment.mutable_network()
        ->mutable_population(1)
        ->mutable_pyramidal()
        ->set_apical_conductance_per_ms(conductance);
    TrialRun run(experiment);
    const DenseWeights before = run.parameters().weights[1];
    train(run, 5, [&] {
      const DenseWeights& forward = run.parameters().weights[1];
      const DenseWeights& back = run.parameters().weights[2];
      for (std::size_t i = 0; i < forward.sources(); ++i) {
        for (std::size_t k = 0; k < forward.targets(); ++k) {
          ASSERT_EQ(back.row(k)[i], forward.row(i)[k]);
        }
      }
    });
    EXPECT_NE(run.parameters().weights[1].row(0)[0], before.row(0)[0]);
  }
}

TEST(SymmetricFeedbackTest, OverSeveralLayersItIsTheProductOfTheTransposedWeights) {
  proto::Experiment experiment = two_hidden_layers();
  feedback_of(experiment, 3);
  feedback_of(experiment, 4);
  TrialRun run(experiment);
  train(run, 4, [&] {
    const Parameters& p = run.parameters();
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t k = 0; k < 3; ++k) {
        double expected = 0;
        double size = 0;
        for (std::size_t h = 0; h < 6; ++h) {
          const double term = static_cast<double>(p.weights[1].row(i)[h]) *
                              static_cast<double>(p.weights[2].row(h)[k]);
          expected += term;
          size += std::abs(term);
        }
        ASSERT_NEAR(p.weights[3].row(k)[i], expected, 1e-6 * size);
      }
    }
    for (std::size_t h = 0; h < 6; ++h) {
      for (std::size_t k = 0; k < 3; ++k) {
        ASSERT_EQ(p.weights[4].row(k)[h], p.weights[2].row(h)[k]);
      }
    }
  });
}

// Y - W^T, over the sources and then the targets of the feedback.
std::vector<double> noise_of(const Parameters& parameters) {
  std::vector<double> noise;
  for (std::size_t k = 0; k < parameters.weights[2].sources(); ++k) {
    for (std::size_t i = 0; i < parameters.weights[2].targets(); ++i) {
      noise.push_back(static_cast<double>(parameters.weights[2].row(k)[i]) -
                      static_cast<double>(parameters.weights[1].row(i)[k]));
    }
  }
  return noise;
}

TEST(SymmetricFeedbackTest, NoiseIsNormalAndDrawnAnew) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_network()->mutable_population(1)->set_size(400);
  feedback_of(experiment, 2).set_noise_sd(0.05);
  TrialRun run(experiment);
  std::vector<std::vector<double>> draws;
  train(run, 3, [&] {
    draws.push_back(noise_of(run.parameters()));
    std::vector<double> uniform;
    for (const double noise : draws.back()) uniform.push_back(normal_cdf(noise / 0.05));
    EXPECT_LT(kolmogorov_statistic(uniform), kKolmogorovBound);
  });
  for (std::size_t n = 1; n < draws.size(); ++n) {
    // Uncorrelated: a sum of products of independent normal numbers.
    double sum = 0;
    for (std::size_t k = 0; k < draws[n].size(); ++k) sum += draws[n][k] * draws[n - 1][k];
    const double sd = 0.05 * 0.05 * std::sqrt(static_cast<double>(draws[n].size()));
    EXPECT_LT(std::abs(sum / sd), kNormalBound);
  }
}

TEST(SymmetricFeedbackTest, FixedNoiseStays) {
  proto::Experiment experiment = one_hidden_layer();
  feedback_of(experiment, 2).set_noise_sd(0.05);
  feedback_of(experiment, 2).set_fixed_noise(true);
  TrialRun run(experiment);
  const std::vector<double> first = noise_of(run.parameters());
  EXPECT_GT(std::abs(first[0]), 1e-4);
  train(run, 3, [&] {
    const std::vector<double> now = noise_of(run.parameters());
    for (std::size_t k = 0; k < now.size(); ++k) EXPECT_NEAR(now[k], first[k], 1e-6);
  });
}

// With noise on every factor of the way, the product's mean is that of the weights.
TEST(SymmetricFeedbackTest, NoiseOnEveryFactor) {
  proto::Experiment experiment = two_hidden_layers();
  for (auto& projection : *experiment.mutable_network()->mutable_projection()) {
    if (projection.has_plasticity()) {
      projection.mutable_plasticity()->mutable_segregated_dendrites()->set_learning_rate(0);
    }
  }
  feedback_of(experiment, 3).set_noise_sd(0.05);
  TrialRun run(experiment);
  const Parameters& p = run.parameters();
  std::vector<double> sums(8 * 3);
  constexpr int kTrials = 300;
  int draws = 0;
  train(run, kTrials, [&] {
    ++draws;
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t k = 0; k < 3; ++k) sums[3 * i + k] += p.weights[3].row(k)[i];
    }
  });
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      double product = 0;
      double variance = 0;
      const double n2 = 0.05 * 0.05;
      for (std::size_t h = 0; h < 6; ++h) {
        const double w1 = p.weights[1].row(i)[h];
        const double w2 = p.weights[2].row(h)[k];
        product += w1 * w2;
        variance += n2 * (w1 * w1 + w2 * w2) + n2 * n2;
      }
      const double z = (sums[3 * i + k] / draws - product) / std::sqrt(variance / draws);
      EXPECT_LT(std::abs(z), kNormalBound);
    }
  }
}

}  // namespace
}  // namespace apical
