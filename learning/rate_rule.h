#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/rate/activities.h"
#include "models/rate/rate_network.h"
#include "proto/rate_learning.pb.h"
#include "simulator/checkpoint.h"

namespace apical {

// What a rate network computes of one batch of examples. Layers are l = 1 .. L; the image is 0.
struct RateBatch {
  RateBatch(const RateNetwork& network, std::size_t capacity);

  std::size_t size = 0;               // examples, up to the capacity
  std::vector<std::uint16_t> labels;  // of each
  std::vector<Activities> activity;   // [l] = h_l, with h_0 the images
  Activities target;                  // of h_L: 1 for the label and 0 elsewhere, or the image
  std::vector<Activities> error;      // [l] = dL_l/da_l of layer l's own loss L_l, l >= 1
  double loss = 0;                    // of the output, summed over the examples

  BatchView h(std::size_t l) { return activity[l].of(size); }
  ConstBatchView h(std::size_t l) const { return activity[l].of(size); }
  BatchView e(std::size_t l) { return error[l].of(size); }
};

// What a rule learns with. All must outlive it; the parameters change between its calls.
struct RateRuleContext {
  RateNetwork& network;
  const RateParameters& parameters;  // [l - 1] of layer l
  const proto::RateLearning& settings;
  std::uint64_t seed = 1;

  AffineLayer& layer(std::size_t l) const { return network.layer(l); }
  std::span<const float> parameters_of(std::size_t l) const { return parameters[l - 1]; }
  std::span<const float> weights_of(std::size_t l) const {
    return network.layer(l).weights(parameters_of(l));
  }
};

// How the layers below the output learn: an algorithm is a way of giving them errors. The output
// layer's own error is that of the task's loss, with every algorithm.
//
// For each batch the layers of which the rule may read all activities are asked for their errors
// from the top down; then all parameters change.
class RateRule {
 public:
  RateRule() = default;
  RateRule(const RateRule&) = delete;
  RateRule& operator=(const RateRule&) = delete;
  virtual ~RateRule() = default;

  // Sets batch.error[l], 1 <= l < L. Those above l are there.
  virtual void find_error(std::size_t l, RateBatch& batch) = 0;

  // Whether the rule itself has parameters that learn. If not, schedules do not matter.
  virtual bool learns() const { return false; }

  // Lets what the rule itself has of parameters for layer l, 1 <= l <= L, learn from the batch,
  // before layer l does.
  virtual void learn(std::size_t /*l*/, const RateBatch& /*batch*/) {}

  // Multiplies the learning rates of those parameters from the next batch on.
  virtual void set_learning_rate_factor(double /*factor*/) {}

  // What it carries on from one batch to the next.
  virtual void checkpoint(const Checkpoint& /*state*/) {}
};

}  // namespace apical
