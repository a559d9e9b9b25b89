#include "tools/pictures/learning_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "tools/pictures/log_axis.h"

namespace apical {
namespace {

using Spreads = std::vector<std::optional<Spread>>;

std::size_t count_of(const Spreads& values) {
  return static_cast<std::size_t>(
      std::ranges::count_if(values, [](const auto& value) { return value.has_value(); }));
}

std::optional<Spread> last_value(const Spreads& values) {
  const auto found = std::find_if(values.rbegin(), values.rend(),
                                  [](const auto& value) { return value.has_value(); });
  return found == values.rend() ? std::nullopt : *found;
}

// What both axes must hold.
struct Extent {
  double most_examples = 0;
  double least = std::numeric_limits<double>::infinity();
  double most = 0;

  void add(const LearningCurve& curve) {
    for (const double examples : curve.train_examples) {
      most_examples = std::max(most_examples, examples);
    }
    for (const Spreads* values : {&curve.test, &curve.train, &curve.interim}) {
      for (const auto& value : *values) {
        if (!value) continue;
        least = std::min(least, value->low);
        most = std::max(most, value->high);
      }
    }
  }

  // From an untrained network's 90 % to the last few, a linear axis shows only the first rows.
  bool wants_log(const Measure& measure) const {
    return measure.is_of_tests() && least > 0 && most > 4 * least;
  }
};

std::string axes_script(const Extent& extent, const Measure& measure) {
  const bool thousands = extent.most_examples >= 20000;
  const double scale = thousands ? 1e-3 : 1;
  const double right = extent.most_examples > 0 ? extent.most_examples * scale : 1;
  std::string script = fmt::format(
      "set xlabel \"{}\\n \"\nset xrange [{}:{}]\nset ylabel {}\n"
      "set grid xtics ytics linecolor rgb '#e4e4e4' linewidth 0.6 linetype 1\n",
      thousands ? "Training examples (thousands)" : "Training examples", -0.02 * right,
      1.03 * right,
      gnuplot_string(std::string(measure.axis) +
                     (extent.wants_log(measure) ? ", logarithmic" : "")));
  if (extent.most_examples == 0) script += "set xtics (0)\n";
  if (extent.wants_log(measure)) {
    const double top = extent.most * 1.15;
    script += "set logscale y\nset ytics " + log_axis_tics(extent.least, extent.most) + "\n" +
              fmt::format("set yrange [{}:{}]\n", extent.least / 1.15,
                          measure.unit == " %" ? std::min(top, 110.0) : top);
  } else {
    const double margin =
        std::max(0.15 * (extent.most - extent.least), std::max(0.1 * extent.most, 0.1));
    if (!measure.is_of_tests()) {
      return script + fmt::format("set yrange [{}:{}]\n", extent.least - margin / 2,
                                  extent.most + margin / 2);
    }
    script += fmt::format(
        "set yrange [{}:{}]\n",
        std::max(extent.least - margin, 0.0) - (extent.least < margin ? 0.02 * extent.most : 0),
        axis_top(extent.most, margin, measure));
  }
  return script;
}

// An inline block of data, named `name`: training examples, mean, low, high.
std::string data_block(const std::string& name, const LearningCurve& curve, const Spreads& values,
                       double scale) {
  std::string block = name + " << EOD\n";
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::optional<Spread>& value = values[row];
    if (!value) continue;
    block += fmt::format("{} {} {} {}\n", curve.train_examples[row] * scale, value->mean,
                         value->low, value->high);
  }
  return block + "EOD\n";
}

// A name that leaves room for a curve's last values in a line of the key, or for a title.
std::string short_enough(const std::string& name) {
  constexpr std::size_t kMost = 44;
  if (name.size() <= kMost) return name;
  return name.substr(0, kMost / 2) + "..." + name.substr(name.size() - (kMost / 2 - 3));
}

// What is said before a number; nothing where there is but one kind.
std::string_view test_or_train(bool test, const Measure& measure) {
  if (!measure.is_of_tests()) return "";
  return test ? "test " : "train ";
}

// A curve's last values.
std::string key_text(const LearningCurve& curve, const Measure& measure) {
  std::vector<std::string> texts;
  if (const auto test = last_value(curve.test)) {
    texts.push_back(std::string(test_or_train(true, measure)) + number_text(test->mean, measure));
    if (curve.seeds > 1) {
      std::string low = number_text(test->low, measure);
      low.resize(low.size() - measure.unit.size());  // which is behind the other
      texts.back() += fmt::format(" ({} to {})", low, number_text(test->high, measure));
    }
  }
  if (const auto train = last_value(curve.train)) {
    texts.push_back("train " + number_text(train->mean, measure));
  }
  const std::string seeds = curve.seeds > 1 ? fmt::format(", {} seeds", curve.seeds) : "";
  return fmt::format("{}{}: {}", short_enough(curve.name), seeds, fmt::join(texts, ", "));
}

// Points of tests, filled, and of training, hollow. With a colour they make 63 looks.
constexpr std::array<std::array<int, 2>, 9> kPointTypes = {
    {{7, 6}, {5, 4}, {9, 8}, {11, 10}, {13, 12}, {15, 14}, {1, 1}, {2, 2}, {3, 3}}};

// How a curve is told from others.
struct Look {
  std::string_view colour;
  std::array<int, 2> point_types;
  bool needs_points = false;  // as another curve has its colour
};

Look look_of(std::size_t curve, std::size_t curves) {
  return {kColours[curve % kColours.size()],
          kPointTypes[curve / kColours.size() % kPointTypes.size()], curves > kColours.size()};
}

class Plots {
 public:
  // A bar where there is one test only.
  void add_band(const std::string& data, std::size_t points, std::string_view colour) {
    if (points == 1) {
      plots_.push_back(fmt::format(
          "{} using 1:3:(0):($4-$3) with vectors nohead linewidth 1.2 linecolor rgb '{}' notitle",
          data, colour));
      return;
    }
    plots_.push_back(
        fmt::format("{} using 1:3:4 with filledcurves fillstyle transparent solid 0.18 noborder "
                    "fillcolor rgb '{}' notitle",
                    data, colour));
  }

