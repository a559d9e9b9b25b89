#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "learning/experiment_check.h"
#include "models/experiment_defaults.h"
#include "models/override.h"
#include "tests/data/sample_digits.h"
#include "tests/learning/clock_driven_network.h"
#include "tests/learning/small_experiments.h"

namespace apical {

// The program and the clock-driven network on the same trials with the same random numbers.

// Trials whose phases and windows are whole ms (50 ms, of which the last 20 are averaged), so that
// both mean the same times.
inline proto::Experiment whole_trials(proto::Experiment experiment) {
  proto::Trial& trial = *experiment.mutable_trial();
  trial.set_phase_length_ms(50);
  trial.set_extra_length_mean_ms(0);
  trial.set_settling_time_ms(30);
  return experiment;
}

inline proto::Experiment digits_experiment() {
  return whole_trials(with_defaults(
      read_checked_experiment("models/zoo/segregated_500.textproto", {}, {}).experiment()));
}

inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline Parameters trained_parameters(const proto::Experiment& experiment, const ImageSet& images,
                                     std::size_t trials) {
  TrialRun training(experiment);
  for (std::size_t n = 0; n < trials; ++n) {
    training.run(images.image(n % images.size()), images.labels[n % images.size()]);
  }
  return training.parameters();
}

struct TrialsResult {
  std::vector<TrialMeans> means;
  std::vector<PhaseTimes> times;
  std::array<std::vector<Spike>, 3> spikes;  // input (the program's), hidden, output
  double ms_per_trial = 0;                   // of the processor

  // Of a neuron of a layer, in all trials, Hz.
  double rate_hz(std::size_t layer, double neurons) const {
    return 1000 * static_cast<double>(spikes[layer].size()) / (neurons * times.back().end);
  }
};

// Reads the means of s where the forward phase ends. They are kept until the next window opens.
class ForwardWindow final : public Process {
 public:
  void bind(Network& network, const TrialProtocol& protocol) {
    network_ = &network;
    network.simulation().influence(*this, protocol);
  }
  void plan(Time end) { end_ = end; }
  Time next() const override { return end_; }
  void advance(Horizon horizon) override {
    if (!horizon.admits(end_, id())) return;
    for (std::size_t q = 0; q < 2; ++q) {
      const auto mean = network_->projection(q).window_mean();
      s_[q].assign(mean.begin(), mean.end());
    }
    end_ = kNever;
  }
  const std::vector<double>& s(std::size_t projection) const { return s_[projection]; }

