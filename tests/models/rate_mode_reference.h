#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/parameters.h"
#include "proto/network.pb.h"

namespace apical {

// The rate mode once more, in double and straight from its equations: no order but that of the
// file, which is feedforward, and nothing kept from one tick to the next but rates.
class RateModeReference {
 public:
  struct Neurons {
    bool is_input = false;
    bool is_output = false;
    double max_rate = 0;  // per ms
    double leak = 0;
    double first = 0;  // conductance of the basal compartment or the dendrite
    double apical = 0;
    double teaching = 0;  // conductance
    double excitatory = 0;
    double inhibitory = 0;
    std::vector<double> bias;
    std::vector<double> phi;
    std::vector<double> v_first;
    std::vector<double> v_apical;
    std::vector<double> v;

    double total() const { return leak + first + apical; }
    double share() const { return first / total(); }
  };
  struct Synapses {
    std::size_t source = 0;
    std::size_t target = 0;
    bool apical = false;
    std::vector<std::vector<double>> w;  // [source][target]
  };

  RateModeReference(const proto::Network& network, const Parameters& parameters) {
    for (const auto& population : network.population()) {
      Neurons n;
      const auto size = static_cast<std::size_t>(population.size());
      if (population.has_poisson_source()) {
        n.is_input = true;
        n.max_rate = population.poisson_source().max_rate_hz() / 1000;
      } else if (population.has_pyramidal()) {
        const auto& model = population.pyramidal();
        n.max_rate = model.max_rate_hz() / 1000;
        n.leak = model.leak_conductance_per_ms();
        n.first = model.basal_conductance_per_ms();
        n.apical = model.apical_conductance_per_ms();
      } else {
        const auto& model = population.output();
        n.is_output = true;
        n.max_rate = model.max_rate_hz() / 1000;
        n.leak = model.leak_conductance_per_ms();
        n.first = model.dendrite_conductance_per_ms();
        n.teaching = model.teaching_conductance_per_ms();
        n.excitatory = model.excitatory_reversal_potential();
        n.inhibitory = model.inhibitory_reversal_potential();
      }
      n.phi.assign(size, 0);
      n.v_first = n.v_apical = n.v = n.phi;
      neurons.push_back(n);
    }
    const auto index_of = [&](const std::string& name) {
      std::size_t p = 0;
      while (network.population(static_cast<int>(p)).name() != name) ++p;
      return p;
    };
    for (const auto& projection : network.projection()) {
      synapses.push_back({index_of(projection.source()),
                          index_of(projection.target()),
                          projection.compartment() == proto::APICAL,
                          {}});
    }
    read(parameters);
  }

  void read(const Parameters& parameters) {
    for (std::size_t p = 0; p < neurons.size(); ++p) {
      if (neurons[p].is_input) continue;
      neurons[p].bias.assign(
          parameters.biases[p].begin(),
          parameters.biases[p].begin() + static_cast<std::ptrdiff_t>(neurons[p].phi.size()));
    }
    for (std::size_t q = 0; q < synapses.size(); ++q) {
      synapses[q].w.clear();
      for (std::size_t j = 0; j < parameters.weights[q].sources(); ++j) {
        const float* row = parameters.weights[q].row(j);
        synapses[q].w.emplace_back(row, row + parameters.weights[q].targets());
      }
    }
  }

  void show(std::span<const std::uint8_t> image) {
    for (Neurons& n : neurons) {
      for (std::size_t j = 0; n.is_input && j < image.size(); ++j) {
        n.phi[j] = n.max_rate * image[j] / 255;
      }
    }
  }

  // Of the class `label`; none if negative.
  void tick(int label = -1) {
    std::vector<std::vector<double>> last;
    for (const Neurons& n : neurons) last.push_back(n.phi);
    for (std::size_t p = 0; p < neurons.size(); ++p) {
      Neurons& n = neurons[p];
      if (n.is_input) continue;
      n.v_first = n.bias;
      n.v_apical.assign(n.phi.size(), 0);
      for (const Synapses& s : synapses) {
        if (s.target != p) continue;
        for (std::size_t j = 0; j < s.w.size(); ++j) {
          for (std::size_t i = 0; i < n.phi.size(); ++i) {
            (s.apical ? n.v_apical : n.v_first)[i] +=
                s.w[j][i] * (s.apical ? last[s.source][j] : neurons[s.source].phi[j]);
          }
        }
      }
      for (std::size_t i = 0; i < n.phi.size(); ++i) {
        double current = n.first * n.v_first[i] + n.apical * n.v_apical[i];
        double g = n.total();
        if (n.is_output && label >= 0) {
          g += n.teaching;
          current +=
              n.teaching * (i == static_cast<std::size_t>(label) ? n.excitatory : n.inhibitory);
        }
        n.v[i] = current / g;
        n.phi[i] = n.max_rate / (1 + std::exp(-n.v[i]));
      }
    }
  }

  std::vector<Neurons> neurons;    // by population
  std::vector<Synapses> synapses;  // by projection
};

}  // namespace apical
