#include "tools/pictures/potential_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "models/experiment_fields.h"
#include "models/experiment_file.h"
#include "simulator/hdf5_file.h"
#include "simulator/sonata_spikes.h"
#include "tools/command_error.h"
#include "tools/counted.h"
#include "tools/pictures/recorded_neurons.h"
#include "tools/pictures/trial_spikes.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

enum Element : std::uint32_t { kSoma = 0, kBasal = 1, kApical = 2 };
constexpr std::array kFromTop = {kApical, kBasal, kSoma};

constexpr std::string_view kPlateauColour = kColours[3];
// Of the time axis, the width of a plateau's text and of its number alone.
constexpr double kPlateauTextShare = 0.23;
constexpr double kNumberShare = 0.06;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw FileError(path, FileAccess::kRead, reason);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string population_in(const Hdf5File& file, const std::optional<std::string>& wanted) {
  const std::vector<std::string> names = file.names_in("/report");
  if (names.empty()) fail(file.path(), "holds no report of a population");
  if (!wanted) return names.front();
  if (std::ranges::find(names, *wanted) != names.end()) return *wanted;
  fail(file.path(), fmt::format("holds no report of a population {}; it holds {}", *wanted,
                                fmt::join(names, ", ")));
}

// The columns of a neuron in a report's data.
struct Columns {
  std::uint64_t neuron = 0;
  std::size_t first = 0;
  std::vector<std::uint32_t> elements;
};

Columns columns_of(const Hdf5File& file, const std::string& group,
                   std::optional<std::uint64_t> wanted) {
  const auto node_ids = file.read<std::uint64_t>(group + "/mapping/node_ids");
  const auto pointers = file.read<std::uint64_t>(group + "/mapping/index_pointers");
  const auto element_ids = file.read<std::uint32_t>(group + "/mapping/element_ids");
  if (node_ids.empty() || pointers.size() != node_ids.size() + 1 ||
      !std::ranges::is_sorted(pointers) || pointers.back() > element_ids.size()) {
    fail(file.path(), group + "/mapping: node_ids, index_pointers and element_ids do not agree");
  }
  const std::uint64_t neuron = wanted.value_or(node_ids.front());
  const auto found = std::ranges::find(node_ids, neuron);
  if (found == node_ids.end()) {
    fail(file.path(), fmt::format("{} holds no neuron {}; it holds {}, from {} to {}", group,
                                  neuron, counted(node_ids.size(), "neuron"),
                                  std::ranges::min(node_ids), std::ranges::max(node_ids)));
  }
  const auto row = static_cast<std::size_t>(found - node_ids.begin());
  return {neuron,
          pointers[row],
          {element_ids.begin() + static_cast<std::ptrdiff_t>(pointers[row]),
           element_ids.begin() + static_cast<std::ptrdiff_t>(pointers[row + 1])}};
}

// The row of the first trial that the report has something of; populations may begin apart.
std::size_t first_row_of(const Hdf5File& file, const std::string& group, const TrialTimes& trials) {
  const auto time = file.read<double>(group + "/mapping/time");
  const double from = time.empty() ? 0 : time[0];
  const auto later = std::ranges::find_if(trials.end_ms, [&](double end) { return end > from; });
  if (later == trials.end_ms.end()) return row_of_trial(trials, std::nullopt);
  return static_cast<std::size_t>(later - trials.end_ms.begin());
}

