#include "learning/segregated_dendrites.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "tests/learning/small_experiments.h"

namespace apical {
namespace {

// Of changes. Nearly all of the difference is that of the output's mean rate, which the program
// takes by the midpoint rule in steps of 0.5 ms.
constexpr double kTolerance = 1e-4;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// The network once more, in double: from the times of all spikes and the weights, but with none of
// the program's closed forms. Potentials are integrated by Runge-Kutta's method in steps of at most
// 0.05 ms that end at each spike; they and the firing rates are averaged by Simpson's rule on the
// same steps (an error below 1e-8). Rates that are transmitted are those of the reference's own
// potentials, on the grid that the model describes.
class Reference {
 public:
  struct Synapses {
    std::size_t source;
    std::size_t target;
    double delay;
    double conductance;
    bool apical;
    bool plastic;
    double learning_rate;
    double feedback_rate;                // of learned feedback
    bool mirrors;                        // symmetric feedback
    std::vector<std::vector<double>> w;  // [source neuron][target neuron]
    std::vector<double> a;               // sum of exp(-(t - t_jk) / tau_leak)
    std::vector<double> b;               // likewise of tau_synapse
    double rate_interval;                // of transmitted rates; 0: spikes are
    std::vector<double> held;            // s of transmitted rates
    std::vector<double> s_integral;
  };
  struct Neurons {
    std::size_t size;
    bool spiking;
    bool teaches;
    double max_rate;
    double leak;
    double first_conductance;
    double apical_conductance;
    double cut_off;  // of the postsynaptic potentials; 0: never
    double teaching = 0;
    std::vector<double> bias;
    std::vector<double> current;
    std::vector<double> v;
    std::vector<double> v_integral;
    std::vector<double> sigma_integral;
  };

  explicit Reference(const proto::Network& network, const Parameters& parameters)
      : network_(network) {
    for (const auto& population : network.population()) {
      Neurons n{};
      n.size = static_cast<std::size_t>(population.size());
      n.spiking = !population.has_poisson_source();
      n.teaches = population.has_output();
      if (population.has_pyramidal()) {
        n.max_rate = population.pyramidal().max_rate_hz() / 1000;
        n.leak = population.pyramidal().leak_conductance_per_ms();
        n.first_conductance = population.pyramidal().basal_conductance_per_ms();
        n.apical_conductance = population.pyramidal().apical_conductance_per_ms();
        n.cut_off = population.pyramidal().postsynaptic_potential().cut_off_ms();
      } else if (population.has_output()) {
        n.max_rate = population.output().max_rate_hz() / 1000;
        n.leak = population.output().leak_conductance_per_ms();
        n.first_conductance = population.output().dendrite_conductance_per_ms();
        n.cut_off = population.output().postsynaptic_potential().cut_off_ms();
      }
      n.current.assign(n.size, 0);
      neurons_.push_back(n);
    }
    for (const auto& projection : network.projection()) {
      Synapses s{};
      s.source = index_of(projection.source());
      s.target = index_of(projection.target());
      s.delay = projection.delay_ms();
      s.apical = projection.compartment() == proto::APICAL;
      s.conductance =
          s.apical ? neurons_[s.target].apical_conductance : neurons_[s.target].first_conductance;
      s.plastic = projection.plasticity().has_segregated_dendrites();
      s.learning_rate = projection.plasticity().segregated_dendrites().learning_rate();
      s.feedback_rate = projection.plasticity().learned_feedback().learning_rate();
      s.mirrors = projection.plasticity().has_symmetric_feedback();
      s.a.assign(neurons_[s.source].size, 0);
      s.b = s.a;
      s.held = s.a;
      if (projection.transmission() == proto::RATES) {
        s.rate_interval = projection.rate_interval_ms();
      }
      synapses_.push_back(s);
    }
    read(parameters);
    // At rest.
    for (Neurons& n : neurons_) {
      for (std::size_t i = 0; n.spiking && i < n.size; ++i) {
        n.v.push_back(n.first_conductance * n.bias[i] / total_conductance(n));
      }
    }
    hold_rates(0);
  }

