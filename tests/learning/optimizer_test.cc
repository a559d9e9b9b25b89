#include "learning/optimizer.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace apical {
namespace {

constexpr std::array kGradients = {0.5, -2.0, 1e-3, 0.25, 0.0};

void step(Optimizer& optimizer, std::span<float> parameters, std::span<const float> gradient) {
  optimizer.begin_step();
  optimizer.step(0, parameters, gradient, 1.0F);
}

// Algorithm 1 of Kingma & Ba, step by step in double precision.
TEST(Adam, StepsAsComputedByHand) {
  proto::Adam settings;
  settings.set_learning_rate(0.1);
  settings.set_beta1(0.8);
  settings.set_beta2(0.95);
  settings.set_epsilon(0.01);
  Adam adam(settings, 1);
  std::array<float, 1> theta = {1};
  double expected = 1;
  double m = 0;
  double v = 0;
  for (std::size_t t = 1; t <= kGradients.size(); ++t) {
    const double g = kGradients[t - 1];
    m = 0.8 * m + 0.2 * g;
    v = 0.95 * v + 0.05 * g * g;
    const double corrected_m = m / (1 - std::pow(0.8, t));
    const double corrected_v = v / (1 - std::pow(0.95, t));
    expected -= 0.1 * corrected_m / (std::sqrt(corrected_v) + 0.01);
    step(adam, theta, std::array{static_cast<float>(g)});
    EXPECT_NEAR(theta[0], expected, 1e-6) << t;
  }
}

// The first step is learning_rate g / (|g| + epsilon), whatever the betas.
TEST(Adam, FirstStepIsTheGradientsSign) {
  proto::Adam settings;
  settings.set_learning_rate(0.25);
  Adam adam(settings, 3);
  std::array<float, 3> theta = {1, 1, 1};
  step(adam, theta, std::array{3.0F, -0.02F, 0.0F});
  EXPECT_NEAR(theta[0], 0.75, 1e-6);
  EXPECT_NEAR(theta[1], 1.25, 1e-6);
  EXPECT_EQ(theta[2], 1);
}

// So a loss may be a sum or a mean, as long as epsilon goes with it. A power of two, so that no bit
// changes.
TEST(Adam, StepsAreTheSameWhenTheLossIsMultipliedAndEpsilonToo) {
  constexpr float kScale = 1.0F / 256;
  proto::Adam of_sum;
  of_sum.set_epsilon(0.125);
  proto::Adam of_mean = of_sum;
  of_mean.set_epsilon(of_sum.epsilon() * kScale);
  Adam sum(of_sum, 1);
  Adam mean(of_mean, 1);
  std::array<float, 1> with_sum = {1};
  std::array<float, 1> with_mean = {1};
  for (const double gradient : kGradients) {
    const auto g = static_cast<float>(gradient);
    step(sum, with_sum, std::array{g});
    step(mean, with_mean, std::array{g * kScale});
    EXPECT_EQ(with_sum[0], with_mean[0]);
  }
  EXPECT_NE(with_sum[0], 1);
}

TEST(MomentumDescent, StepsAsComputedByHand) {
  proto::Optimizer settings;
  settings.mutable_sgd()->set_learning_rate(0.1);
  settings.mutable_sgd()->set_momentum(0.5);
  const auto descent = make_optimizer(settings, 1);
  std::array<float, 1> theta = {1};
  const std::array expected = {0.95, 1.125, 1.2124};  // velocities 0.5, -1.75, -0.874
  for (std::size_t t = 0; t < expected.size(); ++t) {
    step(*descent, theta, std::array{static_cast<float>(kGradients[t])});
    EXPECT_NEAR(theta[0], expected[t], 1e-6) << t;
  }
}

// A power of two, so that nothing is rounded.
TEST(LearningRateFactor, IsAsGoodAsAnotherLearningRate) {
  proto::Optimizer adam;
  adam.mutable_adam()->set_learning_rate(0.4);
  proto::Optimizer descent;
  descent.mutable_sgd()->set_learning_rate(0.4);
  for (const proto::Optimizer& settings : {adam, descent}) {
    proto::Optimizer slow_settings = settings;
    if (settings.has_adam()) {
      slow_settings.mutable_adam()->set_learning_rate(0.1);
    } else {
      slow_settings.mutable_sgd()->set_learning_rate(0.1);
    }
    const auto factored = make_optimizer(settings, 1);
    const auto slow = make_optimizer(slow_settings, 1);
    factored->set_learning_rate_factor(0.25);
    std::array<float, 1> theta = {1};
    std::array<float, 1> expected = {1};
    for (const double g : kGradients) {
      step(*factored, theta, std::array{static_cast<float>(g)});
      step(*slow, expected, std::array{static_cast<float>(g)});
      EXPECT_EQ(theta, expected);
    }
    // A factor is that of the learning rate, whatever factors there were before.
    factored->set_learning_rate_factor(0);
    step(*factored, theta, std::array{1.0F});
    EXPECT_EQ(theta, expected);
  }
}

// Each parameter is stepped alone, so that parts may come in any order.
TEST(MakeOptimizer, GivesAdamUnlessTold) {
  const auto many = make_optimizer({}, 37);
  const auto one = make_optimizer({}, 1);
  std::array<float, 37> theta{};
  std::array<float, 1> alone{};
  std::array<float, 37> gradient{};
  for (std::size_t t = 0; t < kGradients.size(); ++t) {
    gradient.fill(static_cast<float>(kGradients[t]) * 4);
    many->begin_step();
    many->step(20, std::span(theta).subspan(20), std::span(gradient).subspan(20), 0.25F);
    many->step(0, std::span(theta).first(20), std::span(gradient).first(20), 0.25F);
    step(*one, alone, std::array{static_cast<float>(kGradients[t])});
    for (const float value : theta) EXPECT_EQ(value, alone[0]);
  }
  EXPECT_NE(alone[0], 0);
}

}  // namespace
}  // namespace apical
