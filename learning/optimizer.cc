#include "learning/optimizer.h"

#include <cassert>
#include <cmath>

namespace apical {

Adam::Adam(const proto::Adam& settings, std::size_t parameters)
    : settings_(settings), mean_(parameters), square_(parameters) {}

void Adam::step(std::size_t first, std::span<float> part, std::span<const float> gradient,
                float scale) {
  assert(first + part.size() <= mean_.size() && gradient.size() == part.size());
  const auto t = static_cast<double>(steps_);
  const double beta1 = settings_.beta1();
  const double beta2 = settings_.beta2();
  const auto b1 = static_cast<float>(beta1);
  const auto b2 = static_cast<float>(beta2);
  const auto new1 = static_cast<float>(1 - beta1);
  const auto new2 = static_cast<float>(1 - beta2);
  const double learning_rate = learning_rate_factor() * settings_.learning_rate();
  const auto rate = static_cast<float>(learning_rate / (1 - std::pow(beta1, t)));
  const auto square_scale = static_cast<float>(1 / (1 - std::pow(beta2, t)));
  const auto epsilon = static_cast<float>(settings_.epsilon());
  float* const m = mean_.data() + first;
  float* const v = square_.data() + first;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const float g = scale * gradient[i];
    m[i] = fused(new1, g, b1 * m[i]);
    v[i] = fused(new2 * g, g, b2 * v[i]);
    part[i] -= rate * m[i] / (std::sqrt(v[i] * square_scale) + epsilon);
  }
}

void Adam::checkpoint(const Checkpoint& state) {
  state.number("steps", steps_);
  state.array("mean", std::span(mean_));
  state.array("square", std::span(square_));
}

MomentumDescent::MomentumDescent(const proto::Sgd& settings, std::size_t parameters)
    : learning_rate_(settings.learning_rate()),
      momentum_(static_cast<float>(settings.momentum())),
      velocity_(parameters) {}

void MomentumDescent::step(std::size_t first, std::span<float> part,
                           std::span<const float> gradient, float scale) {
  assert(first + part.size() <= velocity_.size() && gradient.size() == part.size());
  const auto rate = static_cast<float>(learning_rate_factor() * learning_rate_);
  float* const velocity = velocity_.data() + first;
  for (std::size_t i = 0; i < part.size(); ++i) {
    velocity[i] = fused(momentum_, velocity[i], scale * gradient[i]);
    part[i] -= rate * velocity[i];
  }
}

void MomentumDescent::checkpoint(const Checkpoint& state) {
  state.array("velocity", std::span(velocity_));
}

std::unique_ptr<Optimizer> make_optimizer(const proto::Optimizer& settings,
                                          std::size_t parameters) {
  if (settings.has_sgd()) return std::make_unique<MomentumDescent>(settings.sgd(), parameters);
  return std::make_unique<Adam>(settings.adam(), parameters);
}

}  // namespace apical
