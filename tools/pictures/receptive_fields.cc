#include "tools/pictures/receptive_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <system_error>

#include "datasets/catalogue.h"
#include "models/experiment_defaults.h"
#include "models/experiment_file.h"
#include "models/rate/receptive_field.h"
#include "simulator/hdf5_file.h"

namespace apical {
namespace {

constexpr std::size_t kMostFields = 40;
constexpr std::size_t kColumns = 10;
// Of an image's side: between images, and above each for its neuron's number.
constexpr double kGap = 0.12;
constexpr double kNumberGap = 0.3;
// Weights beyond this quantile have the outermost colours, so that a few do not pale the others.
constexpr double kColourQuantile = 0.995;
constexpr double kGrey = 127.5;            // a weight of 0 from a colour image
constexpr std::size_t kMostLetters = 120;  // of a title that the picture is wide enough for
constexpr double kLetterWidth = 8.2;       // of a title, about, and not less
constexpr double kSmallLetterWidth = 6.2;  // likewise of the line below it

// ColorBrewer's RdBu in 11 classes, blue for negative: told apart by colour-blind readers.
constexpr std::string_view kPalette =
    "set palette defined (0 '#053061', 1 '#2166ac', 2 '#4393c3', 3 '#92c5de', 4 '#d1e5f0', "
    "5 '#f7f7f7', 6 '#fddbc7', 7 '#f4a582', 8 '#d6604d', 9 '#b2182b', 10 '#67001f')\n";

[[noreturn]] void fail(const Hdf5File& file, const std::string& reason) {
  throw FileError(file.path(), FileAccess::kRead, reason);
}

proto::Experiment experiment_of(const Hdf5File& file) {
  const auto path = file.path().parent_path() / "experiment.textproto";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    fail(file, "has no experiment.textproto beside it, which tells what comes from the image");
  }
  return ExperimentFile::read(path).experiment();
}

// The projections, or the layer, whose sources are the image itself.
std::vector<std::string> from_image(const proto::Experiment& experiment) {
  std::vector<std::string> names;
  for (const auto& population : experiment.network().population()) {
    if (!population.has_poisson_source()) continue;
    for (const auto& projection : experiment.network().projection()) {
      if (projection.source() == population.name()) names.push_back(name_of(projection));
    }
  }
  if (experiment.rate_network().layer_size() > 0) {
    names.push_back(experiment.rate_network().layer(0).name());
  }
  return names;
}

std::string projection_in(const Hdf5File& file, const std::vector<std::string>& of_image,
                          const std::optional<std::string>& wanted) {
  if (!file.has("/weights")) fail(file, "/weights is missing; this is no file of weights");
  const std::vector<std::string> names = file.names_in("/weights");
  const auto has = [&](const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  const std::string known = fmt::format("{}", fmt::join(of_image, ", "));
  if (!wanted) {
    const auto found = std::ranges::find_if(of_image, has);
    if (found != of_image.end()) return *found;
    fail(file, known.empty()
                   ? "no weights in it come from an image"
                   : fmt::format("holds no weights of {}, which come from the image", known));
  }
  if (!has(*wanted)) {
    fail(file, fmt::format("holds no weights of {}; it holds {}", *wanted, fmt::join(names, ", ")));
  }
  if (std::ranges::find(of_image, *wanted) == of_image.end()) {
    fail(file, fmt::format("the weights of {} do not come from the image{}", *wanted,
                           known.empty() ? "" : "; those of " + known + " do"));
  }
  return *wanted;
}

const CatalogueEntry& image_of(const Hdf5File& file, const proto::Experiment& experiment) {
  const CatalogueEntry* images = find_data_set(experiment.data().name());
  if (images == nullptr || images->rows != images->columns) {
    fail(file, fmt::format("is of the data set `{}`, which has no square images",
                           experiment.data().name()));
  }
  return *images;
}

// Which of a table's weights are drawn: from the window of a field of side x side pixels on, those
// of each pixel's channels, each of them to all neurons.
struct DrawnWeights {
  std::size_t first = 0;
  std::size_t side = 0;
  Window window;
  std::size_t neurons = 0;
  std::size_t all = 0;  // weights that the table has
  std::string place = {};
};

// All neurons see the whole image.
DrawnWeights dense_weights(std::size_t side, std::size_t channels, std::size_t neurons) {
  return {.side = side,
          .window = {{0, side, 0}, {0, side, 0}},
          .neurons = neurons,
          .all = side * side * channels * neurons};
}

DrawnWeights shared_weights(const ReceptiveField& field) {
  return dense_weights(field.kernel(), field.input().channels, field.output().channels);
}

// Of the neurons in the middle.
DrawnWeights own_weights(const ReceptiveField& field) {
  const Shape output = field.output();
  const std::size_t row = output.height / 2;
  const std::size_t column = output.width / 2;
  const std::size_t middle = row * output.width + column;
  DrawnWeights drawn{.side = field.kernel(),
                     .window = field.window(middle),
                     .neurons = output.channels,
                     .place = fmt::format("at row {}, column {} of {} x {}", row, column,
                                          output.height, output.width)};
  for (std::size_t position = 0; position < field.positions(); ++position) {
    const std::size_t weights = field.taps(field.window(position)) * output.channels;
    if (position < middle) drawn.first += weights;
    drawn.all += weights;
  }
  return drawn;
}

DrawnWeights drawn_weights(const Hdf5File& file, const proto::Experiment& experiment,
                           const std::string& projection, const std::vector<std::uint64_t>& shape,
                           const CatalogueEntry& images) {
  const auto side = static_cast<std::size_t>(images.rows);
  const auto channels = static_cast<std::size_t>(images.channels);
  const auto field_of = [&](const proto::LocalLayer& layer) {
    return ReceptiveField({side, side, channels}, static_cast<std::size_t>(layer.kernel()),
                          static_cast<std::size_t>(layer.stride()),
                          static_cast<std::size_t>(layer.channels()));
  };
  DrawnWeights drawn;
  if (experiment.rate_network().layer_size() > 0 &&
      !experiment.rate_network().layer(0).has_dense()) {
    const proto::RateLayer& layer = experiment.rate_network().layer(0);
    drawn = layer.has_convolutional() ? shared_weights(field_of(layer.convolutional()))
                                      : own_weights(field_of(layer.locally_connected()));
  } else if (shape.size() == 3) {
    drawn = dense_weights(side, channels, shape[2]);
  }
  std::uint64_t weights = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) weights *= shape[d];
  if (weights != drawn.all) {
    fail(file, fmt::format("the weights of {} are not from the {} values of an image of {}",
                           projection, side * side * channels, images.name));
  }
  return drawn;
}

// A neuron's, with zeros where it sees beyond the image.
std::vector<float> field_of(const DrawnWeights& drawn, std::size_t channels,
                            std::span<const float> weights, std::size_t neuron) {
  std::vector<float> field(drawn.side * drawn.side * channels);
  const Extent rows = drawn.window.rows;
  const Extent columns = drawn.window.columns;
  const std::size_t in_row = columns.count * channels;
  for (std::size_t row = 0; row < rows.count; ++row) {
    const std::size_t to = ((rows.tap + row) * drawn.side + columns.tap) * channels;
    for (std::size_t n = 0; n < in_row; ++n) {
      field[to + n] = weights[drawn.first + (row * in_row + n) * drawn.neurons + neuron];
    }
  }
  return field;
}

std::size_t row_of_epoch(const Hdf5File& file, std::optional<std::int64_t> epoch,
                         std::uint64_t rows, std::vector<std::int64_t>& epochs) {
  epochs = file.read<std::int64_t>("/epochs");
  if (epochs.empty() && rows == 0) fail(file, "holds no weights yet");
  if (epochs.size() != rows) fail(file, "/epochs and weights differ in length");
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

// A limit of two digits above `limit`.
double round_up(double limit) {
  const double decade = std::pow(10, std::floor(std::log10(limit)) - 1);
  return std::ceil(limit / decade * (1 - 1e-9)) * decade;
}

// A neuron's field as an inline block of gnuplot's: numbers row by row, or of a colour image lines
// of column, row, red, green and blue.
std::string data_block(const ReceptiveFields& fields, std::size_t neuron, double limit) {
  const auto value = [&](std::size_t pixel, std::size_t channel) {
    const float weight = fields.fields[neuron][pixel * fields.channels + channel];
    return std::clamp<double>(weight, -limit, limit);
  };
  std::string block = fmt::format("$field{} << EOD\n", neuron);
  for (std::size_t row = 0; row < fields.side; ++row) {
    for (std::size_t column = 0; column < fields.side; ++column) {
      const std::size_t pixel = row * fields.side + column;
      if (fields.channels == 1) {
        block += fmt::format("{:.4g}{}", value(pixel, 0), column + 1 < fields.side ? " " : "\n");
        continue;
      }
      block += fmt::format("{} {}", column, row);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        block += fmt::format(" {:.0f}", kGrey * (1 + value(pixel, channel) / limit));
      }
      block += "\n";
    }
  }
  return block + "EOD\n";
}

std::string colours_text(const ReceptiveFields& fields, double limit) {
  if (fields.channels == 1) return "blue inhibits, red excites";
  return fmt::format("red, green and blue from {0:g} (dark) to {1:g}, grey is 0", -limit, limit);
}

}  // namespace

