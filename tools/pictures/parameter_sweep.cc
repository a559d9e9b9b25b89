#include "tools/pictures/parameter_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>

#include "models/mistake.h"
#include "tools/command_error.h"
#include "tools/counted.h"
#include "tools/pictures/log_axis.h"
#include "tools/pictures/trial_spikes.h"

namespace apical {
namespace {

// A wider range of values is easier to read on a logarithmic axis.
constexpr double kLogRange = 8;
constexpr double kLogRangeOfTests = 20;
// More values than these do not all have room below the axis.
constexpr std::size_t kMostTics = 8;
// More differences than these do not fit into a series' name.
constexpr std::size_t kNamedFields = 2;
constexpr std::array kPointTypes = {7, 5, 9, 11, 13, 6, 4};

// The fields that do not have the same value in all runs.
std::vector<std::string> fields_apart(std::span<const RecordedRun* const> runs) {
  std::set<std::string> names;
  for (const RecordedRun* run : runs) {
    for (const auto& field : run->fields) names.insert(field.first);
  }
  std::vector<std::string> apart;
  for (const std::string& name : names) {
    if (!decides_results(name)) continue;
    const std::string first = value_of(*runs.front(), name);
    if (std::ranges::any_of(
            runs, [&](const RecordedRun* run) { return value_of(*run, name) != first; })) {
      apart.push_back(name);
    }
  }
  return apart;
}

std::string field_to_draw(std::span<const RecordedRun> runs, const std::string& wanted) {
  std::vector<const RecordedRun*> pointers;
  for (const RecordedRun& run : runs) pointers.push_back(&run);
  const std::vector<std::string> apart = fields_apart(pointers);
  if (wanted.empty()) {
    if (apart.size() == 1) return apart.front();
    throw UsageError(apart.empty()
                         ? "the runs differ in no field but the seed; name runs that do"
                         : fmt::format("the runs differ in {} fields; choose one, such as --x {}",
                                       apart.size(), apart.front()));
  }
  const bool known =
      std::ranges::any_of(runs, [&](const RecordedRun& r) { return r.fields.contains(wanted); });
  if (!known) {
    std::vector<std::string> all;
    for (const auto& field : runs.front().fields) all.push_back(field.first);
    const auto nearest = nearest_name(wanted, all);
    const std::string fix = nearest         ? fmt::format("did you mean `{}`?", *nearest)
                            : apart.empty() ? "the runs differ in no field but the seed"
                                            : suggestion(wanted, apart);
    throw UsageError(fmt::format("--x {}: no run has such a field; {}", wanted, fix));
  }
  return wanted;
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

// The last part of a path.
std::string short_name(const std::string& field) {
  const auto dot = field.rfind('.');
  return dot == std::string::npos ? field : field.substr(dot + 1);
}

// By what tells the series apart: their experiments' names, or else a field or two.
void name_series(std::vector<ParameterSweep::Series>& series, const std::vector<RunGroup>& groups,
                 const std::string& x) {
  std::vector<const RecordedRun*> firsts;
  std::set<std::string> names;
  for (const RunGroup& group : groups) {
    firsts.push_back(group.runs.front());
    names.insert(value_of(*group.runs.front(), "name"));
  }
  std::vector<std::string> apart = fields_apart(firsts);
  std::erase(apart, x);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const RecordedRun& run = *firsts[i];
    if (names.size() == groups.size()) {
      series[i].name = value_of(run, "name");
    } else if (apart.size() <= kNamedFields) {
      for (const std::string& field : apart) {
        if (!series[i].name.empty()) series[i].name += ", ";
        series[i].name += short_name(field) + " " + value_of(run, field);
      }
    } else {
      series[i].name = groups[i].name;
    }
  }
}

// A line below it parts it from the key.
std::string x_label(const std::string& text) {
  return fmt::format("set xlabel {}.\"\\n \"\n", gnuplot_string(text));
}

std::string x_axis_script(const ParameterSweep& sweep) {
  std::vector<std::string> tics;
  if (!sweep.numbers) {
    for (std::size_t i = 0; i < sweep.values.size(); ++i) {
      tics.push_back(fmt::format("{} {}", gnuplot_string(sweep.values[i]), i));
    }
    return x_label(sweep.field) + fmt::format("set xtics ({})\nset xrange [-0.5:{}]\n",
                                              fmt::join(tics, ", "),
                                              static_cast<double>(sweep.values.size()) - 0.5);
  }
  const double low = number(sweep.values.front());
  const double high = number(sweep.values.back());
  if (low > 0 && high > kLogRange * low) {
    return x_label(sweep.field + ", logarithmic") +
           fmt::format("set logscale x\nset xtics {}\nset xrange [{}:{}]\n",
                       sweep.values.size() <= kMostTics
                           ? fmt::format("({})", fmt::join(sweep.values, ", "))
                           : log_axis_tics(low, high),
                       low / 1.25, high * 1.25);
  }
  const double margin = high > low ? 0.06 * (high - low) : std::max(0.1 * std::abs(low), 0.1);
  return x_label(sweep.field) + fmt::format("set xrange [{}:{}]\n", low - margin, high + margin);
}

std::string y_axis_script(const ParameterSweep& sweep, const Measure& measure) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const auto& series : sweep.series) {
    for (const auto& test : series.tests) {
      low = std::min(low, test.second.low);
      high = std::max(high, test.second.high);
    }
  }
  const std::string label = measure.is_of_tests() ? fmt::format("Test {}{}", measure.word,
                                                                measure.unit.empty() ? "" : " (%)")
                                                  : measure.axis;
  if (measure.is_of_tests() && low > 0 && high > kLogRangeOfTests * low) {
    return fmt::format("set ylabel {}\nset logscale y\nset ytics {}\nset yrange [{}:{}]\n",
                       gnuplot_string(label + ", logarithmic"), log_axis_tics(low, high),
                       low / 1.15, high * 1.15);
  }
  const double margin = std::max(0.12 * (high - low), 0.03 * high);
  if (!measure.is_of_tests()) {
    return fmt::format("set ylabel {}\nset yrange [{}:{}]\n", gnuplot_string(label), low - margin,
                       high + margin);
  }
  return fmt::format("set ylabel {}\nset yrange [{}:{}]\n", gnuplot_string(label),
                     std::max(low - margin, 0.0),
                     axis_top(high, margin + (high > 0 ? 0 : 1), measure));
}

}  // namespace

