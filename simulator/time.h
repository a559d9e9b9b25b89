#pragma once

#include <limits>

namespace apical {

// Milliseconds since the start of the simulation. A double resolves 1e-7 ms after ten days of
// simulated time.
using Time = double;

// Later than every event.
inline constexpr Time kNever = std::numeric_limits<Time>::infinity();

}  // namespace apical
