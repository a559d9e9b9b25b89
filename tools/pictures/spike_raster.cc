#include "tools/pictures/spike_raster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "tools/command_error.h"
#include "tools/counted.h"
#include "tools/pictures/phases.h"
#include "tools/pictures/recorded_neurons.h"

namespace apical {
namespace {

constexpr double kBandGap = 2.5;          // of 100 for all bands together
constexpr double kLeastBandShare = 0.35;  // of the tallest band
constexpr double kTickHeightLimit = 1.0;  // per neuron; less is drawn as dots

// Where a population's neurons are on the y axis: neuron 0 at the bottom.
struct Band {
  double bottom = 0;
  double height_per_neuron = 0;
  double neurons = 0;

  double top() const { return bottom + neurons * height_per_neuron; }
  double middle_of(double neuron) const { return bottom + (neuron + 0.5) * height_per_neuron; }
};

// Large populations get more room, small ones enough.
std::vector<Band> stack_bands(const std::vector<SpikeTrain>& populations) {
  std::vector<double> shares;
  shares.reserve(populations.size());
  for (const SpikeTrain& train : populations) {
    shares.push_back(std::sqrt(static_cast<double>(std::max<std::uint64_t>(train.neurons, 1))));
  }
  const double tallest = shares.empty() ? 1 : *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (double& share : shares) {
    share = std::max(share, kLeastBandShare * tallest);
    sum += share;
  }
  const double room =
      100 - kBandGap * static_cast<double>(std::max<std::size_t>(shares.size(), 1) - 1);
  std::vector<Band> bands;
  double bottom = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto neurons = static_cast<double>(std::max<std::uint64_t>(populations[i].neurons, 1));
    bands.push_back({bottom, shares[i] / sum * room / neurons, neurons});
    bottom = bands.back().top() + kBandGap;
  }
  return bands;
}

std::string shading_script(const TrialSpikes& raster, const std::vector<Band>& bands) {
  if (!raster.trial) return "";
  const Phases phases{raster.target_start_ms, raster.end_ms, raster.start_ms};
  std::string script;
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const std::string bottom = std::to_string(bands[i].bottom);
    const std::string top = std::to_string(bands[i].top());
    script += phase_shading(phases, bottom, top);
    if (raster.unrecorded.empty()) continue;
    for (const auto& [from, to] : raster.unrecorded[i]) {
      script += unrecorded_shading(phases, from, to, bottom, top);
    }
  }
  return script + phase_boundary(phases, "0", "100") + phase_names(phases, "101");
}

// What is said of a population beside its band, besides its name.
struct BandCounts {
  std::string neurons;
  std::string spikes;
};

BandCounts counts_of(const TrialSpikes& raster, std::size_t population) {
  const SpikeTrain& train = raster.populations[population];
  BandCounts counts{counted(train.neurons, "neuron"), counted(train.times_ms.size(), "spike")};
  if (raster.recorded.empty()) return counts;
  const std::size_t recorded = raster.recorded[population];
  if (recorded == 0 && train.times_ms.empty()) {
    counts.spikes = "not recorded";
  } else if (recorded > 0 && recorded < train.neurons) {
    counts.neurons = fmt::format("{} of {}", recorded, counts.neurons);
  }
  return counts;
}

// The populations' names and numbers to the right of the bands, neuron numbers to the left.
std::string band_labels_script(const TrialSpikes& raster, const std::vector<Band>& bands) {
  std::string script;
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const Band& band = bands[i];
    const SpikeTrain& train = raster.populations[i];
    const double middle = (band.bottom + band.top()) / 2;
    const auto label = [&](const std::string& text, double lines_up, std::string_view look) {
      script += fmt::format("set label {} at graph 1,first {} left offset 1.2,{} {}\n",
                            gnuplot_string(text), middle, lines_up, look);
    };
    label(train.population, 1,
          fmt::format("font '{}' textcolor rgb '{}'", kBold, kColours[i % kColours.size()]));
    const auto [neurons, spikes] = counts_of(raster, i);
    label(neurons, 0, "textcolor rgb '#222222'");
    label(spikes, -1, "textcolor rgb '#222222'");
    tics.push_back(fmt::format("'0' {}", band.middle_of(0)));
    if (train.neurons > 1) {
      tics.push_back(fmt::format("'{}' {}", train.neurons - 1, band.middle_of(band.neurons - 1)));
    }
  }
  return script + fmt::format("set ytics ({})\n", fmt::join(tics, ", "));
}