// Reads the times of the trial, and what the report has of them.
void read_traces(const Hdf5File& file, const std::string& group, const Columns& columns,
                 double trial_start_ms, PotentialTraces& traces) {
  const auto time = file.read<double>(group + "/mapping/time");
  const auto shape = file.shape_of(group + "/data");
  if (time.size() != 3 || !(time[2] > 0) || shape.size() != 2 ||
      shape[1] < columns.first + columns.elements.size()) {
    fail(file.path(), group + ": data and mapping do not agree");
  }
  const double from = (trial_start_ms - time[0]) / time[2];
  const double to = (trial_start_ms + traces.phases.end_ms - time[0]) / time[2];
  const auto first = static_cast<std::uint64_t>(std::max(std::ceil(from), 0.0));
  const auto last =
      std::min(static_cast<std::uint64_t>(std::max(std::floor(to) + 1, 0.0)), shape[0]);
  if (first >= last) {
    fail(file.path(), fmt::format("{} {} trial {}", group, to < 0 ? "begins after" : "ends before",
                                  traces.trial));
  }
  std::vector<float> rows((last - first) * shape[1]);
  file.read_rows<float>(group + "/data", first, rows);

  traces.start_ms = time[0] + static_cast<double>(first) * time[2] - trial_start_ms;
  traces.step_ms = time[2];
  const bool pyramidal = std::ranges::find(columns.elements, kApical) != columns.elements.end();
  for (const Element element : kFromTop) {
    const auto found = std::ranges::find(columns.elements, element);
    if (found == columns.elements.end()) continue;
    const std::array<std::string_view, 3> names = {"soma", pyramidal ? "basal" : "dendrite",
                                                   "apical"};
    PotentialTraces::Trace& trace = traces.traces.emplace_back();
    trace.compartment = names[element];
    const auto column = columns.first + static_cast<std::size_t>(found - columns.elements.begin());
    for (std::size_t row = 0; row < last - first; ++row) {
      trace.potentials.push_back(rows[row * shape[1] + column]);
    }
  }
  if (traces.traces.empty()) fail(file.path(), group + " holds no compartment that is known");
}

// The plateau potential of a phase, and over what it was averaged; `time` of a stochastic one, or
// the end of the phase.
PotentialTraces::Plateau plateau_of(const std::map<std::string, std::string>& experiment,
                                    double start, double end, double time, double potential) {
  const auto value = [&](const std::string& field) {
    const auto found = experiment.find(field);
    return found == experiment.end() ? 0 : std::atof(found->second.c_str());
  };
  const double stochastic = value("trial.stochastic_plateaus.window_ms");
  if (stochastic > 0) return {std::max(time - stochastic, start), time, potential};
  const double window = value("trial.window_ms");
  if (window > 0) return {std::max(end - window, start), end, potential};
  return {std::min(start + value("trial.settling_time_ms"), end), end, potential};
}

void read_plateaus(const fs::path& trials_file, const fs::path& experiment_file,
                   PotentialTraces& traces) {
  const Hdf5File file = Hdf5File::open(trials_file);
  const std::string group = "/plateaus/" + traces.population;
  if (!file.has(group)) return;
  const auto index = file.read<std::int64_t>("/trials/index");
  const auto found = std::ranges::find(index, traces.trial);
  const auto shape = file.shape_of(group + "/forward");
  if (found == index.end() || shape.size() != 2 || shape != file.shape_of(group + "/target") ||
      traces.neuron >= shape[1]) {
    return;
  }
  const auto row = static_cast<std::uint64_t>(found - index.begin());
  if (row >= shape[0]) return;
  std::map<std::string, std::string> experiment;
  if (is_there(experiment_file)) {
    experiment = fields_of(ExperimentFile::read(experiment_file).experiment());
  }
  std::vector<float> values(shape[1]);
  for (const bool forward : {true, false}) {
    const std::string dataset = group + (forward ? "/forward" : "/target");
    file.read_rows<float>(dataset, row, values);
    const double start = forward ? 0 : traces.phases.target_start_ms;
    const double end = forward ? traces.phases.target_start_ms : traces.phases.end_ms;
    double time = end;
    if (experiment.contains("trial.stochastic_plateaus.window_ms")) {
      // Older files do not tell when they came.
      if (!file.has(dataset + "_ms") || file.shape_of(dataset + "_ms") != shape) return;
      std::vector<double> times(shape[1]);
      file.read_rows<double>(dataset + "_ms", row, times);
      double start_ms = 0;
      file.read_rows<double>("/trials/start_ms", row, std::span(&start_ms, 1));
      time = times[traces.neuron] - start_ms;
    }
    traces.plateaus.push_back(plateau_of(experiment, start, end, time, values[traces.neuron]));
  }
}

