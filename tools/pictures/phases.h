#pragma once

#include <string>
#include <string_view>

namespace apical {

// The look of a trial's phases along a time axis, in ms since the trial's start.
inline constexpr std::string_view kForwardShade = "#eef3f8";
inline constexpr std::string_view kTargetShade = "#fdf0dc";

// The forward phase is [start_ms, target_start_ms), the target phase [target_start_ms, end_ms); of
// a picture of a part of a trial, so much of them.
struct Phases {
  double target_start_ms = 0;
  double end_ms = 0;
  double start_ms = 0;

  bool both() const { return target_start_ms > start_ms && target_start_ms < end_ms; }
};

// gnuplot commands: both phases' shades from the height `bottom` to `top`, behind everything.
// Heights are as gnuplot takes them, such as "12" or "graph 1".
std::string phase_shading(const Phases& phases, std::string_view bottom, std::string_view top);

// A part of the trial of which nothing was recorded, which is not to look like silence: white, and
// said if there is room.
std::string unrecorded_shading(const Phases& phases, double from_ms, double to_ms,
                               std::string_view bottom, std::string_view top);

// A dashed line between the phases.
std::string phase_boundary(const Phases& phases, std::string_view bottom, std::string_view top);

// The phases' names above a height, each if it has room.
std::string phase_names(const Phases& phases, std::string_view height);

}  // namespace apical