ParameterSweep parameter_sweep_of(std::span<const RecordedRun> given, const std::string& field,
                                  const Measure& measure) {
  std::vector<RecordedRun> runs(given.begin(), given.end());
  // What they have measured is not what they will end at.
  std::erase_if(runs, [](const RecordedRun& run) { return run.unfinished; });
  if (runs.empty()) given.front().metrics.fail("is of a run that has not finished, as all are");
  for (const RecordedRun& run : runs) {
    if (run.fields.empty()) {
      run.metrics.fail("has no experiment.textproto beside it, which tells its parameters");
    }
  }
  ParameterSweep sweep;
  sweep.field = field_to_draw(runs, field);
  sweep.unfinished = given.size() - runs.size();
  for (const RecordedRun& run : runs) {
    const std::string value = value_of(run, sweep.field);
    if (std::ranges::find(sweep.values, value) == sweep.values.end()) {
      sweep.values.push_back(value);
    }
  }
  sweep.numbers = std::ranges::all_of(sweep.values, is_number);
  // What is no number, such as a field that is not set, comes last.
  std::ranges::stable_sort(sweep.values, [](const std::string& a, const std::string& b) {
    return is_number(a) && (!is_number(b) || number(a) < number(b));
  });

  const std::vector<RunGroup> groups = group_by_seed(runs, sweep.field);
  for (const RunGroup& group : groups) {
    std::map<std::string, std::vector<double>> tests;
    for (const RecordedRun* run : group.runs) {
      const auto last = run->metrics.last_value(measure.column);
      if (!last) run->metrics.fail("holds no test yet");
      tests[value_of(*run, sweep.field)].push_back(*last);
    }
    ParameterSweep::Series& series = sweep.series.emplace_back();
    for (const auto& [value, measured] : tests) {
      series.tests.emplace(value, spread_of(measured));
      series.seeds = std::max(series.seeds, measured.size());
    }
  }
  name_series(sweep.series, groups, sweep.field);
  sort_by_numbers_in_names(sweep.series);
  return sweep;
}

