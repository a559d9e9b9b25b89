#include "tools/spike_raster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace apical {
namespace {

constexpr double kBandGap = 2.5;           // of 100 for all bands together
constexpr double kLeastBandShare = 0.35;   // of the tallest band
constexpr double kLeastLabelShare = 0.16;  // of the time axis that a phase's name takes
constexpr double kTickHeightLimit = 1.0;   // per neuron; less is drawn as dots

constexpr std::string_view kForwardColour = "#eef3f8";
constexpr std::string_view kTargetColour = "#fdf0dc";

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

std::string shading_script(const SpikeRaster& raster, const std::vector<Band>& bands) {
  std::string script;
  const auto shade = [&](double from, double to, const Band& band, std::string_view colour) {
    script += fmt::format(
        "set object rectangle from {},{} to {},{} behind fillcolor rgb '{}' fillstyle solid "
        "noborder\n",
        from, band.bottom, to, band.top(), colour);
  };
  const bool two_phases = raster.target_start_ms > 0 && raster.target_start_ms < raster.end_ms;
  for (const Band& band : bands) {
    shade(0, raster.target_start_ms, band, kForwardColour);
    shade(raster.target_start_ms, raster.end_ms, band, kTargetColour);
  }
  if (two_phases) {
    script += fmt::format(
        "set arrow from {0},0 to {0},100 nohead front linewidth 1 dashtype (6,4) linecolor rgb "
        "'#444444'\n",
        raster.target_start_ms);
  }
  const auto name_phase = [&](double from, double to, std::string_view name) {
    if (to - from < kLeastLabelShare * raster.end_ms) return;
    script += fmt::format("set label '{}' at {},101 center offset 0,0.5 textcolor rgb '#444444'\n",
                          name, (from + to) / 2);
  };
  name_phase(0, raster.target_start_ms, "forward phase");
  name_phase(raster.target_start_ms, raster.end_ms, "target phase");
  return script;
}

std::string count_text(std::size_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

// The populations' names and numbers to the right of the bands, neuron numbers to the left.
std::string band_labels_script(const SpikeRaster& raster, const std::vector<Band>& bands) {
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
          fmt::format("font ':Bold' textcolor rgb '{}'", kColours[i % kColours.size()]));
    label(count_text(train.neurons, "neuron"), 0, "textcolor rgb '#222222'");
    label(count_text(train.times_ms.size(), "spike"), -1, "textcolor rgb '#222222'");
    tics.push_back(fmt::format("'0' {}", band.middle_of(0)));
    if (train.neurons > 1) {
      tics.push_back(fmt::format("'{}' {}", train.neurons - 1, band.middle_of(band.neurons - 1)));
    }
  }
  return script + fmt::format("set ytics ({})\n", fmt::join(tics, ", "));
}

// In characters: as wide as the longest name, which is bold, or the counts.
double right_margin(const SpikeRaster& raster) {
  std::size_t longest = 12;
  for (const SpikeTrain& train : raster.populations) {
    longest = std::max(longest, train.population.size());
  }
  return 1.2 * static_cast<double>(longest) + 3;
}

std::string title_of(const SpikeRaster& raster) {
  return fmt::format("Spikes of training trial {} (label {})", raster.trial, raster.label);
}

}  // namespace

SpikeRaster take_trial(const RecordedSpikes& spikes, std::optional<std::int64_t> trial) {
  const TrialTimes& trials = spikes.trials;
  if (trials.size() == 0) throw std::out_of_range("no trials are recorded in it");
  const std::int64_t wanted = trial.value_or(trials.index.front());
  const auto found = std::find(trials.index.begin(), trials.index.end(), wanted);
  if (found == trials.index.end()) {
    const auto [first, last] = std::minmax_element(trials.index.begin(), trials.index.end());
    throw std::out_of_range(
        fmt::format("trial {} is not recorded in it; it holds {}, from {} to {}", wanted,
                    count_text(trials.size(), "trial"), *first, *last));
  }
  const auto row = static_cast<std::size_t>(found - trials.index.begin());
  const double start = trials.start_ms[row];
  const double end = trials.end_ms[row];
  SpikeRaster raster;
  raster.trial = wanted;
  raster.label = trials.label[row];
  raster.target_start_ms = trials.target_start_ms[row] - start;
  raster.end_ms = end - start;
  for (const SpikeTrain& train : spikes.populations) {
    const auto first = std::lower_bound(train.times_ms.begin(), train.times_ms.end(), start);
    const auto last = std::lower_bound(first, train.times_ms.end(), end);
    SpikeTrain& taken = raster.populations.emplace_back();
    taken.population = train.population;
    taken.neurons = train.neurons;
    const auto first_id = train.node_ids.begin() + (first - train.times_ms.begin());
    taken.node_ids.assign(first_id, first_id + (last - first));
    std::transform(first, last, std::back_inserter(taken.times_ms),
                   [&](double time) { return time - start; });
  }
  return raster;
}

std::string spike_raster_script(const SpikeRaster& raster, const std::string& title,
                                PictureFormat format) {
  const std::vector<Band> bands = stack_bands(raster.populations);
  std::string script = gnuplot_preamble(format, {.width = 900, .height = 620});
  script += fmt::format(
      "set title {} font ',12' offset 0,0.7\n"
      "unset key\nset rmargin {}\nset lmargin 9\n"
      "set xlabel 'Time since the start of the trial (ms)'\nset xrange [0:{}]\n"
      "set ylabel 'Neuron index'\nset yrange [0:100]\n",
      gnuplot_string(title.empty() ? title_of(raster) : title), right_margin(raster),
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

}  // namespace apical