void read_spikes(const fs::path& spikes_file, PotentialTraces& traces) {
  const SonataSpikeFile recorded(spikes_file);
  const TrialTimes trials = recorded.trials();
  if (std::ranges::find(trials.index, traces.trial) == trials.index.end()) return;
  for (const SpikeTrain& train : read_trial(recorded, traces.trial).populations) {
    if (train.population != traces.population) continue;
    for (std::size_t i = 0; i < train.node_ids.size(); ++i) {
      if (train.node_ids[i] == traces.neuron) traces.spikes_ms.push_back(train.times_ms[i]);
    }
    const auto recording = recording_beside(spikes_file);
    if (!recording) continue;
    for (const RecordedNeurons& group :
         recorded_neurons(*recording, train.population, train.neurons)) {
      if (std::ranges::find(group.ids, traces.neuron) == group.ids.end()) continue;
      traces.spikes_recorded =
          recorded_windows(std::span(&group, 1), traces.trial, 0, 0, traces.phases.end_ms);
    }
  }
}

double logit(double p) {
  constexpr double kLeast = 1e-6;
  const double inside = std::clamp(p, kLeast, 1 - kLeast);
  return std::log(inside / (1 - inside));
}

// The potentials of the panel, with room above for spikes or a plateau's text.
std::string range_script(const PotentialTraces::Trace& trace,
                         const std::vector<PotentialTraces::Plateau>& plateaus) {
  double low = *std::ranges::min_element(trace.potentials);
  double high = *std::ranges::max_element(trace.potentials);
  for (const auto& plateau : plateaus) {
    low = std::min(low, logit(plateau.potential));
    high = std::max(high, logit(plateau.potential));
  }
  const double height = std::max(high - low, 1e-3);
  return fmt::format("set yrange [{}:{}]\n", low - 0.08 * height, high + 0.3 * height);
}

// Each plateau as a bar over its window, and above it its number, with what it is if there is room
// in the phase.
std::string plateaus_script(const std::vector<PotentialTraces::Plateau>& plateaus,
                            const Phases& phases) {
  std::string script;
  for (const auto& [from, to, potential] : plateaus) {
    script += fmt::format(
        "set arrow from {0},{2} to {1},{2} nohead front linewidth 3 linecolor rgb '{3}'\n", from,
        to, logit(potential), kPlateauColour);
    const bool forward = to <= phases.target_start_ms;
    const double phase_start = forward ? 0 : phases.target_start_ms;
    const double phase_end = forward ? phases.target_start_ms : phases.end_ms;
    const bool short_text = phase_end - phase_start < kPlateauTextShare * phases.end_ms;
    const double half = 0.5 * (short_text ? kNumberShare : kPlateauTextShare) * phases.end_ms;
    if (2 * half > phase_end - phase_start) continue;
    script += fmt::format(
        "set label '{}{:.3f}' at {},graph 0.9 center front font ',9' textcolor rgb '#222222'\n",
        short_text ? "" : "plateau potential ", potential,
        std::clamp((from + to) / 2, phase_start + half, phase_end - half));
  }
  return script;
}

// Of which part of the trial the spikes are, if they are not of all of it.
std::string recorded_script(const PotentialTraces& traces) {
  if (traces.spikes_recorded.size() != 1) return "";
  const auto [from, to] = traces.spikes_recorded.front();
  if (from <= 0 && to >= traces.phases.end_ms) return "";
  return fmt::format(
      "set label '{:.0f} to {:.0f} ms' at graph 1,graph 0.8 left offset 1.2,0 textcolor rgb "
      "'#222222'\n",
      from, to);
}

