#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "models/parameters.h"

namespace apical {

// The published simulation of a network with one hidden layer (Guerguiev et al. 2017 and its code),
// written anew from its equations in steps of 1 ms, to be trained side by side with the program. It
// shares nothing with the program but the initial weights. A step, for the hidden layer and then
// for the output:
//   B = W s + b, with s_j the sum of kappa(1), kappa(2), ... kappa(memory) over the spikes of the
//       last `memory` steps, this one's input included
//   C <- C + (-g_l C + g_d (B - C) + I), forward Euler
//   the number of spikes is Poisson with the mean phi_max sigmoid(C)
// Apical potentials A = Y s have the output's spikes of the steps before. Phases last whole ms,
// phase + floor(Wald(2, 1)), and learning takes means over their last `window` steps.
class PublishedNetwork {
 public:
  struct Settings {
    int memory = 10;  // ms that a spike acts
    int window = 20;  // ms; 0 for all steps of a phase but the first 30
    int phase = 50;   // ms
    int test = 250;   // ms, the first 30 of which do not count
    double learning_rate = 0.21;
  };

  // The weights of input to hidden, hidden to output and output to hidden, in this order.
  PublishedNetwork(const Parameters& initial, const Settings& settings, std::uint64_t seed);

  // A forward phase, a target phase and an update. Returns the answer of the forward phase: the
  // class whose output neuron had the highest mean potential.
  std::size_t train(std::span<const std::uint8_t> image, std::size_t label);

  // A forward phase from rest, which forgets what was under way.
  std::size_t test(std::span<const std::uint8_t> image);

 private:
  using Matrix = std::vector<std::vector<double>>;  // [source][target]
  using Spikes = std::vector<std::size_t>;          // the source of each

  // What one population sends to another one's dendrites within the memory.
  struct Synapses {
    Matrix weights;
    std::vector<Spikes> spikes = {};             // by step, the newest first
    std::vector<std::vector<double>> sums = {};  // of the weights of a step's spikes
    std::vector<double> s_mean = {};

    std::size_t targets() const { return weights.front().size(); }
    void send(Spikes now);
    void find_sum(std::size_t age);
    void changed();  // the weights have
    void forget(std::size_t memory);
  };
  struct Neurons {
    std::vector<double> bias;
    std::vector<double> potential = {};
    std::vector<double> potential_mean = {};
    std::vector<double> rate_mean = {};
  };

  void show(std::span<const std::uint8_t> image);
  int phase_length();
  void forget();
  void run_phase(int steps, int window, const std::vector<double>* reversal);
  void step(Synapses& synapses, Neurons& neurons, const std::vector<double>* reversal,
            double per_sample, Spikes& spikes);
  void add_to_mean(Synapses& synapses, double per_sample) const;
  std::vector<double> plateaus() const;
  static void learn(Synapses& synapses, Neurons& neurons, const std::vector<double>& change,
                    const std::vector<double>& s_mean);
  std::size_t answer() const;
  std::size_t poisson(double mean);

  Settings settings_;
  std::mt19937_64 random_;
  std::vector<double> kernel_;       // kappa(1) to kappa(memory)
  std::vector<double> input_rates_;  // per ms
  Synapses up_;
  Synapses out_;
  Synapses back_;
  Neurons hidden_;
  Neurons output_;
};

}  // namespace apical
