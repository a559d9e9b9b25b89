#pragma once

#include <cstddef>
#include <span>

#include "proto/network.pb.h"

namespace apical {

// How the neurons of an output stand for classes, from 0: k for each, those of class c being c k to
// c k + k - 1 (Guerguiev et al. 2017 have one; their code can have several).
struct OutputClasses {
  std::size_t neurons_per_class = 1;  // k

  std::size_t first_neuron(std::size_t label) const { return label * neurons_per_class; }

  // The class whose neurons have the highest potentials in the mean, of equally high ones the
  // first. `potentials` are those of all neurons.
  std::size_t answer(std::span<const float> potentials) const;
};

// Those of a checked network whose images are of so many classes.
OutputClasses output_classes(const proto::Network& network, int classes);

}  // namespace apical