ReceptiveFields read_receptive_fields(const std::filesystem::path& weights,
                                      const std::optional<std::string>& projection,
                                      std::optional<std::int64_t> epoch) {
  const Hdf5File file = Hdf5File::open(weights);
  ReceptiveFields fields;
  const proto::Experiment experiment = experiment_of(file);
  fields.projection = projection_in(file, from_image(experiment), projection);
  const std::string dataset = "/weights/" + fields.projection;
  const auto shape = file.shape_of(dataset);
  const CatalogueEntry& images = image_of(file, experiment);
  const DrawnWeights drawn = drawn_weights(file, experiment, fields.projection, shape, images);
  std::vector<std::int64_t> epochs;
  const std::size_t row = row_of_epoch(file, epoch, shape[0], epochs);
  fields.epoch = epochs[row];
  fields.side = drawn.side;
  fields.channels = static_cast<std::size_t>(images.channels);
  fields.neurons = drawn.neurons;
  fields.place = drawn.place;
  std::vector<float> values(drawn.all);
  file.read_rows<float>(dataset, row, values);
  for (std::size_t neuron = 0; neuron < std::min(fields.neurons, kMostFields); ++neuron) {
    fields.fields.push_back(field_of(drawn, fields.channels, values, neuron));
    if (!std::ranges::all_of(fields.fields.back(), [](float w) { return std::isfinite(w); })) {
      fail(file, dataset + ": holds weights that are no numbers");
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
  const bool colour = fields.channels == 3;
  const std::string shown_title =
      !title.empty() ? title
                     : fmt::format("Receptive fields: weights of {} after {} epoch{}",
                                   fields.projection, fields.epoch, fields.epoch == 1 ? "" : "s");
  const double limit = round_up(colour_limit(fields));
  const std::string subtitle = fmt::format(
      "{} neurons{}, numbered; {}",
      shown == fields.neurons ? fmt::format("all {}", shown)
                              : fmt::format("the first {} of {}", shown, fields.neurons),
      fields.place.empty() ? "" : " " + fields.place, colours_text(fields, limit));
  const double margin = 24;
  const double scale = colour ? 0 : 86;  // the colours' bar with its numbers
  const double top = 66;
  const double bottom = 24;
  const auto letters = static_cast<double>(std::min(shown_title.size(), kMostLetters));
  const double text_width =
      std::max(kLetterWidth * letters, kSmallLetterWidth * static_cast<double>(subtitle.size()));
  const double whole_width = std::max(width + scale, text_width) + 2 * margin;
  const double whole_height = height + top + bottom;
  const double left = (whole_width - width - scale) / 2;

  std::string script =
      gnuplot_preamble(format, {.width = static_cast<int>(std::ceil(whole_width)),
                                .height = static_cast<int>(std::ceil(whole_height))});
  // Titles of a plot are centred above it, where a long one has no room if there are few neurons.
  script += fmt::format(
      "set label {} at screen 0.5,{} center font ',12'\n"
      "set label {} at screen 0.5,{} center font ',9' textcolor rgb '#555555'\n",
      gnuplot_string(shown_title), 1 - 22 / whole_height, gnuplot_string(subtitle),
      1 - 44 / whole_height);
  script += fmt::format(
      "unset key\nunset border\nunset xtics\nunset ytics\n"
      "set lmargin at screen {}\nset rmargin at screen {}\nset tmargin at screen {}\n"
      "set bmargin at screen {}\n"
      "set xrange [0:{}]\nset yrange [{}:{}]\n",
      left / whole_width, (left + width) / whole_width, 1 - top / whole_height,
      bottom / whole_height, static_cast<double>(columns) * across,
      static_cast<double>(rows) * down - kNumberGap * side, -kNumberGap * side);
  if (!colour) {
    script += kPalette;
    script += fmt::format(
        "set cbrange [{0}:{1}]\n"
        "set colorbox user origin screen {2},{3} size screen {4},{5} noborder\n"
        "set cbtics ({0}, 0, {1})\nset cblabel 'Weight'\n",
        -limit, limit, (left + width + 14) / whole_width, (bottom + 0.1 * height) / whole_height,
        14 / whole_width, 0.8 * height / whole_height);
  }
  std::vector<std::string> plots;
  for (std::size_t i = 0; i < shown; ++i) {
    const double x = static_cast<double>(i % columns) * across;
    const std::size_t row = i / columns;
    const double y = static_cast<double>(row) * down;
    script += fmt::format("set label '{}' at {},{} left font ',8' textcolor rgb '#555555'\n", i, x,
                          y - 0.13 * side);
    script += data_block(fields, i, limit);
    plots.push_back(fmt::format("$field{} {} using ($1+{}):($2+{}):3{} with {}", i,
                                colour ? "" : "matrix", x + 0.5, y + 0.5, colour ? ":4:5" : "",
                                colour ? "rgbimage" : "image"));
  }
  return script + fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
}

std::string receptive_fields_picture(const PictureRequest& request) {
  return receptive_fields_script(
      read_receptive_fields(request.files[0], request.projection, request.epoch), request.title,
      request.format);
}

}  // namespace apical
