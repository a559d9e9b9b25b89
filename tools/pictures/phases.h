#pragma once

#include <string>
#include <string_view>

namespace apical {

// The look of a trial's phases along a time axis, in ms since the trial's start.
inline constexpr std::string_view kForwardShade = "#eef3f8";
inline constexpr std::string_view kTargetShade = "#fdf0dc";

// The forward phase is [0, target_start_ms), the target phase [target_start_ms, end_ms).
struct Phases {
  double target_start_ms = 0;
  double end_ms = 0;

  bool both() const { return target_start_ms > 0 && target_start_ms < end_ms; }
};

// gnuplot commands: both phases' shades from y = `bottom` to `top`, behind everything.
std::string phase_shading(const Phases& phases, double bottom, double top);

// A dashed line between the phases.
std::string phase_boundary(const Phases& phases, double bottom, double top);

// The phases' names above y, each if it has room.
std::string phase_names(const Phases& phases, double y);

}  // namespace apical
