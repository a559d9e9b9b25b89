#include "tools/pictures/receptive_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "simulator/hdf5_file.h"

namespace apical {
namespace {

constexpr std::size_t kMostFields = 40;
constexpr std::size_t kColumns = 10;
constexpr std::size_t kLeastSide = 8;  // a smaller square is hardly an image
// Of an image's side: between images, and above each for its neuron's number.
constexpr double kGap = 0.12;
constexpr double kNumberGap = 0.3;
// Weights beyond this quantile have the outermost colours, so that a few do not pale the others.
constexpr double kColourQuantile = 0.995;

// ColorBrewer's RdBu in 11 classes, blue for negative: told apart by colour-blind readers.
constexpr std::string_view kPalette =
    "set palette defined (0 '#053061', 1 '#2166ac', 2 '#4393c3', 3 '#92c5de', 4 '#d1e5f0', "
    "5 '#f7f7f7', 6 '#fddbc7', 7 '#f4a582', 8 '#d6604d', 9 '#b2182b', 10 '#67001f')\n";

[[noreturn]] void fail(const Hdf5File& file, const std::string& reason) {
  throw FileError(file.path(), FileAccess::kRead, reason);
}

// The side of a square of so many pixels, or 0.
std::size_t side_of(std::uint64_t pixels) {
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(pixels))));
  return side * side == pixels ? side : 0;
}

bool is_of_an_image(const std::vector<std::uint64_t>& shape) {
  return shape.size() == 3 && side_of(shape[1]) >= kLeastSide;
}

std::string projection_in(const Hdf5File& file, const std::optional<std::string>& wanted) {
  if (!file.has("/weights")) fail(file, "/weights is missing; this is no file of weights");
  const std::vector<std::string> names = file.names_in("/weights");
  if (wanted) {
    if (std::ranges::find(names, *wanted) == names.end()) {
      fail(file,
           fmt::format("holds no weights of {}; it holds {}", *wanted, fmt::join(names, ", ")));
    }
    if (!is_of_an_image(file.shape_of("/weights/" + *wanted))) {
      fail(file, fmt::format("/weights/{}: not from the pixels of a square image to each neuron",
                             *wanted));
    }
    return *wanted;
  }
  for (const std::string& name : names) {
    if (is_of_an_image(file.shape_of("/weights/" + name))) return name;
  }
  fail(file, "no weights in it are from the pixels of a square image to each neuron");
}

std::size_t row_of_epoch(const Hdf5File& file, std::optional<std::int64_t> epoch,
                         std::uint64_t rows, std::vector<std::int64_t>& epochs) {
  epochs = file.read<std::int64_t>("/epochs");
  if (epochs.empty() || epochs.size() != rows) fail(file, "/epochs and weights differ in length");
  if (!epoch) return epochs.size() - 1;
  const auto found = std::ranges::find(epochs, *epoch);
  if (found == epochs.end()) {
    fail(file, fmt::format("holds no weights after epoch {}; it holds those after {}", *epoch,
                           fmt::join(epochs, ", ")));
  }
  return static_cast<std::size_t>(found - epochs.begin());
}

double colour_limit(const ReceptiveFields& fields) {
  std::vector<float> sizes;
  for (const auto& field : fields.fields) {
    for (const float weight : field) sizes.push_back(std::abs(weight));
  }
  const auto at =
      static_cast<std::ptrdiff_t>(kColourQuantile * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), sizes.begin() + at, sizes.end());
  const double limit = sizes[static_cast<std::size_t>(at)];
  return limit > 0 ? limit : 1;
}

// A limit of one digit above `limit`.
double round_up(double limit) {
  const double decade = std::pow(10, std::floor(std::log10(limit)));
  return std::ceil(limit / decade * (1 - 1e-9)) * decade;
}

}  // namespace

ReceptiveFields read_receptive_fields(const std::filesystem::path& weights,
                                      const std::optional<std::string>& projection,
                                      std::optional<std::int64_t> epoch) {
  const Hdf5File file = Hdf5File::open(weights);
  ReceptiveFields fields;
  fields.projection = projection_in(file, projection);
  const std::string dataset = "/weights/" + fields.projection;
  const auto shape = file.shape_of(dataset);
  std::vector<std::int64_t> epochs;
  const std::size_t row = row_of_epoch(file, epoch, shape[0], epochs);
  fields.epoch = epochs[row];
  fields.side = side_of(shape[1]);
  fields.neurons = shape[2];
  std::vector<float> values(shape[1] * shape[2]);
  file.read_rows<float>(dataset, row, values);
  for (std::size_t neuron = 0; neuron < std::min(fields.neurons, kMostFields); ++neuron) {
    std::vector<float>& field = fields.fields.emplace_back();
    for (std::size_t pixel = 0; pixel < shape[1]; ++pixel) {
      field.push_back(values[pixel * shape[2] + neuron]);
      if (!std::isfinite(field.back())) fail(file, dataset + ": holds weights that are no numbers");
    }
  }
  if (fields.fields.empty()) fail(file, dataset + ": has no neurons");
  return fields;
}