  // The input's rates, which are transmitted at once.
  void show(std::span<const std::uint8_t> image) {
    for (Synapses& s : synapses_) {
      if (s.rate_interval == 0 || neurons_[s.source].spiking) continue;
      const double max_rate =
          network_.population(static_cast<int>(s.source)).poisson_source().max_rate_hz() / 1000;
      for (std::size_t j = 0; j < s.held.size(); ++j) s.held[j] = max_rate * image[j] / 255;
    }
  }

  // Takes over the program's weights and biases; the state goes on.
  void read(const Parameters& parameters) {
    for (std::size_t p = 0; p < synapses_.size(); ++p) {
      const DenseWeights& weights = parameters.weights[p];
      synapses_[p].w.clear();
      for (std::size_t j = 0; j < weights.sources(); ++j) {
        synapses_[p].w.emplace_back(weights.row(j), weights.row(j) + weights.targets());
      }
    }
    for (std::size_t p = 0; p < neurons_.size(); ++p) {
      if (!neurons_[p].spiking) continue;
      const auto& bias = parameters.biases[p];
      neurons_[p].bias.assign(bias.begin(),
                              bias.begin() + static_cast<std::ptrdiff_t>(neurons_[p].size));
    }
  }

  void teach(std::size_t label) {
    for (std::size_t p = 0; p < neurons_.size(); ++p) {
      if (!neurons_[p].teaches) continue;
      const proto::Output& output = network_.population(static_cast<int>(p)).output();
      neurons_[p].teaching = output.teaching_conductance_per_ms();
      for (std::size_t i = 0; i < neurons_[p].size; ++i) {
        neurons_[p].current[i] = output.teaching_conductance_per_ms() *
                                 (i == label ? output.excitatory_reversal_potential()
                                             : output.inhibitory_reversal_potential());
      }
    }
  }
  void stop_teaching() {
    for (Neurons& n : neurons_) {
      n.teaching = 0;
      std::ranges::fill(n.current, 0);
    }
  }

  void open_window() {
    window_start_ = now_;
    for (Synapses& s : synapses_) s.s_integral.assign(s.a.size(), 0);
    for (Neurons& n : neurons_) {
      n.v_integral.assign(n.size, 0);
      n.sigma_integral.assign(n.size, 0);
    }
  }

  // Goes on to `end` with the spikes, by population, that the program had until then.
  void run(Time end, const TrialRun& program) {
    struct Arrival {
      Time time;
      Synapses* synapses;
      std::size_t neuron;
      double leak;  // change of the sums
      double synapse;
    };
    std::vector<Arrival> arrivals;
    const auto add = [&](const Arrival& arrival) {
      if (arrival.time > now_ && arrival.time <= end) arrivals.push_back(arrival);
    };
    for (Synapses& s : synapses_) {
      if (s.rate_interval > 0) {
        for (double n = std::floor(now_ / s.rate_interval); n * s.rate_interval <= end; ++n) {
          add({n * s.rate_interval, nullptr, 0, 0, 0});
        }
        continue;
      }
      for (const Spike& spike : program.spikes(s.source)) {
        const Time time = spike.time + s.delay;
        add({time, &s, spike.neuron, 1, 1});
        const double length = neurons_[s.target].cut_off;
        if (length == 0) continue;
        add({time + length, &s, spike.neuron, -std::exp(-length / kTauLeak),
             -std::exp(-length / kTauSynapse)});
      }
    }
    std::ranges::sort(arrivals, {}, &Arrival::time);
    for (const Arrival& arrival : arrivals) {
      integrate(arrival.time);
      if (arrival.synapses == nullptr) {
        hold_rates(arrival.time);
        continue;
      }
      arrival.synapses->a[arrival.neuron] += arrival.leak;
      arrival.synapses->b[arrival.neuron] += arrival.synapse;
    }
    integrate(end);
  }

  Time now() const { return now_; }
  const std::vector<Neurons>& neurons() const { return neurons_; }
  const std::vector<Synapses>& synapses() const { return synapses_; }