  void add(const std::string& data, const Look& look, bool test, std::size_t points,
           const std::string& key) {
    // Many markers on a line would hide it.
    const bool few_points = look.needs_points && points > kMostPoints;
    const char* point_size = few_points ? "0.7" : points > 200 ? "0" : points > 30 ? "0.35" : "0.7";
    plots_.push_back(fmt::format(
        "{} using 1:2 with linespoints linewidth {} dashtype {} pointtype {} pointsize {} "
        "pointinterval {} linecolor rgb '{}' {}",
        data, test ? "1.8" : "1.2", test ? "1" : "(9,5)", look.point_types[test ? 0 : 1],
        point_size, few_points ? points / kMostPoints + 1 : 1, look.colour,
        key.empty() ? "notitle" : "title " + gnuplot_string(key)));
  }

  void add_interim(const std::string& data, const Look& look) {
    plots_.push_back(
        fmt::format("{} using 1:2 with linespoints linewidth 0.6 pointtype {} pointsize 0.3 "
                    "linecolor rgb '{}' notitle",
                    data, look.point_types[0], look.colour));
  }

  std::string script() const { return fmt::format("plot {}\n", fmt::join(plots_, ", \\\n  ")); }

 private:
  static constexpr std::size_t kMostPoints = 30;

  std::vector<std::string> plots_;
};

// What the key does not tell.
std::string subtitle_of(const Measure& measure, bool several, bool band, bool interim,
                        std::size_t left_out) {
  std::vector<std::string> parts;
  if (!measure.is_of_tests()) {
    if (band) parts.emplace_back("mean of the seeds; band: lowest to highest");
  } else if (band) {
    parts.emplace_back("test solid, train dashed: mean of the seeds; band: lowest to highest test");
  } else if (several) {
    parts.emplace_back("test solid, train dashed");
  }
  if (interim) parts.emplace_back("thin: tests of fewer images");
  if (left_out > 0) parts.push_back(left_out_text(left_out, "been tested"));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string usual_title(std::span<const LearningCurve> curves, const Measure& measure) {
  const bool one = curves.size() == 1;
  if (measure.is_of_tests())
    return one ? "Learning curve of " + short_enough(curves[0].name) : "Learning curves";
  return measure.axis + (one ? " of " + short_enough(curves[0].name) : "");
}

// The images of each test; nothing where the file does not say.
MetricsColumn test_sizes(const MetricsFile& metrics) {
  if (!metrics.has("test_examples")) return MetricsColumn(metrics.rows());
  return metrics.column("test_examples");
}

}  // namespace

LearningCurve learning_curve_of(const RunGroup& group, const Measure& measure) {
  LearningCurve curve{group.name, group.runs.size(), {}, {}, {}, {}};
  // By the number of training examples: the values of each run that has been so far.
  struct Values {
    std::vector<double> test;
    std::vector<double> train;
    std::vector<double> interim;
  };
  std::map<double, Values> rows;
  std::map<double, std::size_t> runs_there;
  // Of all runs: one in its first epoch has had interim tests only.
  std::optional<double> largest_test;
  for (const RecordedRun* run : group.runs) {
    for (const auto& size : test_sizes(run->metrics)) largest_test = std::max(largest_test, size);
  }
  for (const RecordedRun* run : group.runs) {
    const MetricsColumn& examples = run->metrics.column("train_examples");
    const MetricsColumn& test = run->metrics.column(measure.column);
    const MetricsColumn train = measure.is_of_tests() ? run->metrics.column(measure.train)
                                                      : MetricsColumn(run->metrics.rows());
    const MetricsColumn sizes = test_sizes(run->metrics);
    for (std::size_t row = 0; row < examples.size(); ++row) {
      if (!examples[row]) run->metrics.fail("train_examples is empty; a number would be right");
      Values& values = rows[*examples[row]];
      ++runs_there[*examples[row]];
      const bool interim = measure.is_of_tests() && sizes[row] && sizes[row] < largest_test;
      if (test[row]) (interim ? values.interim : values.test).push_back(*test[row]);
      if (train[row]) values.train.push_back(*train[row]);
    }
  }
  const auto spread = [](const std::vector<double>& values) {
    return values.empty() ? std::nullopt : std::optional(spread_of(values));
  };
  for (const auto& [examples, values] : rows) {
    if (runs_there[examples] < curve.seeds) continue;
    curve.train_examples.push_back(examples);
    curve.test.push_back(spread(values.test));
    curve.train.push_back(spread(values.train));
    curve.interim.push_back(spread(values.interim));
  }
  if (!last_value(curve.test) && !last_value(curve.train)) {
    group.runs.front()->metrics.fail(
        "has no test in common with the other seeds of its experiment");
  }
  return curve;
}

std::string learning_curve_script(std::span<const LearningCurve> curves, const Measure& measure,
                                  std::size_t left_out, const std::string& title,
                                  PictureFormat format) {
  Extent extent;
  for (const LearningCurve& curve : curves) extent.add(curve);
  const double scale = extent.most_examples >= 20000 ? 1e-3 : 1;
  const bool one = curves.size() == 1;
  const bool band = std::ranges::any_of(curves, [](const auto& curve) { return curve.seeds > 1; });

  // The key is below the plot, where no curve can be: a line a run.
  const int key_lines = static_cast<int>(one ? 1 : curves.size());
  std::string script = gnuplot_preamble(format, {.width = 800, .height = 460 + 18 * key_lines});
  const std::string shown_title = !title.empty() ? title : usual_title(curves, measure);
  const bool interim = std::ranges::any_of(
      curves, [](const auto& curve) { return last_value(curve.interim).has_value(); });
  script += gnuplot_titles(shown_title, subtitle_of(measure, !one, band, interim, left_out)) +
            axes_script(extent, measure);
  script += fmt::format("set key below center Left reverse samplen 3 spacing 1.2 maxcols {}\n",
                        one && !band ? 2 : 1);
  Plots plots;
  std::string data;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const LearningCurve& curve = curves[i];
    const Look look = look_of(i, curves.size());
    if (last_value(curve.interim)) {
      const std::string name = fmt::format("$interim{}", i);
      data += data_block(name, curve, curve.interim, scale);
      plots.add_interim(name, look);
    }
    bool in_key = false;
    for (const bool test : {true, false}) {
      const Spreads& values = test ? curve.test : curve.train;
      const auto last = last_value(values);
      if (!last) continue;
      const std::string name = fmt::format("${}{}", test ? "test" : "train", i);
      data += data_block(name, curve, values, scale);
      if (test && curve.seeds > 1) plots.add_band(name, count_of(values), look.colour);
      std::string key;
      if (one && !band) {
        key = fmt::format("{}{} {}", test_or_train(test, measure), measure.word,
                          number_text(last->mean, measure));
      } else if (!std::exchange(in_key, true)) {
        key = key_text(curve, measure);
      }
      plots.add(name, look, test, count_of(values), key);
    }
  }
  return script + data + plots.script();
}

std::string learning_curve_picture(const PictureRequest& request) {
  const auto [runs, left_out] = read_runs(request.files);
  const Measure measure = measure_of(runs, request.measure);
  std::vector<LearningCurve> curves;
  for (const RunGroup& group : group_by_seed(runs)) {
    curves.push_back(learning_curve_of(group, measure));
  }
  sort_by_numbers_in_names(curves);
  return learning_curve_script(curves, measure, left_out, request.title, request.format);
}

}  // namespace apical