std::string parameter_sweep_script(const ParameterSweep& sweep, const Measure& measure,
                                   const std::string& title, PictureFormat format) {
  const bool several = sweep.series.size() > 1;
  const bool bars = std::ranges::any_of(sweep.series, [](const auto& s) { return s.seeds > 1; });
  std::string script = gnuplot_preamble(format, {.width = 720, .height = 480});
  const std::string usual =
      fmt::format("{} against {}", measure.is_of_tests() ? "Test " + measure.word : measure.axis,
                  short_name(sweep.field));
  std::string subtitle;
  if (bars) {
    subtitle = fmt::format("bars: lowest to highest of the seeds, {}: their mean",
                           sweep.numbers ? "line" : "marks");
  }
  if (sweep.unfinished > 0) {
    if (!subtitle.empty()) subtitle += "; ";
    subtitle += left_out_text(sweep.unfinished, "finished");
  }
  script += gnuplot_titles(title.empty() ? usual : title, subtitle);
  script += "set grid ytics linecolor rgb '#e4e4e4' linewidth 0.6 linetype 1\n";
  script += several ? "set key below center Left reverse samplen 3\n" : "unset key\n";
  script += x_axis_script(sweep) + y_axis_script(sweep, measure);
  std::vector<std::string> plots;
  for (std::size_t i = 0; i < sweep.series.size(); ++i) {
    const ParameterSweep::Series& series = sweep.series[i];
    script += fmt::format("$series{} << EOD\n", i);
    for (std::size_t v = 0; v < sweep.values.size(); ++v) {
      const auto test = series.tests.find(sweep.values[v]);
      if (test == series.tests.end()) continue;
      const double x = sweep.numbers ? number(sweep.values[v]) : static_cast<double>(v);
      const auto& [mean, low, high] = test->second;
      script += fmt::format("{} {} {} {}\n", x, mean, low, high);
    }
    script += "EOD\n";
    const std::string_view colour = kColours[i % kColours.size()];
    // Not the same again with the same colour.
    const int point_type = kPointTypes[(i + i / kColours.size()) % kPointTypes.size()];
    if (bars) {
      // Error bars would have points of size 0, with which readers of SVG refuse the picture.
      plots.push_back(
          fmt::format("$series{} using 1:3:(0):($4-$3) with vectors nohead linewidth 1.2 linecolor "
                      "rgb '{}' notitle",
                      i, colour));
    }
    plots.push_back(
        fmt::format("$series{} using 1:2 with {} linewidth 1.6 pointtype {} pointsize 0.8 "
                    "linecolor rgb '{}' title {}",
                    i, sweep.numbers ? "linespoints" : "points", point_type, colour,
                    gnuplot_string(series.name)));
  }
  return script + fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
}

std::string parameter_sweep_picture(const PictureRequest& request) {
  const auto [runs, left_out] = read_runs(request.files);
  const Measure measure = measure_of(runs, request.measure);
  ParameterSweep sweep = parameter_sweep_of(runs, request.x.value_or(""), measure);
  sweep.unfinished += left_out;
  return parameter_sweep_script(sweep, measure, request.title, request.format);
}

}  // namespace apical
