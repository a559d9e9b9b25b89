#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "proto/rate_learning.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/vector_math.h"

namespace apical {

// Steps down the gradient of a loss, for one array of parameters. The state (moments, velocity)
// belongs to the array, so an optimizer always steps the same one. Every parameter is stepped
// alone; bits depend neither on the array's length nor on the parts it is stepped in.
class Optimizer {
 public:
  Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  // Multiplies the learning rate from the next step on; 1 unless it is set. Not the optimizer's
  // own, so that checkpoints do not have it.
  void set_learning_rate_factor(double factor) { learning_rate_factor_ = factor; }

  // Begins a step, in which each parameter is to be stepped once.
  virtual void begin_step() {}

  // Steps the part of the array that begins at element `first`. The gradient of the loss is
  // `scale` times `gradient`. Parts that do not overlap may be stepped on several threads at once.
  virtual void step(std::size_t first, std::span<float> part, std::span<const float> gradient,
                    float scale) = 0;

  // Without the parameters.
  virtual void checkpoint(const Checkpoint& state) = 0;

 protected:
  double learning_rate_factor() const { return learning_rate_factor_; }

 private:
  double learning_rate_factor_ = 1;
};

// Kingma & Ba (ICLR 2015), algorithm 1. With g the gradient of step t = 1, 2, ...:
//   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
//   theta -= learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
class Adam final : public Optimizer {
 public:
  Adam(const proto::Adam& settings, std::size_t parameters);

  void begin_step() override { ++steps_; }
  void step(std::size_t first, std::span<float> part, std::span<const float> gradient,
            float scale) override;
  void checkpoint(const Checkpoint& state) override;

 private:
  proto::Adam settings_;
  std::uint64_t steps_ = 0;
  AlignedFloats mean_;    // m
  AlignedFloats square_;  // v
};

// v = momentum v + g, theta -= learning_rate v.
class MomentumDescent final : public Optimizer {
 public:
  MomentumDescent(const proto::Sgd& settings, std::size_t parameters);

  void step(std::size_t first, std::span<float> part, std::span<const float> gradient,
            float scale) override;
  void checkpoint(const Checkpoint& state) override;

 private:
  double learning_rate_;
  float momentum_;
  AlignedFloats velocity_;
};

// Adam where no method is set.
std::unique_ptr<Optimizer> make_optimizer(const proto::Optimizer& settings, std::size_t parameters);

}  // namespace apical
