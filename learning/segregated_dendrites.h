#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "learning/stochastic_plateaus.h"
#include "learning/symmetric_feedback.h"
#include "models/network.h"
#include "models/parameters.h"
#include "proto/network.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/vector_math.h"

namespace apical {

// Learning with segregated dendrites (Guerguiev et al. 2017): an apical plateau potential at the
// end of each phase tells a hidden neuron how the target phase differs from the forward phase.
//
// With bars for means over the averaging windows, f for forward and t for target, phi_max in
// spikes per ms, k = g_compartment / g of the forward phase:
//   plateau  alpha = sigmoid(mean V_a)
//   hidden   e = (alpha_t - alpha_f) k phi_max sigmoid'(mean V_f),    P = 20 / phi_max
//   output   e = (mean phi_t - phi_max sigmoid(mean V_f)) k phi_max sigmoid'(mean V_f),
//                                                                      P = 20 / phi_max^2
//   W += eta P e s_f^T,  b += eta P e.
// eta is the projection's; biases have that of the first plastic projection onto the population.
//
// Feedback may learn too, from the forward phase, with s of the feedback's source:
//   e = (phi_max sigmoid(mean V_f) - alpha_f) sigmoid'(mean V_a),  Y += eta_b e s_f^T,
// or mirror the feedforward weights (symmetric_feedback.h).
class SegregatedDendrites {
 public:
  // One rule per plastic projection of a checked network. `network` refers to `parameters`; both
  // must outlive the rule, which changes the parameters.
  SegregatedDendrites(const proto::Network& description, Network& network, Parameters& parameters);

  // Takes plateau potentials from the means that these have found at the end of a phase, instead of
  // those over the whole window. They must outlive the rule.
  void set_plateaus(const StochasticPlateaus& plateaus) { stochastic_plateaus_ = &plateaus; }

  // The forward phase's window has ended: keeps its means.
  void end_forward_phase();

  // The target phase's window has ended. mean_output_rates is the mean over the window of the
  // firing rate of each output neuron, per ms.
  void end_target_phase(std::span<const double> mean_output_rates);

  // Updates all weights and biases at `now`, the end of the target phase.
  void update(Time now);

  // Between trials; without the parameters.
  void checkpoint(const Checkpoint& state);

  // Mean somatic potentials of the output in the last forward window.
  std::span<const float> output_potentials() const;

  // Plateau potentials of a population, a number per neuron, in (0, 1).
  struct Plateaus {
    std::span<const float> forward;
    std::span<const float> target;
  };
  Plateaus plateaus(const SpikingPopulation& population) const;

  // The last change of the biases of a population, eta P e, padded; for tests and metrics.
  std::span<const float> change(const SpikingPopulation& population) const;

 private:
  struct Layer {
    SpikingPopulation* population;
    AlignedFloats* biases;
    std::optional<double> learning_rate;  // of the biases, if they learn
    bool teaches;                         // an output: e from rates rather than plateaus
    AlignedFloats v_forward;
    AlignedFloats plateau_forward;
    AlignedFloats plateau_target;
    AlignedFloats change;
  };
  struct Synapses {
    DenseProjection* projection;
    DenseWeights* weights;
    std::size_t layer;
    double learning_rate;
    std::vector<float> s_forward;
    AlignedFloats change;
  };

  void find_plateaus(const Layer& layer, AlignedFloats& plateaus) const;
  const Layer& layer_of(const SpikingPopulation& population) const;
  // eta P e of each neuron.
  void find_change(const Layer& layer, double learning_rate, AlignedFloats& change) const;
  // eta_b e of each neuron, for its apical synapses.
  static void find_feedback_change(const Layer& layer, double learning_rate, AlignedFloats& change);
  Synapses synapses_of(Network& network, Parameters& parameters, std::size_t projection,
                       double learning_rate) const;
  static void add_changes(Synapses& synapses, Time now);

  std::vector<Layer> layers_;
  std::vector<Synapses> synapses_;
  std::vector<Synapses> learned_feedback_;
  std::vector<SymmetricFeedback> symmetric_feedback_;
  const StochasticPlateaus* stochastic_plateaus_ = nullptr;
  std::vector<double> output_rates_;
};

}  // namespace apical
