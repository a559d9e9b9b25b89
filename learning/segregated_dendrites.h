#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "learning/backpropagated_errors.h"
#include "learning/symmetric_feedback.h"
#include "models/parameters.h"
#include "models/plastic_network.h"
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
//
// For comparison, the e of a projection may be the backpropagated one instead
// (backpropagated_errors.h), with the same eta and P.
//
// In the rate mode the means are the values at the end of a phase; all else is the same.
class SegregatedDendrites {
 public:
  // One rule per plastic projection of a checked network. `network` refers to `parameters`; both
  // must outlive the rule, which changes the parameters.
  SegregatedDendrites(const proto::Network& description, PlasticNetwork& network,
                      Parameters& parameters);

  // Takes plateau potentials from other means of the apical potentials at the end of a phase than
  // those of the network.
  using ApicalMeans = std::function<std::span<const float>(std::size_t population)>;
  void set_apical_means(ApicalMeans means) { apical_means_ = std::move(means); }

  // Multiplies all learning rates (eta and eta_b) from the next update on; 1 unless it is set. The
  // epoch's, not the rule's, so that checkpoints do not have it.
  void set_learning_rate_factor(double factor) { learning_rate_factor_ = factor; }

  // The forward phase's window has ended: keeps its means.
  void end_forward_phase();

  // The target phase's window has ended. mean_output_rates is the mean over the window of the
  // firing rate of each output neuron, per ms.
  void end_target_phase(std::span<const double> mean_output_rates);

  // Updates all weights and biases at `now`, the end of the target phase.
  void update(Time now);

  // Between trials; without the parameters.
  void checkpoint(const Checkpoint& state);

  // ---- What it has learned from, by the population's place in the model file ----

  // Mean somatic potentials in the last forward window; those of the output.
  std::span<const float> potentials(std::size_t population) const;
  std::span<const float> output_potentials() const;

  // Plateau potentials of a pyramidal population, a number per neuron, in (0, 1).
  struct Plateaus {
    std::span<const float> forward;
    std::span<const float> target;
  };
  Plateaus plateaus(std::size_t population) const;

  // How the target phase differs from the forward phase, which makes up e of the population's own
  // rule, that of its first plastic projection: alpha_t - alpha_f, mean phi_t - phi_max
  // sigmoid(V_f), or what has been backpropagated. Known from the end of the target phase on.
  std::span<const float> difference(std::size_t population) const;
  // mean phi_t - phi_max sigmoid(V_f).
  std::span<const float> output_difference() const;

  // The last change of the biases of a population, eta P e, padded; for tests and metrics.
  std::span<const float> change(std::size_t population) const;

  // The first population whose potentials or changes are no longer numbers after update().
  std::optional<std::size_t> diverged() const;

 private:
  struct Layer {
    std::size_t population;
    std::size_t size;
    double max_rate;  // phi_max, per ms
    double step;      // P
    double share;     // k
    AlignedFloats* biases;
    bool teaches;                              // an output: e from rates rather than plateaus
    std::optional<double> learning_rate = {};  // of the biases, if they learn
    bool backpropagates = false;               // they do
    AlignedFloats v_forward = {};
    AlignedFloats plateau_forward = {};
    AlignedFloats plateau_target = {};
    AlignedFloats difference = {};  // of plateaus or rates
    AlignedFloats change = {};
  };
  struct Synapses {
    std::size_t projection;
    DenseWeights* weights;
    std::size_t layer;
    double learning_rate;
    bool backpropagates;
    std::vector<float> s_forward;
    AlignedFloats change;
  };

  void add_layer(const proto::Network& description, std::size_t population, AlignedFloats& biases);
  void add_projection(const proto::Network& description, std::size_t projection,
                      Parameters& parameters);
  void find_plateaus(const Layer& layer, AlignedFloats& plateaus) const;
  const Layer& layer_of(std::size_t population) const;
  std::span<const float> difference_of(const Layer& layer, bool backpropagates) const;
  // eta P e of each neuron.
  void find_change(const Layer& layer, double learning_rate, bool backpropagates,
                   AlignedFloats& change) const;
  // eta_b e of each neuron, for its apical synapses.
  static void find_feedback_change(const Layer& layer, double learning_rate, AlignedFloats& change);
  Synapses synapses_of(const proto::Network& description, Parameters& parameters,
                       std::size_t projection, double learning_rate, bool backpropagates) const;
  void add_changes(Synapses& synapses, Time now);

  PlasticNetwork* network_;
  double learning_rate_factor_ = 1;
  std::vector<Layer> layers_;
  std::vector<Synapses> synapses_;
  std::vector<Synapses> learned_feedback_;
  std::vector<SymmetricFeedback> symmetric_feedback_;
  ApicalMeans apical_means_;
  std::optional<BackpropagatedErrors> backpropagated_;  // if any projection learns from them
};

}  // namespace apical
