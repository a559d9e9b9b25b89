#pragma once

#include <span>
#include <string>

namespace apical {

// `apical batch SWEEP --out DIR [options]`: runs every variant of a sweep with every seed, each as
// a process of its own, and sums up what they measured. What is done already is left, and what was
// broken off goes on.
int batch_command(std::span<const std::string> arguments);

}  // namespace apical