  // Means over the window up to now.
  std::vector<double> mean(const std::vector<double>& integral) const {
    std::vector<double> means = integral;
    for (double& value : means) value /= now_ - window_start_;
    return means;
  }
  std::vector<double> mean_v_apical(std::size_t population) const {
    std::vector<double> means(neurons_[population].size, 0);
    for (const Synapses& s : synapses_) {
      if (s.target != population || !s.apical) continue;
      const std::vector<double> s_mean = mean(s.s_integral);
      for (std::size_t j = 0; j < s.w.size(); ++j) {
        for (std::size_t i = 0; i < means.size(); ++i) means[i] += s.w[j][i] * s_mean[j];
      }
    }
    return means;
  }

  static double total_conductance(const Neurons& n) {
    return n.leak + n.first_conductance + n.apical_conductance + n.teaching;
  }

 private:
  static constexpr double kTauLeak = 10;
  static constexpr double kTauSynapse = 3;
  static constexpr double kScale = 1 / (kTauLeak - kTauSynapse);
  static constexpr double kMaxStep = 0.05;

  std::size_t index_of(const std::string& name) const {
    std::size_t p = 0;
    while (network_.population(static_cast<int>(p)).name() != name) ++p;
    return p;
  }

  // Of the projections whose grid has this time.
  void hold_rates(Time now) {
    for (Synapses& s : synapses_) {
      if (s.rate_interval == 0 || !neurons_[s.source].spiking) continue;
      const double sent = std::round(now / s.rate_interval);
      if (sent * s.rate_interval != now) continue;
      const Neurons& source = neurons_[s.source];
      for (std::size_t j = 0; j < s.held.size(); ++j) {
        s.held[j] = source.max_rate * logistic(source.v[j]);
      }
    }
  }

  // To `end`, without spikes on the way.
  void integrate(Time end) {
    const double length = end - now_;
    if (length <= 0) return;
    for (std::size_t p = 0; p < neurons_.size(); ++p) {
      if (neurons_[p].spiking) integrate_potentials(p, length);
    }
    const double leak = std::exp(-length / kTauLeak);
    const double synapse = std::exp(-length / kTauSynapse);
    for (Synapses& s : synapses_) {
      for (std::size_t j = 0; j < s.a.size(); ++j) {
        if (!s.s_integral.empty()) {
          s.s_integral[j] +=
              kScale * (s.a[j] * kTauLeak * (1 - leak) - s.b[j] * kTauSynapse * (1 - synapse)) +
              s.held[j] * length;
        }
        s.a[j] *= leak;
        s.b[j] *= synapse;
      }
    }
    now_ = end;
  }

  void integrate_potentials(std::size_t p, double length) {
    Neurons& n = neurons_[p];
    const double g = total_conductance(n);
    const auto steps = static_cast<std::size_t>(std::ceil(length / kMaxStep));
    const double h = length / static_cast<double>(steps) / 2;
    // What drives the soma decays alike in all neurons.
    std::vector<double> leaks(2 * 2 * steps + 1);
    std::vector<double> synapses(leaks.size());
    for (std::size_t k = 0; k < leaks.size(); ++k) {
      leaks[k] = std::exp(-static_cast<double>(k) * h / 2 / kTauLeak);
      synapses[k] = std::exp(-static_cast<double>(k) * h / 2 / kTauSynapse);
    }
    for (std::size_t i = 0; i < n.size; ++i) {
      double leak = 0;
      double synapse = 0;
      double constant = n.first_conductance * n.bias[i] + n.current[i];
      for (const Synapses& s : synapses_) {
        if (s.target != p) continue;
        for (std::size_t j = 0; j < s.w.size(); ++j) {
          leak += s.conductance * kScale * s.w[j][i] * s.a[j];
          synapse -= s.conductance * kScale * s.w[j][i] * s.b[j];
          constant += s.conductance * s.w[j][i] * s.held[j];
        }
      }
      const auto slope = [&](std::size_t half, double v) {
        return constant + leak * leaks[half] + synapse * synapses[half] - g * v;
      };
      const auto step = [&](std::size_t half, double v) {
        const double k1 = slope(half, v);
        const double k2 = slope(half + 1, v + h / 2 * k1);
        const double k3 = slope(half + 1, v + h / 2 * k2);
        const double k4 = slope(half + 2, v + h * k3);
        return v + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
      };
      double v = n.v[i];
      for (std::size_t k = 0; k < steps; ++k) {
        const double middle = step(4 * k, v);
        const double end = step(4 * k + 2, middle);
        if (!n.v_integral.empty()) {
          n.v_integral[i] += h / 3 * (v + 4 * middle + end);
          n.sigma_integral[i] += h / 3 * (logistic(v) + 4 * logistic(middle) + logistic(end));
        }
        v = end;
      }
      n.v[i] = v;
    }
  }