std::string panel_script(const PotentialTraces& traces, std::size_t panel) {
  const PotentialTraces::Trace& trace = traces.traces[panel];
  const bool last = panel + 1 == traces.traces.size();
  const bool soma = trace.compartment == "soma";
  const auto plateaus =
      trace.compartment == "apical" ? traces.plateaus : std::vector<PotentialTraces::Plateau>{};
  std::string script = fmt::format("$potential{} << EOD\n", panel);
  for (std::size_t i = 0; i < trace.potentials.size(); ++i) {
    script += fmt::format("{} {}\n", traces.start_ms + static_cast<double>(i) * traces.step_ms,
                          trace.potentials[i]);
  }
  script += "EOD\nunset label\nunset arrow\nunset object\n";
  script += phase_shading(traces.phases, "graph 0", "graph 1") +
            phase_boundary(traces.phases, "graph 0", "graph 1");
  if (panel == 0) {
    script += phase_names(traces.phases, "graph 1.01") +
              "set label 'Potential (dimensionless)' at screen 0.02,0.5 center rotate\n";
  }
  script += range_script(trace, plateaus) + plateaus_script(plateaus, traces.phases);
  script += fmt::format(
      "set label {} at graph 1,graph 0.5 left offset 1.2,0 font '{}' textcolor rgb '{}'\n",
      gnuplot_string(trace.compartment), kBold, kColours[panel]);
  script += last ? "set xlabel 'Time since the start of the trial (ms)'\nset format x '%g'\n"
                 : "unset xlabel\nset format x ''\n";
  if (soma && !traces.spikes_ms.empty()) {
    script += fmt::format(
        "set label '{}' at graph 1,graph 0.9 left offset 1.2,0 textcolor rgb "
        "'#222222'\n{}$spikes << EOD\n{}\nEOD\n",
        counted(traces.spikes_ms.size(), "spike"), recorded_script(traces),
        fmt::join(traces.spikes_ms, "\n"));
    for (const double spike : traces.spikes_ms) {
      script += fmt::format(
          "set arrow from {0},graph 0.84 to {0},graph 0.96 nohead front "
          "linewidth 1.4 linecolor rgb '#000000'\n",
          spike);
    }
  }
  return script + fmt::format(
                      "plot $potential{} using 1:2 with lines linewidth 1.6 linecolor rgb "
                      "'{}'\n",
                      panel, kColours[panel]);
}

}  // namespace

PotentialTraces read_potential_traces(const fs::path& report,
                                      const std::optional<std::string>& population,
                                      std::optional<std::uint64_t> neuron,
                                      std::optional<std::int64_t> trial) {
  const Hdf5File file = Hdf5File::open(report);
  if (!file.has("/report")) fail(report, "/report is missing; this is no file of potentials");
  PotentialTraces traces;
  traces.population = population_in(file, population);
  const std::string group = "/report/" + traces.population;
  const Columns columns = columns_of(file, group, neuron);
  traces.neuron = columns.neuron;
  const TrialTimes trials = read_trial_times(file);
  std::size_t row = 0;
  try {
    row = trial ? row_of_trial(trials, trial) : first_row_of(file, group, trials);
  } catch (const std::out_of_range& error) {
    fail(report, error.what());
  }
  traces.trial = trials.index[row];
  traces.label = trials.label[row];
  traces.phases = {trials.target_start_ms[row] - trials.start_ms[row],
                   trials.end_ms[row] - trials.start_ms[row]};
  read_traces(file, group, columns, trials.start_ms[row], traces);
  const fs::path folder = report.parent_path();
  if (is_there(folder / "spikes.h5")) {
    read_spikes(folder / "spikes.h5", traces);
  }
  if (is_there(folder / "trials.h5")) {
    read_plateaus(folder / "trials.h5", folder / "experiment.textproto", traces);
  }
  return traces;
}

std::string potential_traces_script(const PotentialTraces& traces, const std::string& title,
                                    PictureFormat format) {
  const std::size_t panels = traces.traces.size();
  const double height = 110 + 170 * static_cast<double>(panels);
  const double width = 900;
  std::string script = gnuplot_preamble(
      format, {.width = static_cast<int>(width), .height = static_cast<int>(height)});
  const std::string usual =
      fmt::format("Potentials of {} neuron {} in training trial {} (label {})", traces.population,
                  traces.neuron, traces.trial, traces.label);
  script += fmt::format(
      "unset key\nset xrange [0:{}]\n"
      "set multiplot layout {},1 title {} font ',12' margins screen {},{},{},{} spacing screen "
      "0,{}\n",
      traces.phases.end_ms, panels, gnuplot_string(title.empty() ? usual : title), 84 / width,
      1 - 100 / width, 56 / height, 1 - 62 / height, 12 / height);
  for (std::size_t panel = 0; panel < panels; ++panel) script += panel_script(traces, panel);
  return script + "unset multiplot\n";
}

std::string potential_traces_picture(const PictureRequest& request) {
  if (request.populations.size() > 1) {
    throw UsageError("--population: the picture `potentials` is of one population; name one");
  }
  const auto population =
      request.populations.empty() ? std::nullopt : std::optional(request.populations.front());
  return potential_traces_script(
      read_potential_traces(request.files[0], population, request.neuron, request.trial),
      request.title, request.format);
}

}  // namespace apical