 private:
  Network* network_ = nullptr;
  Time end_ = kNever;
  std::array<std::vector<double>, 2> s_;
};

// Trials of the program from rest, of the first images in turn, with random numbers of `seed` and
// fixed weights: all learning rates are 0.
inline TrialsResult run_program(proto::Experiment experiment, const Parameters& parameters,
                                const ImageSet& images, std::size_t trials, std::uint64_t seed) {
  for (auto& projection : *experiment.mutable_network()->mutable_projection()) {
    if (!projection.plasticity().has_segregated_dendrites()) continue;
    projection.mutable_plasticity()->mutable_segregated_dendrites()->set_learning_rate(0);
  }
  experiment.set_seed(seed);
  ForwardWindow forward;
  TrialRun program(experiment, {&forward});
  forward.bind(program.network(), program.protocol());
  program.parameters() = parameters;
  program.network().restart(0);
  const double max_rate = program.spiking(2).constants().max_rate_per_ms;
  const auto doubles = [](std::span<const float> values) {
    return std::vector<double>(values.begin(), values.end());
  };
  TrialsResult result;
  double seconds = 0;
  for (std::size_t n = 0; n < trials; ++n) {
    forward.plan(program.network().simulation().now() + experiment.trial().phase_length_ms());
    const double before = processor_seconds();
    const std::size_t shown = n % images.size();
    result.times.push_back(program.run(images.image(shown), images.labels[shown]));
    seconds += processor_seconds() - before;
    const SegregatedDendrites& rule = program.rule();
    TrialMeans& means = result.means.emplace_back();
    means.input_s = forward.s(0);
    means.hidden_s = forward.s(1);
    means.hidden_v = doubles(rule.potentials(1));
    means.output_v = doubles(rule.output_potentials());
    means.plateau_forward = doubles(rule.plateaus(1).forward);
    means.plateau_target = doubles(rule.plateaus(1).target);
    means.output_rate = doubles(rule.output_difference());  // to the rate at output_v
    for (std::size_t i = 0; i < means.output_rate.size(); ++i) {
      means.output_rate[i] += max_rate / (1 + std::exp(-means.output_v[i]));
      means.output_rate[i] *= 1000;
    }
  }
  result.ms_per_trial = 1000 * seconds / static_cast<double>(trials);
  for (std::size_t p = 0; p < 3; ++p) result.spikes[p] = program.spikes(p);
  return result;
}

// The same trials in steps of 1 ms / `steps_per_ms`, with the input's spikes and the candidates of
// the program's.
inline TrialsResult run_clock_driven(const proto::Experiment& experiment,
                                     const Parameters& parameters, const ImageSet& images,
                                     const TrialsResult& program, std::uint64_t seed,
                                     std::size_t steps_per_ms) {
  ClockDrivenNetwork network(experiment.network(), parameters, seed, steps_per_ms);
  TrialsResult result;
  result.times = program.times;
  const double before = processor_seconds();
  for (std::size_t n = 0; n < program.times.size(); ++n) {
    result.means.push_back(network.run(program.times[n], experiment.trial().settling_time_ms(),
                                       images.labels[n % images.size()], program.spikes[0]));
  }
  result.ms_per_trial =
      1000 * (processor_seconds() - before) / static_cast<double>(program.times.size());
  result.spikes[0] = program.spikes[0];
  result.spikes[1] = network.hidden_spikes();
  result.spikes[2] = network.output_spikes();
  return result;
}

// ---- Differences ----

using OfTrial = std::vector<double> TrialMeans::*;

// Over neurons and trials.
struct MeansDifference {
  double rms = 0;
  double largest = 0;
  double bias = 0;   // mean of the difference
  double scale = 0;  // r.m.s. of the exact means
};

inline MeansDifference difference(const TrialsResult& actual, const TrialsResult& exact,
                                  OfTrial which) {
  MeansDifference result;
  double count = 0;
  for (std::size_t n = 0; n < exact.means.size(); ++n) {
    const std::vector<double>& a = actual.means[n].*which;
    const std::vector<double>& e = exact.means[n].*which;
    for (std::size_t i = 0; i < e.size(); ++i) {
      const double off = a[i] - e[i];
      result.rms += off * off;
      result.largest = std::max(result.largest, std::abs(off));
      result.bias += off;
      result.scale += e[i] * e[i];
      ++count;
    }
  }
  result.rms = std::sqrt(result.rms / count);
  result.bias /= count;
  result.scale = std::sqrt(result.scale / count);
  return result;
}

// Spikes that only one of the two has, by neuron and time of the candidate, over the exact number.
inline double differing_share(const TrialsResult& actual, const TrialsResult& exact,
                              std::size_t layer) {
  const auto before = [](const Spike& a, const Spike& b) {
    return std::tie(a.time, a.neuron) < std::tie(b.time, b.neuron);
  };
  std::vector<Spike> differing;
  std::ranges::set_symmetric_difference(actual.spikes[layer], exact.spikes[layer],
                                        std::back_inserter(differing), before);
  return static_cast<double>(differing.size()) / static_cast<double>(exact.spikes[layer].size());
}

// Of a layer's mean rate over all trials, relative.
inline double rate_bias(const TrialsResult& actual, const TrialsResult& exact, std::size_t layer) {
  return static_cast<double>(actual.spikes[layer].size()) /
             static_cast<double>(exact.spikes[layer].size()) -
         1;
}

// By trial, of a layer's spikes per ms of the two.
inline std::vector<double> rate_differences(const TrialsResult& one, const TrialsResult& other,
                                            std::size_t layer) {
  std::vector<double> differences(one.times.size(), 0.0);
  const auto add = [&](const TrialsResult& result, double sign) {
    std::size_t at = 0;
    for (std::size_t n = 0; n < result.times.size(); ++n) {
      const PhaseTimes& times = result.times[n];
      const std::size_t first = at;
      while (at < result.spikes[layer].size() && result.spikes[layer][at].time < times.end) ++at;
      differences[n] += sign * static_cast<double>(at - first) / (times.end - times.start);
    }
  };
  add(one, 1);
  add(other, -1);
  return differences;
}

}  // namespace apical
