#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simulator/random_stream.h"
#include "simulator/vector_math.h"
#include "tools/bench/peers/clock_driven_soma.h"
#include "tools/bench/peers/lane_random.h"

namespace apical::peers {

// The network of segregated_500.textproto (Guerguiev et al. 2017), simulated in fixed steps: a
// peer to measure `apical` against, as fast on one core as its author could make it. It shares
// with `apical` the data files, the random stream for initial weights and phase lengths, and
// arithmetic; neurons, learning and trials are written anew.
//
// A step from t to t + dt. Each neuron has fired with the probability rate(t) dt; its spikes
// arrive at t + dt. Potentials go from t to t + dt by the exact solution for given spikes, so that
// the step costs accuracy in the times of spikes and the rates within a step only
// (clock_driven_error.h measures how much). Phases last whole ms. Times in ms, rates per ms.
//
// What makes it fast:
// - The two exponentials of the postsynaptic potentials are kept by the receiving neuron, summed
//   over its synapses: a step adds the weight rows of the neurons that fired, and nothing else
//   depends on the number of synapses.
// - Means over a window are linear in the spikes. Each spike adds a number that depends on its
//   step only to its neuron's mean, so no synapse is read for them, and no step either.
// - An outer product per trial changes the weights, of those inputs only that were active; a
//   change of a row carries over to the exponentials kept by the receivers.
// - The plateau potentials are a product of the feedback weights with ten means, twice a trial;
//   the apical conductance to the soma is 0, so nothing else needs the apical potential.
class ClockDrivenNetwork {
 public:
  struct Shape {
    std::size_t inputs = 784;
    std::size_t hidden = 500;
    std::size_t classes = 10;
  };

  // The step dt is 1 ms / `steps_per_ms`, which is at least 1.
  ClockDrivenNetwork(const Shape& shape, std::uint64_t seed, std::size_t steps_per_ms = 1);

  // A forward phase, a target phase and the changes of all weights, for an image of shape.inputs
  // values. Returns the class whose output neuron had the highest mean potential in the forward
  // phase.
  std::size_t train(std::span<const std::uint8_t> image, std::size_t label);

  // Sums over all trials so far.
  struct Activity {
    double time = 0;  // ms simulated
    std::uint64_t input_spikes = 0;
    std::uint64_t hidden_spikes = 0;
    std::uint64_t output_spikes = 0;
    double expected_input_spikes = 0;  // from the images' rates
    double input_psp = 0;              // of all inputs, means over forward windows
    double input_rate = 0;             // of all inputs, of each trial's image
  };
  const Activity& activity() const { return activity_; }

  // Postsynaptic potential s_j of an input, weights and biases of the hidden neurons, and what such
  // a neuron keeps of all inputs, sum over j of W_ij s_j.
  float input_psp(std::size_t input) const;
  const WeightRows& hidden_weights() const { return input_to_hidden_; }
  std::span<const float> hidden_bias() const { return std::span(hidden_.bias).first(hidden_.size); }
  float basal_sum(std::size_t hidden) const;

 private:
  // Of one neuron that sends spikes: what becomes of them by the end of the phase. One register,
  // so that a spike adds to all at once.
  using Trace = float __attribute__((vector_size(16)));
  enum TraceElement { kWindow, kLeak, kSynapse };  // mean of s; both exponentials, s = k (L - S)

  struct Layer {
    explicit Layer(std::size_t neurons);
    std::size_t size;
    ClockDrivenSomata somata;
    AlignedFloats bias;
    AlignedFloats v_sum;  // over the window
    AlignedFloats random;
    AlignedFloats change;  // eta P e
    std::vector<std::uint32_t> fired;
    std::span<const std::uint32_t> spikes;  // of this step, the first of `fired`
    std::vector<Trace> traces;
    std::vector<float> s_forward;
  };

  void draw_weights(WeightRows& weights, std::size_t targets, std::size_t fan_in,
                    RandomStream& stream);
  std::size_t phase_steps();
  void show(std::span<const std::uint8_t> image);
  void extend_tables(std::size_t steps);
  void carry_over(std::vector<Trace>& traces, std::size_t steps) const;
  void run_phase(std::size_t steps, bool teaching, std::size_t label);
  void draw_input_spikes();
  void advance(Layer& layer, const Propagator& propagator, bool measuring);
  void mean_potentials(const Layer& layer, std::size_t steps, AlignedFloats& means) const;
  void find_plateaus(AlignedFloats& plateaus) const;
  void learn();
  void change_weights(WeightRows& weights, Layer& layer, std::span<const float> s_forward,
                      std::span<const Trace> traces);

  Shape shape_;
  std::size_t steps_per_ms_;
  double dt_;
  std::size_t settling_steps_;
  RandomStream stream_;
  LaneRandom random_;

  WeightRows input_to_hidden_;
  WeightRows hidden_to_output_;
  WeightRows output_to_hidden_;
  Layer hidden_;
  Layer output_;
  Propagator hidden_step_;
  Propagator output_step_;
  Propagator taught_step_;

  // Inputs. Those that the image lights up, and their probabilities to fire in a step.
  std::vector<std::uint32_t> active_;
  AlignedFloats active_probability_;
  AlignedFloats active_random_;
  std::vector<std::uint32_t> input_fired_;
  std::span<const std::uint32_t> input_spikes_;  // of this step, the first of input_fired_
  std::vector<Trace> input_traces_;
  std::vector<float> input_s_forward_;

  // By steps since a spike arrived: powers of the decays, and sums of them and of the kernel.
  std::vector<double> leak_power_;
  std::vector<double> synapse_power_;
  std::vector<double> leak_sum_;
  std::vector<double> synapse_sum_;
  std::vector<double> kernel_sum_;

  AlignedFloats hidden_v_forward_;
  AlignedFloats output_v_forward_;
  AlignedFloats plateau_forward_;
  AlignedFloats plateau_target_;
  AlignedFloats output_rate_;  // mean over the target window, times the number of its steps
  std::size_t target_samples_ = 0;
  Activity activity_;
};

}  // namespace apical::peers
