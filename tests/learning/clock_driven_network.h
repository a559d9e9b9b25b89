#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "learning/trial_protocol.h"
#include "models/dense_weights.h"
#include "models/neuron_constants.h"
#include "models/parameters.h"
#include "models/postsynaptic_potential.h"
#include "models/thinning_clock.h"
#include "proto/network.pb.h"
#include "simulator/random_stream.h"
#include "simulator/spike.h"
#include "simulator/time.h"

namespace apical {

// What a trial comes to, a number per neuron. Means over the averaging window of the phase.
struct TrialMeans {
  std::vector<double> input_s;  // of postsynaptic potentials of weight 1, forward phase
  std::vector<double> hidden_s;
  std::vector<double> hidden_v;  // somatic, forward phase
  std::vector<double> output_v;
  std::vector<double> plateau_forward;  // of hidden neurons
  std::vector<double> plateau_target;
  std::vector<double> output_rate;  // phi, target phase, Hz
};

// Input, hidden and output neurons of a model file, with segregated apical dendrites, in fixed
// steps: forward Euler in double precision, from the differential equations alone,
//   dy/dt = -y / tau_synapse        a spike adds its weight / (tau_leak tau_synapse)
//   dx/dt = -x / tau_leak + y       x = W s, of all synapses at once
//   dV/dt = -g V + g_c (x + b) + I
// and the same y and x for each source with weight 1, which is s_j. What happens in a step
// [t, t + dt) is decided by the state at t, and takes effect at t + dt. Window means are those of
// the samples at the steps' starts.
//
// Its random numbers are given. It fires where the program does if potentials are the same: a
// candidate spike (ThinningClock) in a step is accepted by V at the step's start. So all of the
// difference to the program is that of the step.
class ClockDrivenNetwork {
 public:
  // The step is 1 ms / `steps_per_ms`. Starts at time 0 and rest. Populations are input, hidden,
  // output, projections those to hidden, to output and back; candidates are those of `seed`. The
  // parameters must outlive the network; weights do not change.
  ClockDrivenNetwork(const proto::Network& network, const Parameters& parameters,
                     std::uint64_t seed, std::size_t steps_per_ms)
      : steps_per_ms_(steps_per_ms),
        dt_(1 / static_cast<double>(steps_per_ms)),
        feedback_(&parameters.weights[2]),
        teaching_(network.population(2).output()),
        input_(static_cast<std::size_t>(network.population(0).size())),
        hidden_(network.population(1), parameters.weights[0], parameters.biases[1],
                {.seed = seed, .process = 1, .purpose = Purpose::kSpikes, .context = 0}),
        output_(network.population(2), parameters.weights[1], parameters.biases[2],
                {.seed = seed, .process = 2, .purpose = Purpose::kSpikes, .context = 0}),
        input_kernel_(hidden_.constants.kernel),
        hidden_kernel_(output_.constants.kernel),
        output_kernel_(hidden_.constants.kernel) {}

  // Runs a trial whose phases and windows are whole numbers of steps. `input` are the spikes of the
  // whole run, in order of time, of which those before the trial have been taken in.
  TrialMeans run(const PhaseTimes& times, double settling, std::size_t label,
                 std::span<const Spike> input) {
    TrialMeans means;
    run_until(times.start + settling, input, false);
    clear_sums();
    run_until(times.target_start, input, true);
    means.input_s = means_of(input_.s_sum);
    means.hidden_s = means_of(hidden_.sources.s_sum);
    means.hidden_v = means_of(hidden_.v_sum);
    means.output_v = means_of(output_.v_sum);
    means.plateau_forward = plateaus();
    teach(label);
    run_until(times.target_start + settling, input, false);
    clear_sums();
    run_until(times.end, input, true);
    means.plateau_target = plateaus();
    means.output_rate = means_of(output_.probability_sum);
    for (double& rate : means.output_rate) rate *= 1000 * output_.constants.max_rate_per_ms;
    stop_teaching();
    return means;
  }

  const std::vector<Spike>& hidden_spikes() const { return hidden_.spikes; }
  const std::vector<Spike>& output_spikes() const { return output_.spikes; }

 private:
  // s of a population's spikes at weight 1.
  struct Sources {
    explicit Sources(std::size_t size) : y(size), s(size), s_sum(size) {}

    void step(double dt, const PostsynapticPotential& kernel, bool measuring) {
      if (measuring) {
        for (std::size_t j = 0; j < s.size(); ++j) s_sum[j] += s[j];
      }
      const double leak = 1 - dt / kernel.tau_leak_ms;
      const double synapse = 1 - dt / kernel.tau_synapse_ms;
      for (std::size_t j = 0; j < s.size(); ++j) {
        s[j] = leak * s[j] + dt * y[j];
        y[j] *= synapse;
      }
    }
    void spike(std::uint32_t neuron, const PostsynapticPotential& kernel) {
      y[neuron] += 1 / (kernel.tau_leak_ms * kernel.tau_synapse_ms);
    }

    std::vector<double> y;
    std::vector<double> s;
    std::vector<double> s_sum;
  };

  struct Neurons {
    Neurons(const proto::Population& population, const DenseWeights& to_them,
            const AlignedFloats& biases, StreamKey key)
        : constants(constants_of(population)),
          dendrite(constants.compartments.front().conductance_per_ms),
          conductance(constants.total_conductance()),
          weights(&to_them),
          candidates(key, static_cast<std::uint32_t>(population.size()), constants.max_rate_per_ms),
          sources(static_cast<std::size_t>(population.size())) {
      const auto size = static_cast<std::size_t>(population.size());
      for (std::vector<double>* values : {&y, &x, &v_sum, &probability_sum, &taught}) {
        values->assign(size, 0);
      }
      for (std::size_t i = 0; i < size; ++i) {
        bias_current.push_back(dendrite * static_cast<double>(biases[i]));
        v.push_back(bias_current[i] / conductance);
      }
    }