  proto::Network network_;
  std::vector<Neurons> neurons_;
  std::vector<Synapses> synapses_;
  Time now_ = 0;
  Time window_start_ = 0;
};

// Differences relative to the largest number that is expected.
template <typename Actual>
void expect_near(const Actual& actual, const std::vector<double>& expected, double tolerance,
                 const std::string& what) {
  double largest = 0;
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    worst = std::max(worst, std::abs(static_cast<double>(actual[i]) - expected[i]));
  }
  EXPECT_LE(worst, tolerance * largest) << what;
}

// Differences of changes, which are relative to the largest one, but for the rounding of the float
// that was changed.
void expect_changed(std::span<const float> before, std::span<const float> after,
                    const std::vector<double>& change, const std::string& what) {
  double largest = 0;
  for (const double value : change) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < change.size(); ++i) {
    const auto old = static_cast<double>(before[i]);
    const auto now = static_cast<double>(after[i]);
    const double rounding = std::max(std::abs(old), std::abs(now)) * 0x1p-23;
    EXPECT_NEAR(now, old + change[i], kTolerance * largest + rounding) << what << ", element " << i;
    EXPECT_TRUE(change[i] != 0 || after[i] == before[i]) << what << ", element " << i;
  }
}

struct Variant {
  std::string name;
  proto::Experiment (*experiment)();
  void (*change)(proto::Experiment&);
};
std::ostream& operator<<(std::ostream& stream, const Variant& variant) {
  return stream << variant.name;
}

class Learning : public testing::TestWithParam<Variant> {
 protected:
  proto::Experiment experiment() const {
    proto::Experiment result = GetParam().experiment();
    GetParam().change(result);
    return result;
  }
};

