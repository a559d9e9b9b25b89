#include "tools/pictures/confusion_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "learning/session.h"
#include "simulator/hdf5_file.h"

namespace apical {
namespace {

constexpr std::size_t kMostClasses = 10000;       // whose square is still a picture
constexpr std::size_t kMostNumberedClasses = 20;  // more do not leave room for numbers

// ColorBrewer's Blues: one hue from light to dark, which any reader can follow.
constexpr std::string_view kPalette =
    "set palette defined (0 '#ffffff', 1 '#deebf7', 2 '#c6dbef', 3 '#9ecae1', 4 '#6baed6', "
    "5 '#4292c6', 6 '#2171b5', 7 '#08519c', 8 '#08306b')\n";
constexpr double kLightTextFrom = 0.6;  // of the colours' range

[[noreturn]] void fail(const Hdf5File& file, const std::string& reason) {
  throw FileError(file.path(), FileAccess::kRead, reason);
}

std::size_t row_of_test(const Hdf5File& file, const std::vector<std::int64_t>& tests,
                        std::optional<std::int64_t> wanted) {
  if (tests.empty()) fail(file, "holds no test yet");
  if (!wanted) return tests.size() - 1;
  const auto found = std::ranges::find(tests, *wanted);
  if (found == tests.end()) {
    fail(file, fmt::format("holds no test after {} training examples; it holds those after {}",
                           *wanted, fmt::join(tests, ", ")));
  }
  return static_cast<std::size_t>(found - tests.begin());
}

// A share of a class's images as a colour. The root keeps rare confusions visible beside the
// diagonal.
double colour_of(double share) { return std::sqrt(share); }

std::string cells_script(const ConfusionMatrix& matrix) {
  std::string script = "$cells << EOD\n";
  std::string labels;
  for (std::size_t label = 0; label < matrix.classes; ++label) {
    const auto images = static_cast<double>(std::max<std::uint64_t>(matrix.images_of(label), 1));
    for (std::size_t answer = 0; answer < matrix.classes; ++answer) {
      const double share = static_cast<double>(matrix.count(label, answer)) / images;
      script += fmt::format("{:.4f} ", colour_of(share));
      if (matrix.classes > kMostNumberedClasses || matrix.count(label, answer) == 0) continue;
      labels += fmt::format(
          "set label '{:.1f}' at {},{} center front font ',9' textcolor rgb '{}'\n", 100 * share,
          answer, label, colour_of(share) > kLightTextFrom ? "#ffffff" : "#222222");
    }
    script += "\n";
  }
  return script + "EOD\n" + labels;
}

}  // namespace

std::uint64_t ConfusionMatrix::images_of(std::size_t label) const {
  const auto begin = counts.begin() + static_cast<std::ptrdiff_t>(label * classes);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(classes), std::uint64_t{0});
}

std::uint64_t ConfusionMatrix::images() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double ConfusionMatrix::error_percent() const {
  std::uint64_t right = 0;
  for (std::size_t label = 0; label < classes; ++label) right += count(label, label);
  return 100 - 100 * static_cast<double>(right) / static_cast<double>(images());
}

ConfusionMatrix read_confusion_matrix(const std::filesystem::path& tests,
                                      std::optional<std::int64_t> train_examples) {
  const Hdf5File file = Hdf5File::open(tests);
  auto labels = file.read<std::int64_t>("/labels");
  const auto examples = file.read<std::int64_t>("/train_examples");
  const std::size_t row = row_of_test(file, examples, train_examples);
  const auto shape = file.shape_of("/answers");
  if (shape.size() != 2 || shape[0] != examples.size() || shape[1] != labels.size() ||
      labels.empty()) {
    fail(file, "/answers, /labels and /train_examples do not agree");
  }
  std::vector<std::int64_t> answers(labels.size());
  file.read_rows<std::int64_t>("/answers", row, answers);
  std::size_t images = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == TestAnswers::kNoAnswer) continue;
    labels[images] = labels[i];
    answers[images++] = answers[i];
  }
  if (images == 0) fail(file, "has no answers, as no image could be read");
  labels.resize(images);
  answers.resize(images);
  const auto [low, high] = std::ranges::minmax(labels);
  const auto [low_answer, high_answer] = std::ranges::minmax(answers);
  const std::int64_t highest = std::max(high, high_answer);
  if (std::min(low, low_answer) < 0 || highest >= static_cast<std::int64_t>(kMostClasses)) {
    fail(file, fmt::format("holds classes beyond 0 to {}", kMostClasses - 1));
  }
  ConfusionMatrix matrix;
  matrix.train_examples = examples[row];
  matrix.classes = static_cast<std::size_t>(highest) + 1;
  matrix.counts.resize(matrix.classes * matrix.classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++matrix.counts[static_cast<std::size_t>(labels[i]) * matrix.classes +
                    static_cast<std::size_t>(answers[i])];
  }
  return matrix;
}

std::string confusion_matrix_script(const ConfusionMatrix& matrix, const std::string& title,
                                    PictureFormat format) {
  std::string script = gnuplot_preamble(format, {.width = 640, .height = 600});
  const std::string usual = fmt::format("Answers after {} training images", matrix.train_examples);
  script += gnuplot_titles(title.empty() ? usual : title,
                           fmt::format("{:.2f} % of {} test images answered wrongly",
                                       matrix.error_percent(), matrix.images()));
  script += kPalette;
  const double edge = static_cast<double>(matrix.classes) - 0.5;
  script += fmt::format(
      "unset key\nset size ratio 1\nset border 0\nset tics scale 0\n"
      "set xlabel 'Answer'\nset ylabel 'Class of the image'\n"
      "set xrange [-0.5:{0}]\nset yrange [{0}:-0.5]\nset cbrange [0:1]\n"
      "set cblabel 'Share of the images of a class (%)'\n"
      "set cbtics ('0' 0, '1' 0.1, '5' sqrt(0.05), '10' sqrt(0.1), '25' 0.5, '50' sqrt(0.5), "
      "'100' 1)\n",
      edge);
  if (matrix.classes <= kMostNumberedClasses) script += "set xtics 1\nset ytics 1\n";
  return script + cells_script(matrix) + "plot $cells matrix with image pixels\n";
}

std::string confusion_matrix_picture(const PictureRequest& request) {
  return confusion_matrix_script(read_confusion_matrix(request.files[0], request.examples),
                                 request.title, request.format);
}

}  // namespace apical