std::string receptive_fields_script(const ReceptiveFields& fields, const std::string& title,
                                    PictureFormat format) {
  const std::size_t shown = fields.fields.size();
  const std::size_t columns = std::min(shown, shown <= kColumns ? (shown + 1) / 2 : kColumns);
  const std::size_t rows = (shown + columns - 1) / columns;
  const auto side = static_cast<double>(fields.side);
  const double across = side * (1 + kGap);
  const double down = side * (1 + kNumberGap);
  const double pixel = 76 / side;  // of the picture
  const double width = static_cast<double>(columns) * across * pixel;
  const double height = static_cast<double>(rows) * down * pixel;
  const double left = 24;
  const double right = 110;
  const double top = 66;
  const double bottom = 24;
  const double whole_width = std::max(width, 420.0) + left + right;
  const double whole_height = height + top + bottom;

  std::string script =
      gnuplot_preamble(format, {.width = static_cast<int>(std::ceil(whole_width)),
                                .height = static_cast<int>(std::ceil(whole_height))});
  const std::string usual =
      fmt::format("Receptive fields: weights of {} after {} epoch{}", fields.projection,
                  fields.epoch, fields.epoch == 1 ? "" : "s");
  const std::string subtitle =
      shown == fields.neurons
          ? fmt::format("all {} neurons, numbered; blue inhibits, red excites", shown)
          : fmt::format("the first {} of {} neurons, numbered; blue inhibits, red excites", shown,
                        fields.neurons);
  const double limit = round_up(colour_limit(fields));
  script += gnuplot_titles(title.empty() ? usual : title, subtitle);
  script += kPalette;
  script += fmt::format(
      "unset key\nunset border\nunset xtics\nunset ytics\n"
      "set lmargin at screen {}\nset rmargin at screen {}\nset tmargin at screen {}\n"
      "set bmargin at screen {}\n"
      "set xrange [0:{}]\nset yrange [{}:{}]\nset cbrange [{}:{}]\n"
      "set colorbox user origin screen {},{} size screen {},{} noborder\n"
      "set cbtics ({}, 0, {})\nset cblabel 'Weight'\n",
      left / whole_width, (left + width) / whole_width, 1 - top / whole_height,
      bottom / whole_height, static_cast<double>(columns) * across,
      static_cast<double>(rows) * down - kNumberGap * side, -kNumberGap * side, -limit, limit,
      (left + width + 14) / whole_width, (bottom + 0.1 * height) / whole_height, 14 / whole_width,
      0.8 * height / whole_height, -limit, limit);
  std::vector<std::string> plots;
  for (std::size_t i = 0; i < shown; ++i) {
    const double x = static_cast<double>(i % columns) * across;
    const double y = static_cast<double>(i / columns) * down;
    script += fmt::format("set label '{}' at {},{} left font ',8' textcolor rgb '#555555'\n", i, x,
                          y - 0.13 * side);
    script += fmt::format("$field{} << EOD\n", i);
    for (std::size_t row = 0; row < fields.side; ++row) {
      const auto begin = fields.fields[i].begin() + static_cast<std::ptrdiff_t>(row * fields.side);
      std::vector<std::string> cells;
      std::transform(begin, begin + static_cast<std::ptrdiff_t>(fields.side),
                     std::back_inserter(cells), [&](float weight) {
                       return fmt::format("{:.4g}", std::clamp<double>(weight, -limit, limit));
                     });
      script += fmt::format("{}\n", fmt::join(cells, " "));
    }
    script += "EOD\n";
    plots.push_back(
        fmt::format("$field{} matrix using ($1+{}):($2+{}):3 with image", i, x + 0.5, y + 0.5));
  }
  return script + fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
}

std::string receptive_fields_picture(const PictureRequest& request) {
  return receptive_fields_script(
      read_receptive_fields(request.files[0], request.projection, request.epoch), request.title,
      request.format);
}

}  // namespace apical
