#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "models/parameters.h"
#include "proto/network.pb.h"
#include "simulator/vector_math.h"

namespace apical {

// Exact backpropagation through a network of pyramidal and output neurons, to compare with (as
// Guerguiev et al. 2017 do). Of the output's loss
//   L = || mean phi_t - phi_max sigmoid(V) ||^2,
// with V the mean potentials in the forward phase and phi_t the rates in the target phase, which
// are held fixed, it finds the errors e with dL/dW = -2 e s^T and dL/db = -2 e: with k =
// g_compartment / g and phi_max in spikes per ms,
//   output  d = mean phi_t - phi_max sigmoid(V),            e = d k phi_max sigmoid'(V)
//   below   d = sum over feedforward projections of W^T e,  e = d k phi_max sigmoid'(V).
// (The paper's and its code's gradients leave out the factor 2.) Exact in the rate mode with
// segregated apical dendrites; else what feedback brings to the soma is taken as given.
class BackpropagatedErrors {
 public:
  // The network's feedforward projections form no loop. `parameters` must outlive this.
  BackpropagatedErrors(const proto::Network& network, const Parameters& parameters);

  // From d of the output and V of a population, with the weights of now.
  template <typename Potentials>
  void find(std::span<const float> output_difference, const Potentials& potentials) {
    set_output_difference(output_difference);
    for (const std::size_t p : down_) pass_down(p, potentials(p));
  }

  // d of a population, which takes the place of the difference of plateau potentials; padded.
  std::span<const float> difference(std::size_t population) const {
    return layers_[population].difference;
  }

 private:
  struct Outgoing {
    const DenseWeights* weights;
    std::size_t target;
  };
  struct Layer {
    float slope = 0;                      // k phi_max
    std::vector<Outgoing> outgoing = {};  // feedforward
    AlignedFloats difference = {};
    AlignedFloats error = {};
  };

  void set_output_difference(std::span<const float> difference);
  void pass_down(std::size_t population, std::span<const float> v);

  std::vector<Layer> layers_;      // by population; empty for sources
  std::vector<std::size_t> down_;  // populations that are not sources, from the output down
  std::size_t output_ = 0;
};

}  // namespace apical