// In characters: as wide as the longest name, which is bold, or the counts.
double right_margin(const TrialSpikes& raster) {
  std::size_t longest = 12;
  for (std::size_t i = 0; i < raster.populations.size(); ++i) {
    longest = std::max(
        {longest, raster.populations[i].population.size(), counts_of(raster, i).neurons.size()});
  }
  return 1.2 * static_cast<double>(longest) + 3;
}

std::string title_of(const TrialSpikes& raster) {
  if (!raster.trial) return "Spikes";
  return fmt::format("Spikes of training trial {} (label {})", *raster.trial, raster.label);
}

}  // namespace

std::string spike_raster_script(const TrialSpikes& raster, const std::string& title,
                                PictureFormat format) {
  const std::vector<Band> bands = stack_bands(raster.populations);
  std::string script = gnuplot_preamble(format, {.width = 900, .height = 620});
  script += fmt::format(
      "set title {} font ',12' offset 0,0.7\n"
      "unset key\nset rmargin {}\nset lmargin 9\n"
      "set xlabel '{}'\nset xrange [{}:{}]\n"
      "set ylabel 'Neuron index'\nset yrange [0:100]\n",
      gnuplot_string(title.empty() ? title_of(raster) : title), right_margin(raster),
      raster.trial ? "Time since the start of the trial (ms)" : "Time (ms)", raster.start_ms,
      raster.end_ms);
  script += shading_script(raster, bands);
  script += band_labels_script(raster, bands);

  std::vector<std::string> plots;
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const SpikeTrain& train = raster.populations[i];
    const Band& band = bands[i];
    if (train.times_ms.empty()) continue;
    const bool ticks = band.height_per_neuron >= kTickHeightLimit;
    script += fmt::format("$spikes{} << EOD\n", i);
    for (std::size_t spike = 0; spike < train.times_ms.size(); ++spike) {
      const double y = band.middle_of(static_cast<double>(train.node_ids[spike]));
      script += fmt::format("{:.4f} {:.4f}\n", train.times_ms[spike], y);
    }
    script += "EOD\n";
    const std::string_view colour = kColours[i % kColours.size()];
    if (ticks) {
      plots.push_back(fmt::format(
          "$spikes{} using 1:($2-{}):(0):({}) with vectors nohead linewidth 1.2 linecolor rgb '{}'",
          i, 0.4 * band.height_per_neuron, 0.8 * band.height_per_neuron, colour));
    } else {
      plots.push_back(fmt::format(
          "$spikes{} using 1:2 with points pointtype 7 pointsize 0.22 linecolor rgb '{}'", i,
          colour));
    }
  }
  if (plots.empty()) plots.emplace_back("-1 linecolor rgb '#ffffff'");  // axes without spikes
  return script + fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
}

void count_recorded(const proto::Recording& recording, TrialSpikes& raster) {
  const std::int64_t trial = raster.trial.value_or(0);
  for (const SpikeTrain& train : raster.populations) {
    const auto groups = recorded_neurons(recording, train.population, train.neurons);
    std::size_t& recorded = raster.recorded.emplace_back();
    for (const RecordedNeurons& group : groups) {
      if (recorded_ms(group, trial, 0, raster.start_ms, raster.end_ms) > 0) {
        recorded += group.ids.size();
      }
    }
    auto& unrecorded = raster.unrecorded.emplace_back();
    double seen = raster.start_ms;
    const auto add = [&](double to) {
      if (to > seen) unrecorded.push_back({seen, to});
    };
    for (const auto& [from, to] :
         recorded_windows(groups, trial, 0, raster.start_ms, raster.end_ms)) {
      add(from);
      seen = to;
    }
    add(raster.end_ms);
  }
}

std::string spike_raster_picture(const PictureRequest& request) {
  const double from = request.from_ms.value_or(0);
  if (!(from >= 0)) {
    throw UsageError("--from-ms: is no time in a trial; 0 or more would be right");
  }
  if (request.to_ms && !(*request.to_ms > from)) {
    throw UsageError("--to-ms: is not after --from-ms; a later time would be right");
  }
  try {
    TrialSpikes raster = read_trial(SonataSpikeFile(request.files[0]), request.trial);
    check_chosen(raster.populations, request.populations);
    std::erase_if(raster.populations, [&](const SpikeTrain& train) {
      return !is_chosen(train.population, request.populations);
    });
    cut_to(raster, request.from_ms, request.to_ms);
    if (raster.trial) {
      if (const auto recording = recording_beside(request.files[0])) {
        count_recorded(*recording, raster);
      }
    }
    return spike_raster_script(raster, request.title, request.format);
  } catch (const std::out_of_range& error) {
    throw FileError(request.files[0], FileAccess::kRead, error.what());
  }
}

}  // namespace apical
