#include "tools/plot_command.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "tools/atomic_file.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/pictures/gnuplot.h"
#include "tools/pictures/picture_kind.h"
#include "tools/write_error.h"

namespace apical {
namespace {

namespace options = boost::program_options;

using Path = std::filesystem::path;

// The choices that only some kinds of pictures know.
constexpr std::array<std::string_view, 10> kChoices = {
    "from-ms",    "to-ms", "trial",    "population", "neuron",
    "projection", "epoch", "examples", "measure",    "x"};

options::options_description visible_options() {
  options::options_description visible("Options");
  visible.add_options()                                                               //
      ("output,o", options::value<std::string>(), "the picture: .png, .svg or .pdf")  //
      ("kind", options::value<std::string>(), "what to draw [what suits the file]")   //
      ("title", options::value<std::string>()->default_value("", ""),
       "title instead of the usual one")("force", "replace the picture if there is one")  //
      ("trial", options::value<std::int64_t>(),
       "the trial of raster, rates or potentials [the first one; of rates all]")  //
      ("population", options::value<std::vector<std::string>>(),
       "the populations of raster or rates, with commas or repeated [all]; that of potentials "
       "[the first one]")  //
      ("from-ms", options::value<double>(),
       "where raster begins, after the start of the trial [0]")                        //
      ("to-ms", options::value<double>(), "where raster ends [the end of the trial]")  //
      ("neuron", options::value<std::uint64_t>(),
       "the neuron of potentials [the first one recorded]")  //
      ("projection", options::value<std::string>(),
       "the projection or layer of receptive-fields [the first from an image]")  //
      ("epoch", options::value<std::int64_t>(),
       "after which the weights of receptive-fields are shown [the last one]")  //
      ("examples", options::value<std::int64_t>(),
       "training examples after which the test of confusion was [the last one]")  //
      ("measure", options::value<std::string>(),
       "error, loss or a column of metrics.csv, of learning-curve and sweep [error if there is "
       "one]")  //
      ("x", options::value<std::string>(),
       "the field of sweep, as --set takes it [the one that differs]");
  return visible;
}

void print_help(const options::options_description& visible) {
  std::cout << "Usage: apical plot FILE ... [--kind KIND] -o PICTURE\n\n"
               "FILE is a run's folder or a file in it. Kinds, the first of a file being drawn "
               "unasked:\n";
  for (const PictureKind& kind : picture_kinds()) {
    std::cout << "  " << kind.name << std::string(18 - kind.name.size(), ' ') << kind.file
              << std::string(13 - kind.file.size(), ' ') << kind.what << "\n";
  }
  std::cout << "\n" << visible;
}

template <typename T>
std::optional<T> choice(const options::variables_map& given, const char* name) {
  return given.count(name) == 0 ? std::nullopt : std::optional(given[name].as<T>());
}

// One kind for all files.
const PictureKind& kind_of(const options::variables_map& given,
                           const std::vector<std::string>& files) {
  if (given.count("kind") != 0) return picture_kind_named(given["kind"].as<std::string>());
  if (given.count("x") != 0) return picture_kind_named("sweep");
  const PictureKind& kind = picture_kind_of(files.front());
  for (const std::string& file : files) {
    if (&picture_kind_of(file) != &kind) {
      throw UsageError(file + ": of another kind than " + files.front() +
                       "; plot them one after the other");
    }
  }
  return kind;
}

void check_choices(const options::variables_map& given, const PictureKind& kind) {
  for (const std::string_view name : kChoices) {
    if (given.count(std::string(name)) == 0) continue;
    if (std::ranges::find(kind.options, name) == kind.options.end()) {
      throw UsageError("--" + std::string(name) + ": means nothing to the picture `" +
                       std::string(kind.name) + "`; leave it out");
    }
  }
  const auto files = given["file"].as<std::vector<std::string>>().size();
  if (!kind.several && files > 1) {
    throw UsageError("the picture `" + std::string(kind.name) + "` is of one file; name one");
  }
}

PictureRequest request_of(const options::variables_map& given, const PictureKind& kind,
                          PictureFormat format) {
  PictureRequest request;
  for (const std::string& file : given["file"].as<std::vector<std::string>>()) {
    request.files.push_back(file_for(kind, file));
  }
  request.format = format;
  request.title = given["title"].as<std::string>();
  request.trial = choice<std::int64_t>(given, "trial");
  request.populations = names_given(given, "population");
  request.from_ms = choice<double>(given, "from-ms");
  request.to_ms = choice<double>(given, "to-ms");
  request.neuron = choice<std::uint64_t>(given, "neuron");
  request.projection = choice<std::string>(given, "projection");
  request.epoch = choice<std::int64_t>(given, "epoch");
  request.examples = choice<std::int64_t>(given, "examples");
  request.measure = choice<std::string>(given, "measure");
  request.x = choice<std::string>(given, "x");
  return request;
}

void plot(const options::variables_map& given) {
  if (given.count("file") == 0) throw UsageError("no file named; apical plot FILE ... -o PICTURE");
  if (given.count("output") == 0) throw UsageError("no picture named; add -o PICTURE.png");
  const Path picture = given["output"].as<std::string>();
  const auto format = picture_format(picture);
  if (!format) {
    throw UsageError(picture.string() +
                     ": no such kind of picture; .png, .svg or .pdf would be right");
  }
  const PictureKind& kind = kind_of(given, given["file"].as<std::vector<std::string>>());
  check_choices(given, kind);
  std::error_code ignored;
  if (given.count("force") == 0 && std::filesystem::exists(picture, ignored)) {
    throw WriteError(picture, "is there already; --force replaces it");
  }
  write_file_atomically(picture, draw_with_gnuplot(kind.script(request_of(given, kind, *format))));
}

ExitCode parse_and_plot(std::span<const std::string> arguments) {
  options::options_description visible = visible_options();
  const auto given = parse_arguments(arguments, visible, "file", "plot");
  if (given.count("help") != 0) {
    print_help(visible);
  } else {
    plot(given);
  }
  return ExitCode::kDone;
}

}  // namespace

int plot_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return parse_and_plot(arguments); });
}

}  // namespace apical