// Everything that a trial computes, trial after trial with the state and the weights of the last,
// against the reference. Potentials at a trial's end are those after the update: they must not jump
// and go on as the new weights have it.
TEST_P(Learning, FollowsFromSpikeTimesAlone) {
  const proto::Experiment experiment = this->experiment();
  const proto::Network& description = experiment.network();
  const auto window_start = [&](Time start, Time end) {
    const double window = experiment.trial().window_ms();
    return window > 0 ? end - window : start + experiment.trial().settling_time_ms();
  };
  TrialRun program(experiment);
  Reference reference(description, program.parameters());
  const ImageSet images = noise_images(4, 12, 3);
  const std::size_t output = static_cast<std::size_t>(description.population_size()) - 1;
  for (std::size_t trial = 0; trial < images.size(); ++trial) {
    const std::string at = GetParam().name + ", trial " + std::to_string(trial) + ", ";
    const std::size_t label = images.labels[trial];
    const Parameters before = program.parameters();
    const PhaseTimes times = program.run(images.image(trial), label);
    reference.show(images.image(trial));

    // The reference's own trial.
    std::vector<std::vector<double>> v_forward;
    std::vector<std::vector<double>> plateau_forward;
    std::vector<std::vector<double>> plateau_target;
    std::vector<std::vector<double>> s_forward;
    const auto plateaus = [&] {
      std::vector<std::vector<double>> result;
      for (std::size_t p = 0; p < reference.neurons().size(); ++p) {
        result.push_back(reference.mean_v_apical(p));
        for (double& value : result.back()) value = logistic(value);
      }
      return result;
    };
    reference.run(window_start(times.start, times.target_start), program);
    reference.open_window();
    reference.run(times.target_start, program);
    for (const auto& n : reference.neurons()) v_forward.push_back(reference.mean(n.v_integral));
    for (const auto& s : reference.synapses()) s_forward.push_back(reference.mean(s.s_integral));
    plateau_forward = plateaus();
    reference.teach(label);
    const double target_window = window_start(times.target_start, times.end);
    reference.run(target_window, program);
    reference.open_window();
    reference.run(times.end, program);
    plateau_target = plateaus();

    expect_near(program.rule().output_potentials(), v_forward[output], 2e-6, at + "V of output");
    EXPECT_EQ(program.protocol().answer(),
              static_cast<std::size_t>(std::ranges::max_element(v_forward[output]) -
                                       v_forward[output].begin()));

    // P e by population.
    std::vector<std::vector<double>> step;
    for (std::size_t p = 0; p < reference.neurons().size(); ++p) {
      const auto& n = reference.neurons()[p];
      step.emplace_back(n.size, 0);
      if (!n.spiking) continue;
      const double g = n.leak + n.first_conductance + n.apical_conductance;
      const double k = n.first_conductance / g;
      for (std::size_t i = 0; i < n.size; ++i) {
        const double probability = logistic(v_forward[p][i]);
        const double rate = n.sigma_integral[i] / (times.end - target_window);
        const double error = n.teaches ? n.max_rate * (rate - probability)
                                       : plateau_target[p][i] - plateau_forward[p][i];
        const double factor = n.teaches ? 20 / (n.max_rate * n.max_rate) : 20 / n.max_rate;
        step[p][i] = factor * error * k * n.max_rate * probability * (1 - probability);
      }
      if (!n.teaches) {
        const auto actual = program.rule().plateaus(p);
        expect_near(actual.forward, plateau_forward[p], 2e-6, at + "forward plateau");
        expect_near(actual.target, plateau_target[p], 2e-6, at + "target plateau");
      }
    }

    // Weights and biases.
    std::vector<double> bias_rate(reference.neurons().size(), -1);
    for (std::size_t q = 0; q < reference.synapses().size(); ++q) {
      const auto& s = reference.synapses()[q];
      expect_near(program.network().projection(q).window_mean(), reference.mean(s.s_integral), 5e-6,
                  at + "mean s in target phase");
      if (s.plastic && bias_rate[s.target] < 0) bias_rate[s.target] = s.learning_rate;
      if (s.mirrors) continue;  // symmetric_feedback_test.cc
      std::vector<double> by_target = step[s.target];
      for (std::size_t i = 0; i < by_target.size(); ++i) {
        if (s.apical) {
          const double plateau = plateau_forward[s.target][i];
          by_target[i] =
              s.feedback_rate *
              (reference.neurons()[s.target].max_rate * logistic(v_forward[s.target][i]) -
               plateau) *
              plateau * (1 - plateau);
        } else {
          by_target[i] *= s.plastic ? s.learning_rate : 0;
        }
      }
      for (std::size_t j = 0; j < s.w.size(); ++j) {
        std::vector<double> change = by_target;
        for (double& value : change) value *= s_forward[q][j];
        expect_changed(std::span(before.weights[q].row(j), s.w[j].size()),
                       std::span(program.parameters().weights[q].row(j), s.w[j].size()), change,
                       at + "row " + std::to_string(j) + " of projection " + std::to_string(q));
      }
    }
    for (std::size_t p = 0; p < reference.neurons().size(); ++p) {
      if (!reference.neurons()[p].spiking) continue;
      std::vector<double> change = step[p];
      for (double& value : change) value *= std::max(bias_rate[p], 0.0);
      expect_changed(before.biases[p], program.parameters().biases[p], change,
                     at + "biases of population " + std::to_string(p));
    }

    reference.stop_teaching();
    reference.read(program.parameters());
    for (std::size_t p = 0; p < reference.neurons().size(); ++p) {
      if (!reference.neurons()[p].spiking) continue;
      std::vector<float> v(reference.neurons()[p].size);
      program.spiking(p).potentials(times.end, v);
      expect_near(v, reference.neurons()[p].v, 5e-6, at + "V of population " + std::to_string(p));
    }
  }
}

