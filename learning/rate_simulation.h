#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "learning/optimizer.h"
#include "learning/rate_rule.h"
#include "models/rate/rate_network.h"
#include "proto/rate_learning.pb.h"
#include "proto/rate_network.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/process.h"
#include "simulator/simulation.h"

namespace apical {

// What a batch changes.
struct RateUpdates {
  bool layers = true;  // weights and biases of the layers
  bool rule = true;    // what the rule has of its own: inverse models
};

// The synchronous mode: the layers of a rate network as processes of a simulation in which things
// happen at whole ticks only. With a batch of images there from tick t on, layer l
//   t + l             forward   computes h_l from h_{l-1}; the output L also the loss
//   t + 2 L + 1 - l   target    gets its error, by the rule, from what is above; not the output
//   t + 2 L + 1       update    lets the rule learn, then changes its own weights and biases
// and the next batch is there from tick t + 2 L + 1 on. Layers that act at the same tick do so in
// their order. Errors and targets thus follow from the weights that computed the activities.
class RateSimulation {
 public:
  // `context.parameters` is `parameters`, which this changes. All must outlive it.
  RateSimulation(const RateRuleContext& context, RateParameters& parameters, RateRule& rule,
                 proto::OutputLoss loss);
  RateSimulation(const RateSimulation&) = delete;
  RateSimulation& operator=(const RateSimulation&) = delete;
  ~RateSimulation();

  // To be filled in before each run: size, images, labels and targets.
  RateBatch& batch() { return batch_; }

  // Multiplies the learning rates of the layers from the next batch on; not those of the rule.
  void set_learning_rate_factor(double factor);

  void run(RateUpdates updates);

  // Between batches: the clock and the optimizers; not the parameters, nor what the rule has.
  void checkpoint(const Checkpoint& state);

  Time now() const { return simulation_.now(); }

  // Number of times that a layer acted.
  std::uint64_t events() const { return events_; }

 private:
  class LayerProcess;

  RateRuleContext context_;
  RateParameters* parameters_;
  RateRule* rule_;
  proto::OutputLoss loss_;
  RateBatch batch_;
  Activities logits_;
  RateUpdates updates_;
  std::uint64_t events_ = 0;
  Simulation simulation_;
  std::vector<std::unique_ptr<LayerProcess>> processes_;
};

// The loss of a batch's output, summed over the examples: computes h_L from h_{L-1}, and
// dL/da_L. `logits` is room for as many numbers as h_L.
double output_loss(proto::OutputLoss loss, AffineLayer& output, std::span<const float> parameters,
                   RateBatch& batch, BatchView logits);

}  // namespace apical
