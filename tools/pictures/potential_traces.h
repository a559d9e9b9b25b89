#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "simulator/sonata_spikes.h"
#include "tools/pictures/gnuplot.h"
#include "tools/pictures/phases.h"
#include "tools/pictures/picture_request.h"

namespace apical {

// One neuron's potentials in one trial; times are in ms since the trial's start.
struct PotentialTraces {
  // A compartment's potential at start_ms, start_ms + step_ms, ...
  struct Trace {
    std::string compartment;
    std::vector<float> potentials;
  };
  // A plateau potential, and the window over which the apical potential was averaged for it.
  struct Plateau {
    double from_ms = 0;
    double to_ms = 0;
    double potential = 0;  // sigmoid(mean apical potential)
  };

  std::string population;
  std::uint64_t neuron = 0;
  std::int64_t trial = 0;
  std::int64_t label = 0;
  Phases phases;
  double start_ms = 0;
  double step_ms = 1;
  std::vector<Trace> traces;  // apical, basal, soma: those that were recorded
  std::vector<double> spikes_ms;
  std::vector<TimeWindow> spikes_recorded = {};  // when; empty if that is not known
  std::vector<Plateau> plateaus;
};

// Reads a report.h5. `population`, `neuron` and `trial` without a value are the first that there
// are. Of the same run, the files beside it add what they have: spikes.h5 the spikes, trials.h5 the
// plateau potentials, experiment.textproto their window. Throws FileError, ModelFileError.
PotentialTraces read_potential_traces(const std::filesystem::path& report,
                                      const std::optional<std::string>& population,
                                      std::optional<std::uint64_t> neuron,
                                      std::optional<std::int64_t> trial);

// The gnuplot script of a panel a compartment.
std::string potential_traces_script(const PotentialTraces& traces, const std::string& title,
                                    PictureFormat format);

// The picture kind: the file is a report.h5.
std::string potential_traces_picture(const PictureRequest& request);

}  // namespace apical
