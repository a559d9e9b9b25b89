#include "tools/pictures/rate_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>

#include "tools/counted.h"
#include "tools/pictures/recorded_neurons.h"
#include "tools/pictures/trial_spikes.h"

namespace apical {
namespace {

constexpr double kBins = 25;  // about so many, in each panel
// Rates of few trials are multiples of one spike's. If that is more than this share of a bin's
// width, bins are as wide as so many spikes.
constexpr double kMostOfABin = 0.25;
constexpr std::size_t kPanelsInARow = 3;
constexpr double kTics = 6;  // at most so many fit below a panel
constexpr std::string_view kForwardColour = kColours[0];
constexpr std::string_view kTargetColour = kColours[1];

// Each neuron's spikes in both phases of the trials.
struct PhaseCounts {
  explicit PhaseCounts(std::size_t neurons) : forward(neurons), target(neurons) {}

  std::vector<double> forward;
  std::vector<double> target;
};

void count_spikes(const SpikeTrain& train, double from, double to, std::vector<double>& counts) {
  const auto first = std::ranges::lower_bound(train.times_ms, from);
  const auto last = std::lower_bound(first, train.times_ms.end(), to);
  for (auto time = first; time != last; ++time) {
    counts[train.node_ids[static_cast<std::size_t>(time - train.times_ms.begin())]] += 1;
  }
}

// Of each of `trains`, which are the file's. No more of it is read at a time than it has in one of
// the windows, and each looks at its own trials only, which are in order.
std::vector<PhaseCounts> count_phases(const SonataSpikeFile& file,
                                      const std::vector<SpikeTrain>& trains,
                                      const TrialTimes& trials,
                                      const std::vector<TimeWindow>& windows) {
  std::vector<PhaseCounts> counts;
  for (const SpikeTrain& train : trains) counts.emplace_back(train.neurons);
  for (const TimeWindow window : windows) {
    const std::vector<SpikeTrain> populations = file.read(window);
    const auto first = std::ranges::upper_bound(trials.end_ms, window.from_ms);
    for (auto t = static_cast<std::size_t>(first - trials.end_ms.begin());
         t < trials.size() && trials.start_ms[t] < window.to_ms; ++t) {
      for (std::size_t p = 0; p < counts.size(); ++p) {
        const SpikeTrain& train = populations[p];
        count_spikes(train, trials.start_ms[t], trials.target_start_ms[t], counts[p].forward);
        count_spikes(train, trials.target_start_ms[t], trials.end_ms[t], counts[p].target);
      }
    }
  }
  return counts;
}

// Adds the rates of neurons that were recorded for so long.
void add_rates(const std::vector<std::uint32_t>& neurons, const std::vector<double>& counts,
               double recorded_ms, std::vector<double>& rates) {
  if (recorded_ms <= 0) return;
  for (const std::uint32_t neuron : neurons) rates.push_back(counts[neuron] * 1000 / recorded_ms);
}

NeuronRates rates_of(const SpikeTrain& train, const PhaseCounts& counts, const TrialTimes& trials,
                     const proto::Recording& recording) {
  NeuronRates rates{.population = train.population, .neurons = train.neurons};
  std::set<double> forward_times;
  std::set<double> target_times;
  for (const RecordedNeurons& group :
       recorded_neurons(recording, train.population, train.neurons)) {
    double forward_ms = 0;
    double target_ms = 0;
    for (std::size_t t = 0; t < trials.size(); ++t) {
      const auto in_phase = [&](double from, double to) {
        return recorded_ms(group, trials.index[t], trials.start_ms[t], from, to);
      };
      forward_ms += in_phase(trials.start_ms[t], trials.target_start_ms[t]);
      target_ms += in_phase(trials.target_start_ms[t], trials.end_ms[t]);
    }
    if (forward_ms + target_ms > 0) {
      forward_times.insert(forward_ms);
      target_times.insert(target_ms);
    }
    add_rates(group.ids, counts.forward, forward_ms, rates.forward_hz);
    add_rates(group.ids, counts.target, target_ms, rates.target_hz);
    if (forward_ms + target_ms > 0) rates.recorded += group.ids.size();
  }
  const auto of_a_spike = [](const std::set<double>& times) {
    return times.size() == 1 && *times.begin() > 0 ? 1000 / *times.begin() : 0;
  };
  rates.forward_spike_hz = of_a_spike(forward_times);
  rates.target_spike_hz = of_a_spike(target_times);
  return rates;
}

// The trials that are counted; of a file without any, one that is all of it.
TrialTimes counted_trials(const SonataSpikeFile& file, std::optional<std::int64_t> trial) {
  TrialTimes trials = file.trials();
  if (trials.size() == 0 && !trial) {
    const double end = file.spikes() > 0 ? file.extent().to_ms : 0;
    if (end <= 0) throw std::out_of_range("holds no spikes and no trials");
    return {{0}, {end}, {end}, {0}, {0}};
  }
  if (!trial) return trials;
  const std::size_t row = row_of_trial(trials, trial);
  return {{trials.start_ms[row]},
          {trials.target_start_ms[row]},
          {trials.end_ms[row]},
          {*trial},
          {trials.label[row]}};
}

double mean(const std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// 1, 2 or 5 times a power of ten, not less than `width`.
double round_up(double width) {
  const double decade = std::pow(10, std::floor(std::log10(width)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * decade >= width * (1 - 1e-9)) return digit * decade;
  }
  return 10 * decade;
}

double highest(const NeuronRates& rates) {
  double high = 1;
  for (const auto* values : {&rates.forward_hz, &rates.target_hz}) {
    for (const double value : *values) high = std::max(high, value);
  }
  return high;
}

struct Bins {
  double start = 0;
  double width = 1;
  std::size_t count = 0;

  double left(std::size_t bin) const {
    return std::max(start + static_cast<double>(bin) * width, 0.0);
  }
};

Bins bins_of(double high, double spike_hz) {
  const double width = round_up(high / kBins);
  Bins bins{0, width, 0};
  if (spike_hz > kMostOfABin * width) {
    bins.start = -spike_hz / 2;
    bins.width = std::max(std::round(width / spike_hz), 1.0) * spike_hz;
  }
  bins.count = static_cast<std::size_t>(std::floor((high - bins.start) / bins.width)) + 1;
  return bins;
}

// Outline of the histogram: the share of `rates` in each bin, in percent. Between bins with some it
// has a gap, not a line along 0.
std::string outline(const std::string& name, const std::vector<double>& rates, const Bins& bins) {
  std::vector<double> shares(bins.count);
  for (const double rate : rates) {
    const auto bin = static_cast<std::size_t>((rate - bins.start) / bins.width * (1 + 1e-12));
    shares[std::min(bin, bins.count - 1)] += 100 / static_cast<double>(rates.size());
  }
  std::string block = name + " << EOD\n";
  for (std::size_t i = 0; i < bins.count; ++i) {
    if (shares[i] == 0) continue;
    const double left = bins.left(i);
    const double right = bins.left(i + 1);
    if (i == 0 || shares[i - 1] == 0) block += fmt::format("{} 0\n", left);
    block += fmt::format("{0} {2}\n{1} {2}\n", left, right, shares[i]);
    if (i + 1 == bins.count || shares[i + 1] == 0) block += fmt::format("{} 0\n\n", right);
  }
  return block + "EOD\n";
}

std::string means_text(const NeuronRates& rates) {
  const std::string target = fmt::format("target phase {:.1f} Hz", mean(rates.target_hz));
  if (rates.forward_hz.empty()) return "mean in the " + target;
  const std::string forward = fmt::format("mean {:.1f} Hz", mean(rates.forward_hz));
  return rates.target_hz.empty() ? forward : forward + ", " + target;
}

std::string panel_script(const NeuronRates& rates, std::size_t panel) {
  const double high = highest(rates);
  const Bins forward = bins_of(high, rates.forward_spike_hz);
  const Bins target = bins_of(high, rates.target_spike_hz);
  const double right = std::max(forward.left(forward.count), target.left(target.count));
  const std::string neurons =
      rates.recorded == rates.neurons
          ? counted(rates.neurons, "neuron")
          : fmt::format("{} of {}", rates.recorded, counted(rates.neurons, "neuron"));
  std::string script;
  script += fmt::format(
      "set title {}.\"\\n\".{} font ',10'\nset xrange [0:{}]\nset xtics {}\nset ylabel '{}'\n",
      gnuplot_string(rates.population + ": " + neurons), gnuplot_string(means_text(rates)), right,
      round_up(right / kTics), panel % kPanelsInARow == 0 ? "Neurons (%)" : "");
  std::vector<std::string> plots;
  if (!rates.forward_hz.empty()) {
    script += outline(fmt::format("$forward{}", panel), rates.forward_hz, forward);
    plots.push_back(fmt::format(
        "$forward{} using 1:2 with filledcurves fillstyle transparent solid 0.35 noborder "
        "fillcolor rgb '{}'",
        panel, kForwardColour));
  }
  if (!rates.target_hz.empty()) {
    script += outline(fmt::format("$target{}", panel), rates.target_hz, target);
    plots.push_back(fmt::format("$target{} using 1:2 with lines linewidth 1.4 linecolor rgb '{}'",
                                panel, kTargetColour));
  }
  return script + fmt::format("plot {}\n", fmt::join(plots, ", "));
}

// What the colours mean, once for all panels.
std::string legend_script(bool both, std::size_t height) {
  const double line = 1 - 44 / static_cast<double>(height);
  if (!both) return "";
  return fmt::format(
      "set label 1 'filled: forward phase' at screen 0.49,{0} right textcolor rgb '{1}'\n"
      "set label 2 'line: target phase' at screen 0.51,{0} left textcolor rgb '{2}'\n",
      line, kForwardColour, kTargetColour);
}

}  // namespace

std::vector<NeuronRates> neuron_rates(const SonataSpikeFile& file,
                                      const proto::Recording& recording,
                                      const std::vector<std::string>& populations,
                                      std::optional<std::int64_t> trial) {
  const std::vector<SpikeTrain> trains = file.read({0, 0});  // without spikes
  check_chosen(trains, populations);
  const TrialTimes trials = counted_trials(file, trial);
  const std::vector<PhaseCounts> counts = count_phases(
      file, trains, trials,
      trial ? std::vector{TimeWindow{trials.start_ms[0], trials.end_ms[0]}} : file.windows());
  std::vector<NeuronRates> rates;
  for (std::size_t p = 0; p < trains.size(); ++p) {
    if (trains[p].neurons == 0 || !is_chosen(trains[p].population, populations)) continue;
    rates.push_back(rates_of(trains[p], counts[p], trials, recording));
  }
  std::erase_if(rates, [](const NeuronRates& each) { return each.recorded == 0; });
  if (rates.empty()) {
    throw std::out_of_range(
        fmt::format("holds no neuron{} that was recorded in {}",
                    populations.empty() ? "" : fmt::format(" of {}", fmt::join(populations, ", ")),
                    trial ? fmt::format("trial {}", *trial) : "its trials"));
  }
  return rates;
}

std::string rate_histogram_script(std::span<const NeuronRates> rates, const std::string& title,
                                  PictureFormat format) {
  const std::size_t columns = std::min(rates.size(), kPanelsInARow);
  const std::size_t rows = (rates.size() + kPanelsInARow - 1) / kPanelsInARow;
  const std::size_t width = std::max<std::size_t>(80 + 290 * columns, 520);
  const std::size_t height = 68 + 310 * rows;
  const bool both = std::ranges::any_of(rates, [](const auto& r) { return !r.target_hz.empty(); });
  std::string script = gnuplot_preamble(
      format, {.width = static_cast<int>(width), .height = static_cast<int>(height)});
  script += fmt::format(
      "unset key\nset xlabel 'Firing rate of a neuron (Hz)'\nset yrange [0:]\n"
      "set offsets 0,0,graph 0.06,0\n"
      "set multiplot layout {},{} title {} font ',12' margins screen {},{},{},{} spacing screen "
      "{},{}\n",
      rows, columns, gnuplot_string(title.empty() ? "Firing rates" : title),
      70 / static_cast<double>(width), 1 - 20 / static_cast<double>(width),
      62 / static_cast<double>(height), 1 - (both ? 104 : 78) / static_cast<double>(height),
      46 / static_cast<double>(width), 104 / static_cast<double>(height));
  script += legend_script(both, height);
  for (std::size_t panel = 0; panel < rates.size(); ++panel) {
    script += panel_script(rates[panel], panel);
    if (panel == 0) script += "unset label\n";
  }
  return script + "unset multiplot\n";
}

std::string rate_histogram_picture(const PictureRequest& request) {
  const SonataSpikeFile spikes(request.files[0]);
  const std::size_t trials = spikes.trials().size();
  const bool has_trials = trials > 0;
  const auto recording =
      has_trials ? recording_beside(request.files[0]) : recording_of_all_spikes();
  if (!recording) {
    throw FileError(request.files[0], FileAccess::kRead,
                    "has no experiment.textproto beside it, which tells who was recorded when");
  }
  std::string title = request.title;
  if (title.empty() && has_trials) {
    title = "Firing rates in " + (request.trial ? fmt::format("training trial {}", *request.trial)
                                                : counted(trials, "training trial"));
  }
  try {
    return rate_histogram_script(
        neuron_rates(spikes, *recording, request.populations, request.trial), title,
        request.format);
  } catch (const std::out_of_range& error) {
    throw FileError(request.files[0], FileAccess::kRead, error.what());
  }
}

}  // namespace apical