proto::SegregatedDendrites& rule_of(proto::Experiment& experiment, int projection) {
  return *experiment.mutable_network()
              ->mutable_projection(projection)
              ->mutable_plasticity()
              ->mutable_segregated_dendrites();
}

proto::LearnedFeedback& feedback_of(proto::Experiment& experiment, int projection) {
  return *experiment.mutable_network()
              ->mutable_projection(projection)
              ->mutable_plasticity()
              ->mutable_learned_feedback();
}

proto::Pyramidal& hidden_of(proto::Experiment& experiment) {
  return *experiment.mutable_network()->mutable_population(1)->mutable_pyramidal();
}

void cut_off(proto::Experiment& experiment, double after_ms) {
  for (proto::Population& each : *experiment.mutable_network()->mutable_population()) {
    if (each.has_pyramidal()) {
      each.mutable_pyramidal()->mutable_postsynaptic_potential()->set_cut_off_ms(after_ms);
    } else if (each.has_output()) {
      each.mutable_output()->mutable_postsynaptic_potential()->set_cut_off_ms(after_ms);
    }
  }
}

void transmit_rates(proto::Experiment& experiment, std::initializer_list<int> projections,
                    double interval_ms) {
  for (const int q : projections) {
    auto& projection = *experiment.mutable_network()->mutable_projection(q);
    projection.set_transmission(proto::RATES);
    projection.set_rate_interval_ms(interval_ms);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Variants, Learning,
    testing::Values(
        Variant{"published", one_hidden_layer, [](proto::Experiment&) {}},
        Variant{"two_hidden_layers", two_hidden_layers, [](proto::Experiment&) {}},
        // Weights that change by more than they are.
        Variant{"fast_learning", one_hidden_layer,
                [](proto::Experiment& e) {
                  rule_of(e, 0).set_learning_rate(3);
                  rule_of(e, 1).set_learning_rate(2);
                }},
        Variant{"apical_conductance", one_hidden_layer,
                [](proto::Experiment& e) { hidden_of(e).set_apical_conductance_per_ms(0.6); }},
        Variant{"weak_apical_conductance", two_hidden_layers,
                [](proto::Experiment& e) { hidden_of(e).set_apical_conductance_per_ms(0.05); }},
        Variant{"learned_feedback", one_hidden_layer,
                [](proto::Experiment& e) { feedback_of(e, 2).set_learning_rate(0.3); }},
        Variant{"learned_feedback_that_drives", two_hidden_layers,
                [](proto::Experiment& e) {
                  hidden_of(e).set_apical_conductance_per_ms(0.4);
                  feedback_of(e, 3).set_learning_rate(2);
                  feedback_of(e, 4).set_learning_rate(1);
                }},
        Variant{"symmetric_feedback_that_drives", one_hidden_layer,
                [](proto::Experiment& e) {
                  hidden_of(e).set_apical_conductance_per_ms(0.4);
                  e.mutable_network()
                      ->mutable_projection(2)
                      ->mutable_plasticity()
                      ->mutable_symmetric_feedback()
                      ->set_noise_sd(0.05);
                }},
        Variant{"layer_wise", two_hidden_layers,
                [](proto::Experiment& e) {
                  e.mutable_network()->mutable_projection(3)->set_source("second");
                }},
        Variant{"delays", one_hidden_layer,
                [](proto::Experiment& e) {
                  hidden_of(e).set_apical_conductance_per_ms(0.3);
                  for (int q = 0; q < 3; ++q) {
                    e.mutable_network()->mutable_projection(q)->set_delay_ms(4.5 - 1.5 * q);
                  }
                }},
        Variant{"cut_off", one_hidden_layer, [](proto::Experiment& e) { cut_off(e, 10); }},
        Variant{"cut_off_of_all_that_drives", two_hidden_layers,
                [](proto::Experiment& e) {
                  cut_off(e, 7);
                  hidden_of(e).set_apical_conductance_per_ms(0.4);
                  feedback_of(e, 3).set_learning_rate(2);
                  rule_of(e, 0).set_learning_rate(3);
                  e.mutable_network()->mutable_projection(1)->set_delay_ms(1.5);
                }},
        Variant{"rate_feedforward", one_hidden_layer,
                [](proto::Experiment& e) {
                  transmit_rates(e, {0, 1}, 0.5);
                }},
        Variant{"rate_feedback", one_hidden_layer,
                [](proto::Experiment& e) { transmit_rates(e, {2}, 0.5); }},
        Variant{"rate_feedback_that_drives_and_learns", two_hidden_layers,
                [](proto::Experiment& e) {
                  transmit_rates(e, {3, 4}, 1.5);
                  hidden_of(e).set_apical_conductance_per_ms(0.4);
                  feedback_of(e, 3).set_learning_rate(2);
                }},
        Variant{"rates_alone", two_hidden_layers,
                [](proto::Experiment& e) {
                  transmit_rates(e, {0, 1, 2, 3, 4}, 0.5);
                  hidden_of(e).set_apical_conductance_per_ms(0.05);
                }},
        Variant{"fixed_first_layer", one_hidden_layer,
                [](proto::Experiment& e) {
                  e.mutable_network()->mutable_projection(0)->clear_plasticity();
                }},
        // Onto one population, at a rate each; biases follow the first.
        Variant{"two_rates", one_hidden_layer,
                [](proto::Experiment& e) {
                  auto& direct = *e.mutable_network()->add_projection();
                  direct.set_source("input");
                  direct.set_target("output");
                  direct.set_compartment(proto::DENDRITE);
                  rule_of(e, 3).set_learning_rate(0.6);
                }},
        Variant{"first_rate_zero", one_hidden_layer,
                [](proto::Experiment& e) {
                  auto& recurrent = *e.mutable_network()->add_projection();
                  recurrent.set_source("hidden");
                  recurrent.set_target("hidden");
                  recurrent.set_compartment(proto::BASAL);
                  rule_of(e, 3).set_learning_rate(0.1);
                  rule_of(e, 0).set_learning_rate(0);
                }},
        Variant{"windows_of_a_fixed_length", one_hidden_layer,
                [](proto::Experiment& e) { e.mutable_trial()->set_window_ms(20); }},
        Variant{"other_rates_and_conductances", one_hidden_layer,
                [](proto::Experiment& e) {
                  hidden_of(e).set_max_rate_hz(120);
                  hidden_of(e).set_basal_conductance_per_ms(0.45);
                  auto& output = *e.mutable_network()->mutable_population(2)->mutable_output();
                  output.set_max_rate_hz(300);
                  output.set_leak_conductance_per_ms(0.2);
                  output.set_teaching_conductance_per_ms(0.7);
                  output.set_excitatory_reversal_potential(6);
                  output.set_inhibitory_reversal_potential(-4);
                  e.mutable_trial()->set_settling_time_ms(10);
                }}),
    [](const testing::TestParamInfo<Variant>& each) { return each.param.name; });

TEST(LearningRate, ZeroChangesNothing) {
  proto::Experiment experiment = one_hidden_layer();
  rule_of(experiment, 0).set_learning_rate(0);
  rule_of(experiment, 1).set_learning_rate(0);
  TrialRun program(experiment);
  const std::vector<float> before = all_values(program.parameters());
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t n = 0; n < 3; ++n) program.run(images.image(n), images.labels[n]);
  EXPECT_EQ(all_values(program.parameters()), before);
}

// The signs: what the teacher excites becomes more likely, what it inhibits less.
TEST(Change, BringsTheOutputNearerToTheTeacher) {
  TrialRun program(one_hidden_layer());
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t n = 0; n < 3; ++n) {
    program.run(images.image(n), images.labels[n]);
    const auto change = program.rule().change(2);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == images.labels[n]) {
        EXPECT_GT(change[i], 0.0F);
      } else {
        EXPECT_LT(change[i], 0.0F);
      }
    }
  }
}

}  // namespace
}  // namespace apical
