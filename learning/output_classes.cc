#include "learning/output_classes.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace apical {

// All classes have as many neurons, so the sums tell which mean is the highest.
std::size_t OutputClasses::answer(std::span<const float> potentials) const {
  const auto sum = [&](std::size_t label) {
    const auto own = potentials.subspan(first_neuron(label), neurons_per_class);
    return std::accumulate(own.begin(), own.end(), 0.0);
  };
  std::size_t answer = 0;
  double highest = sum(0);
  for (std::size_t label = 1; label < potentials.size() / neurons_per_class; ++label) {
    const double each = sum(label);
    if (each > highest) {
      highest = each;
      answer = label;
    }
  }
  return answer;
}

OutputClasses output_classes(const proto::Network& network, int classes) {
  const auto& populations = network.population();
  const auto output = std::ranges::find_if(populations, &proto::Population::has_output);
  assert(output != populations.end() && classes > 0 && output->size() % classes == 0);
  return {.neurons_per_class = static_cast<std::size_t>(output->size() / classes)};
}

}  // namespace apical