    void step(double dt, bool measuring) {
      if (measuring) {
        for (std::size_t i = 0; i < v.size(); ++i) v_sum[i] += v[i];
      }
      const double leak = 1 - dt / constants.kernel.tau_leak_ms;
      const double synapse = 1 - dt / constants.kernel.tau_synapse_ms;
      const double membrane = 1 - dt * conductance;
      for (std::size_t i = 0; i < v.size(); ++i) {
        v[i] = membrane * v[i] + dt * (dendrite * x[i] + bias_current[i] + taught[i]);
        x[i] = leak * x[i] + dt * y[i];
        y[i] *= synapse;
      }
    }
    void sum_probabilities() {
      for (std::size_t i = 0; i < v.size(); ++i) probability_sum[i] += 1 / (1 + std::exp(-v[i]));
    }
    // Spikes of the step that ends at `end`, by the potentials at its start.
    std::span<const Spike> fire(Time end) {
      const std::size_t before = spikes.size();
      for (; candidates.time() < end; candidates.pass(1)) {
        const std::uint32_t neuron = candidates.neurons()[0];
        if (v[neuron] > static_cast<double>(candidates.thresholds()[0])) {
          spikes.push_back({candidates.time(), neuron});
        }
      }
      return std::span(spikes).subspan(before);
    }
    void receive(std::uint32_t source) {
      const float* const row = weights->row(source);
      const double jump = 1 / (constants.kernel.tau_leak_ms * constants.kernel.tau_synapse_ms);
      for (std::size_t i = 0; i < y.size(); ++i) y[i] += jump * static_cast<double>(row[i]);
    }

    SpikingPopulation::Constants constants;
    double dendrite;     // conductance
    double conductance;  // of the soma, of now
    const DenseWeights* weights;
    ThinningClock candidates;
    Sources sources;  // the neurons as sources
    std::vector<double> y;
    std::vector<double> x;
    std::vector<double> v;
    std::vector<double> v_sum;
    std::vector<double> probability_sum;
    std::vector<double> taught;  // current that teaches
    std::vector<double> bias_current;
    std::vector<Spike> spikes;
  };

  void run_until(Time end, std::span<const Spike> input, bool measuring) {
    const auto last =
        static_cast<std::uint64_t>(std::llround(end * static_cast<double>(steps_per_ms_)));
    if (measuring) samples_ = static_cast<double>(last - step_);
    while (step_ < last) {
      ++step_;
      take_step(static_cast<double>(step_) / static_cast<double>(steps_per_ms_), input, measuring);
    }
  }

  void take_step(Time end, std::span<const Spike> input, bool measuring) {
    const std::span<const Spike> hidden_spikes = hidden_.fire(end);
    const std::span<const Spike> output_spikes = output_.fire(end);
    if (measuring) output_.sum_probabilities();
    input_.step(dt_, input_kernel_, measuring);
    hidden_.sources.step(dt_, hidden_kernel_, measuring);
    output_.sources.step(dt_, output_kernel_, measuring);
    hidden_.step(dt_, measuring);
    output_.step(dt_, measuring);
    for (; taken_ < input.size() && input[taken_].time < end; ++taken_) {
      hidden_.receive(input[taken_].neuron);
      input_.spike(input[taken_].neuron, input_kernel_);
    }
    for (const Spike& spike : hidden_spikes) {
      output_.receive(spike.neuron);
      hidden_.sources.spike(spike.neuron, hidden_kernel_);
    }
    for (const Spike& spike : output_spikes) {
      output_.sources.spike(spike.neuron, output_kernel_);
    }
  }

  void teach(std::size_t label) {
    const double conductance = teaching_.teaching_conductance_per_ms();
    for (std::size_t i = 0; i < output_.taught.size(); ++i) {
      output_.taught[i] = conductance * (i == label ? teaching_.excitatory_reversal_potential()
                                                    : teaching_.inhibitory_reversal_potential());
    }
    output_.conductance = output_.constants.total_conductance() + conductance;
  }
  void stop_teaching() {
    std::ranges::fill(output_.taught, 0.0);
    output_.conductance = output_.constants.total_conductance();
  }

  void clear_sums() {
    for (std::vector<double>* sums : {&input_.s_sum, &hidden_.sources.s_sum, &output_.sources.s_sum,
                                      &hidden_.v_sum, &output_.v_sum, &output_.probability_sum}) {
      std::ranges::fill(*sums, 0.0);
    }
  }
  std::vector<double> means_of(std::vector<double> sums) const {
    for (double& sum : sums) sum /= samples_;
    return sums;
  }
  // sigmoid(Y mean s).
  std::vector<double> plateaus() const {
    const std::vector<double> s = means_of(output_.sources.s_sum);
    std::vector<double> result(hidden_.v.size(), 0.0);
    for (std::size_t k = 0; k < s.size(); ++k) {
      const float* const row = feedback_->row(k);
      for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] += static_cast<double>(row[i]) * s[k];
      }
    }
    for (double& value : result) value = 1 / (1 + std::exp(-value));
    return result;
  }

  std::size_t steps_per_ms_;
  double dt_;
  const DenseWeights* feedback_;
  proto::Output teaching_;
  Sources input_;
  Neurons hidden_;
  Neurons output_;
  PostsynapticPotential input_kernel_;  // by source, those of the neurons that receive
  PostsynapticPotential hidden_kernel_;
  PostsynapticPotential output_kernel_;
  std::uint64_t step_ = 0;
  std::size_t taken_ = 0;  // spikes of the input
  double samples_ = 0;     // in the window
};

}  // namespace apical
