#include "models/output_population.h"

#include <algorithm>
#include <span>
#include <utility>

#include "models/neuron_constants.h"

namespace apical {

OutputPopulation::OutputPopulation(std::string name, std::size_t size, const proto::Output& output,
                                   const AlignedFloats& bias, StreamKey key)
    : SpikingPopulation(std::move(name), constants_of(output), size, bias, key),
      teaching_conductance_(output.teaching_conductance_per_ms()),
      excitatory_reversal_potential_(output.excitatory_reversal_potential()),
      inhibitory_reversal_potential_(output.inhibitory_reversal_potential()),
      teaching_current_(padded(size), 0.0F) {}

// Whichever of the two conductances is on, it is equally large, so that all neurons keep one
// common time constant and differ in their current only.
void OutputPopulation::teach(Time now, std::size_t first, std::size_t count) {
  const auto excitation =
      static_cast<float>(teaching_conductance_ * excitatory_reversal_potential_);
  const auto inhibition =
      static_cast<float>(teaching_conductance_ * inhibitory_reversal_potential_);
  std::ranges::fill(teaching_current_, inhibition);
  std::ranges::fill(std::span(teaching_current_).subspan(first, count), excitation);
  set_somatic_input(now, teaching_conductance_, teaching_current_);
}

void OutputPopulation::stop_teaching(Time now) {
  std::ranges::fill(teaching_current_, 0.0F);
  set_somatic_input(now, 0, teaching_current_);
}

}  // namespace apical
