#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "models/dense_weights.h"
#include "models/postsynaptic_potential.h"
#include "simulator/random_stream.h"
#include "simulator/spike.h"
#include "simulator/time.h"

namespace apical {

// A population integrated step by step, in double precision and from the differential equations
// alone, as a reference for the closed forms:
//   dy_j/dt = -y_j / tau_synapse            a spike of source j adds 1 / (tau_leak tau_synapse)
//   ds_j/dt = -s_j / tau_leak + y_j
//   dV_i/dt = -g V_i + sum over inputs of g_c sum_j W_ij s_j + I_i
// together with the integrals of s_j, V_i and sigmoid(V_i). Steps end at spikes and at all times
// asked for; in between they are at most `step` long.
class ClockDrivenReference {
 public:
  enum class Method { kEuler, kRungeKutta };
  struct Input {
    const DenseWeights* weights;  // may change between steps
    double conductance;           // of its compartment, per ms
  };

  ClockDrivenReference(std::size_t neurons, PostsynapticPotential kernel, double conductance,
                       std::vector<Input> inputs, Time step, Method method = Method::kRungeKutta)
      : neurons_(neurons),
        kernel_(kernel),
        conductance_(conductance),
        inputs_(std::move(inputs)),
        step_(step),
        method_(method),
        current_(neurons) {
    for (const Input& input : inputs_) {
      first_.push_back(sources_);
      sources_ += input.weights->sources();
    }
    state_.resize(3 * (sources_ + neurons_));
    for (auto& slope : slopes_) slope.resize(state_.size());
    between_.resize(state_.size());
  }

  Time now() const { return now_; }

  // The constant part of each neuron's current: sum of g_c b_c + I.
  void set_current(std::vector<double> current) { current_ = std::move(current); }
  void set_conductance(double conductance) { conductance_ = conductance; }
  void set_potential(std::size_t neuron, double v) { state_[v_at() + neuron] = v; }

  void advance(Time to) {
    while (now_ < to) {
      const Time dt = std::min(step_, to - now_);
      take_step(dt);
      now_ = to - now_ <= step_ ? to : now_ + dt;
    }
  }

  void spike(std::size_t input, std::uint32_t source) {
    state_[first_[input] + source] += 1 / (kernel_.tau_leak_ms * kernel_.tau_synapse_ms);
  }

  // Goes on to each spike's time in turn.
  void advance_through(std::span<const Spike> spikes, std::size_t input = 0) {
    for (const Spike& each : spikes) {
      advance(each.time);
      spike(input, each.neuron);
    }
  }

  double potential(std::size_t neuron) const { return state_[v_at() + neuron]; }

  // Integrals from time 0 to now.
  double potential_integral(std::size_t neuron) const { return state_[v_at() + neurons_ + neuron]; }
  double probability_integral(std::size_t neuron) const {
    return state_[v_at() + 2 * neurons_ + neuron];
  }
  // Of W s of an input, with the weights of now.
  double input_integral(std::size_t input, std::size_t neuron) const {
    const DenseWeights& weights = *inputs_[input].weights;
    double sum = 0;
    for (std::size_t j = 0; j < weights.sources(); ++j) {
      sum += static_cast<double>(weights.row(j)[neuron]) * state_[2 * sources_ + first_[input] + j];
    }
    return sum;
  }

 private:
  using State = std::vector<double>;

  // y, s, integral of s; V, integral of V, integral of sigmoid(V).
  std::size_t v_at() const { return 3 * sources_; }

  void find_slope(const State& x, State& slope) const {
    for (std::size_t j = 0; j < sources_; ++j) {
      slope[j] = -x[j] / kernel_.tau_synapse_ms;
      slope[sources_ + j] = -x[sources_ + j] / kernel_.tau_leak_ms + x[j];
      slope[2 * sources_ + j] = x[sources_ + j];
    }
    for (std::size_t i = 0; i < neurons_; ++i) {
      const double v = x[v_at() + i];
      slope[v_at() + i] = current_[i] - conductance_ * v;
      slope[v_at() + neurons_ + i] = v;
      slope[v_at() + 2 * neurons_ + i] = 1 / (1 + std::exp(-v));
    }
    for (std::size_t c = 0; c < inputs_.size(); ++c) {
      const DenseWeights& weights = *inputs_[c].weights;
      for (std::size_t j = 0; j < weights.sources(); ++j) {
        const double s = inputs_[c].conductance * x[sources_ + first_[c] + j];
        if (s == 0) continue;
        const float* const row = weights.row(j);
        for (std::size_t i = 0; i < neurons_; ++i) slope[v_at() + i] += row[i] * s;
      }
    }
  }

  void find_between(double dt, const State& slope) {
    for (std::size_t n = 0; n < state_.size(); ++n) between_[n] = state_[n] + dt * slope[n];
  }

  void take_step(double dt) {
    find_slope(state_, slopes_[0]);
    if (method_ == Method::kEuler) {
      find_between(dt, slopes_[0]);
      std::swap(state_, between_);
      return;
    }
    find_between(dt / 2, slopes_[0]);
    find_slope(between_, slopes_[1]);
    find_between(dt / 2, slopes_[1]);
    find_slope(between_, slopes_[2]);
    find_between(dt, slopes_[2]);
    find_slope(between_, slopes_[3]);
    for (std::size_t n = 0; n < state_.size(); ++n) {
      state_[n] += dt / 6 * (slopes_[0][n] + 2 * slopes_[1][n] + 2 * slopes_[2][n] + slopes_[3][n]);
    }
  }

  std::size_t neurons_;
  PostsynapticPotential kernel_;
  double conductance_;
  std::vector<Input> inputs_;
  Time step_;
  Method method_;
  Time now_ = 0;
  std::size_t sources_ = 0;
  std::vector<std::size_t> first_;  // source of each input
  std::vector<double> current_;
  State state_;
  State slopes_[4];
  State between_;
};

// Poisson spikes of `sources` neurons, each at `rate_per_ms`, until `end`.
inline std::vector<Spike> random_spikes(std::uint64_t seed, std::uint32_t sources,
                                        double rate_per_ms, Time end, Time start = 0) {
  RandomStream random({.seed = seed, .purpose = Purpose::kShuffling});
  std::vector<Spike> spikes;
  for (Time time = start;;) {
    time -= std::log(random.uniform()) / (rate_per_ms * sources);
    if (time >= end) return spikes;
    spikes.push_back({time, random.below(sources)});
  }
}

// Uniform in mean +- spread.
inline DenseWeights random_weights(std::uint64_t seed, std::size_t sources, std::size_t targets,
                                   double mean, double spread) {
  RandomStream random({.seed = seed, .purpose = Purpose::kInitialWeights});
  DenseWeights weights(sources, targets);
  for (std::size_t j = 0; j < sources; ++j) {
    for (std::size_t i = 0; i < targets; ++i) {
      weights.row(j)[i] = static_cast<float>(mean + spread * (2 * random.uniform() - 1));
    }
  }
  return weights;
}

}  // namespace apical
