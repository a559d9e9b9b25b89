#include "tools/learning_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

namespace apical {
namespace {

using Values = std::vector<std::optional<double>>;

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

class MetricsReader {
 public:
  explicit MetricsReader(const std::filesystem::path& path) : path_(path), stream_(path) {
    if (!stream_) fail(std::generic_category().message(errno));
    if (!std::getline(stream_, header_)) fail("is empty");
    names_ = cells_of(header_);
  }

  std::size_t column(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) fail(fmt::format("has no column {}", name));
    return static_cast<std::size_t>(found - names_.begin());
  }

  bool next_row() {
    if (!std::getline(stream_, row_)) return false;
    ++line_;
    cells_ = cells_of(row_);
    if (cells_.size() != names_.size()) {
      fail_in_row(fmt::format("{} values; the header names {}", cells_.size(), names_.size()));
    }
    return true;
  }

  std::optional<double> value(std::size_t column) const {
    const std::string_view cell = cells_[column];
    if (cell.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) {
      fail_in_row(fmt::format("{} is '{}'; a number would be right", names_[column], cell));
    }
    return value;
  }

  [[noreturn]] void fail_in_row(const std::string& reason) const {
    throw FileError(fmt::format("{}:{}", path_.string(), line_), FileAccess::kRead, reason);
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(path_, FileAccess::kRead, reason);
  }

 private:
  const std::filesystem::path path_;
  std::ifstream stream_;
  std::string header_;
  std::vector<std::string_view> names_;
  std::string row_;
  std::vector<std::string_view> cells_;
  int line_ = 1;
};

std::optional<double> last_value(const Values& values) {
  const auto found = std::find_if(values.rbegin(), values.rend(),
                                  [](const auto& value) { return value.has_value(); });
  return found == values.rend() ? std::nullopt : *found;
}

bool has_values(const Values& values) { return last_value(values).has_value(); }

// What both axes must hold.
struct Extent {
  double most_examples = 0;
  double least_error = std::numeric_limits<double>::infinity();
  double most_error = 0;

  void add(const LearningCurve& curve) {
    for (const double examples : curve.train_examples) {
      most_examples = std::max(most_examples, examples);
    }
    for (const Values* values : {&curve.test_error_percent, &curve.train_error_percent}) {
      for (const auto& value : *values) {
        if (!value) continue;
        least_error = std::min(least_error, *value);
        most_error = std::max(most_error, *value);
      }
    }
  }

  // From an untrained network's 90 % to the last few, a linear axis shows only the first rows.
  bool wants_log_errors() const { return least_error > 0 && most_error > 4 * least_error; }
};

std::string axes_script(const Extent& extent) {
  const bool thousands = extent.most_examples >= 20000;
  const double scale = thousands ? 1e-3 : 1;
  const double right = extent.most_examples > 0 ? extent.most_examples * scale : 1;
  std::string script = fmt::format(
      "set xlabel \"{}\\n \"\nset xrange [{}:{}]\nset ylabel 'Error (%)'\n"
      "set grid xtics ytics linecolor rgb '#e4e4e4' linewidth 0.6 linetype 1\n",
      thousands ? "Training examples (thousands)" : "Training examples", -0.02 * right,
      1.03 * right);
  if (extent.most_examples == 0) script += "set xtics (0)\n";
  if (extent.wants_log_errors()) {
    script += fmt::format(
        "set logscale y\n"
        "set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)\n"
        "set yrange [{}:{}]\n",
        extent.least_error / 1.15, std::min(extent.most_error * 1.15, 110.0));
  } else {
    const double margin = std::max(0.15 * (extent.most_error - extent.least_error),
                                   std::max(0.1 * extent.most_error, 0.1));
    script += fmt::format("set yrange [{}:{}]\n",
                          std::max(extent.least_error - margin, 0.0) -
                              (extent.least_error < margin ? 0.02 * extent.most_error : 0),
                          extent.most_error + margin);
  }
  return script;
}

// An inline block of data, named `name`.
std::string data_block(const std::string& name, const LearningCurve& curve, const Values& errors,
                       double scale) {
  std::string block = name + " << EOD\n";
  for (std::size_t row = 0; row < errors.size(); ++row) {
    const std::optional<double> error = errors[row];
    if (error) block += fmt::format("{} {}\n", curve.train_examples[row] * scale, *error);
  }
  return block + "EOD\n";
}

// A run's last errors.
std::string key_text(const LearningCurve& curve) {
  std::vector<std::string> errors;
  if (const auto test = last_value(curve.test_error_percent)) {
    errors.push_back(fmt::format("test {:.2f} %", *test));
  }
  if (const auto train = last_value(curve.train_error_percent)) {
    errors.push_back(fmt::format("train {:.2f} %", *train));
  }
  return fmt::format("{}: {}", curve.name, fmt::join(errors, ", "));
}

class Plots {
 public:
  void add(const std::string& data, std::string_view colour, bool test, std::size_t rows,
           const std::string& key) {
    // Many markers on a line would hide it.
    const char* point_size = rows > 200 ? "0" : rows > 30 ? "0.35" : "0.7";
    plots_.push_back(fmt::format(
        "{} using 1:2 with linespoints linewidth {} dashtype {} pointtype {} pointsize {} "
        "linecolor rgb '{}' {}",
        data, test ? "1.8" : "1.2", test ? "1" : "(9,5)", test ? 7 : 6, point_size, colour,
        key.empty() ? "notitle" : "title " + gnuplot_string(key)));
  }

