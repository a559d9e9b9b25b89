#include "tools/pictures/phases.h"

#include <fmt/format.h>

namespace apical {
namespace {

constexpr double kLeastNameShare = 0.16;  // of the time axis that a phase's name takes

}  // namespace

std::string phase_shading(const Phases& phases, std::string_view bottom, std::string_view top) {
  const auto shade = [&](double from, double to, std::string_view colour) -> std::string {
    if (from >= to) return "";
    return fmt::format(
        "set object rectangle from {},{} to {},{} behind fillcolor rgb '{}' fillstyle solid "
        "noborder\n",
        from, bottom, to, top, colour);
  };
  return shade(phases.start_ms, phases.target_start_ms, kForwardShade) +
         shade(phases.target_start_ms, phases.end_ms, kTargetShade);
}

std::string unrecorded_shading(const Phases& phases, double from_ms, double to_ms,
                               std::string_view bottom, std::string_view top) {
  constexpr double kTextShare = 0.15;  // of the time axis
  std::string script = fmt::format(
      "set object rectangle from {},{} to {},{} behind fillcolor rgb '#ffffff' fillstyle solid "
      "noborder\n",
      from_ms, bottom, to_ms, top);
  if (to_ms - from_ms >= kTextShare * (phases.end_ms - phases.start_ms)) {
    script += fmt::format(
        "set label 'not recorded' at {},{} center offset 0,0.8 font ',9' textcolor rgb "
        "'#777777'\n",
        (from_ms + to_ms) / 2, bottom);
  }
  return script;
}

std::string phase_boundary(const Phases& phases, std::string_view bottom, std::string_view top) {
  if (!phases.both()) return "";
  return fmt::format(
      "set arrow from {0},{1} to {0},{2} nohead front linewidth 1 dashtype (6,4) linecolor rgb "
      "'#444444'\n",
      phases.target_start_ms, bottom, top);
}

std::string phase_names(const Phases& phases, std::string_view height) {
  const auto name_phase = [&](double from, double to, std::string_view name) -> std::string {
    if (to - from < kLeastNameShare * (phases.end_ms - phases.start_ms)) return "";
    return fmt::format("set label '{}' at {},{} center offset 0,0.5 textcolor rgb '#444444'\n",
                       name, (from + to) / 2, height);
  };
  return name_phase(phases.start_ms, phases.target_start_ms, "forward phase") +
         name_phase(phases.target_start_ms, phases.end_ms, "target phase");
}

}  // namespace apical