  std::string script() const { return fmt::format("plot {}\n", fmt::join(plots_, ", \\\n  ")); }

 private:
  std::vector<std::string> plots_;
};

}  // namespace

LearningCurve read_learning_curve(const std::filesystem::path& metrics) {
  MetricsReader reader(metrics);
  LearningCurve curve;
  std::error_code ignored;
  curve.name =
      std::filesystem::absolute(metrics, ignored).lexically_normal().parent_path().filename();
  const std::size_t examples = reader.column("train_examples");
  const std::size_t test = reader.column("test_error_percent");
  const std::size_t train = reader.column("train_error_percent");
  while (reader.next_row()) {
    const auto value = reader.value(examples);
    if (!value) reader.fail_in_row("train_examples is empty; a number would be right");
    curve.train_examples.push_back(*value);
    curve.test_error_percent.push_back(reader.value(test));
    curve.train_error_percent.push_back(reader.value(train));
  }
  if (!has_values(curve.test_error_percent) && !has_values(curve.train_error_percent)) {
    reader.fail("holds no errors yet; they are there after the run's first evaluation");
  }
  return curve;
}

std::string learning_curve_script(std::span<const LearningCurve> curves, const std::string& title,
                                  PictureFormat format) {
  Extent extent;
  for (const LearningCurve& curve : curves) extent.add(curve);
  const double scale = extent.most_examples >= 20000 ? 1e-3 : 1;

  // The key is below the plot, where no curve can be: a line a run.
  const bool one = curves.size() == 1;
  const int key_lines = static_cast<int>(one ? 1 : curves.size());
  std::string script = gnuplot_preamble(format, {.width = 800, .height = 460 + 18 * key_lines});
  const std::string shown_title = !title.empty() ? title
                                  : one          ? "Learning curve of " + curves[0].name
                                                 : "Learning curves";
  script += fmt::format("set title {} font ',12'\n", gnuplot_string(shown_title));
  script += axes_script(extent);
  script += fmt::format("set key below center Left reverse samplen 3 spacing 1.2 maxcols {}\n",
                        one ? 2 : 1);
  if (!one) script += "set ylabel 'Error (%): test solid, train dashed'\n";
  Plots plots;
  std::string data;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const LearningCurve& curve = curves[i];
    bool in_key = false;
    for (const bool test : {true, false}) {
      const Values& errors = test ? curve.test_error_percent : curve.train_error_percent;
      const auto last = last_value(errors);
      if (!last) continue;
      const std::string name = fmt::format("${}{}", test ? "test" : "train", i);
      data += data_block(name, curve, errors, scale);
      std::string key;
      if (one) {
        key = fmt::format("{} error {:.2f} %", test ? "test" : "train", *last);
      } else if (!std::exchange(in_key, true)) {
        key = key_text(curve);
      }
      plots.add(name, kColours[i % kColours.size()], test, errors.size(), key);
    }
  }
  return script + data + plots.script();
}

}  // namespace apical
