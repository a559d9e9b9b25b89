#include "tools/plot_command.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "simulator/file_error.h"
#include "simulator/sonata_spikes.h"
#include "tools/atomic_file.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/gnuplot.h"
#include "tools/learning_curve.h"
#include "tools/spike_raster.h"
#include "tools/write_error.h"

namespace apical {
namespace {

namespace options = boost::program_options;

using Path = std::filesystem::path;

struct PlotRequest {
  std::vector<Path> files;
  Path picture;
  PictureFormat format = PictureFormat::kPng;
  std::string title;
  std::optional<std::int64_t> trial;
  bool force = false;
};

std::string learning_curve_picture(const PlotRequest& request) {
  std::vector<LearningCurve> curves;
  curves.reserve(request.files.size());
  for (const Path& file : request.files) curves.push_back(read_learning_curve(file));
  return learning_curve_script(curves, request.title, request.format);
}

std::string spike_raster_picture(const PlotRequest& request) {
  if (request.files.size() > 1) throw UsageError("a raster is of one file of spikes; name one");
  const RecordedSpikes spikes = read_sonata_spikes(request.files[0]);
  try {
    return spike_raster_script(take_trial(spikes, request.trial), request.title, request.format);
  } catch (const std::out_of_range& error) {
    throw FileError(request.files[0], FileAccess::kRead, error.what());
  }
}

// A kind of picture, by the ending of the files that it is drawn from.
struct PictureKind {
  std::string_view ending;
  std::string_view what;
  std::string (*script)(const PlotRequest&);
};

constexpr std::array kPictureKinds = {
    PictureKind{".csv", "metrics.csv or a run's folder: test and train error while learning",
                learning_curve_picture},
    PictureKind{".h5", "spikes.h5: the spikes of one trial", spike_raster_picture},
};

const PictureKind& kind_of(const Path& file) {
  const auto kind =
      std::find_if(kPictureKinds.begin(), kPictureKinds.end(),
                   [&](const PictureKind& k) { return file.extension() == k.ending; });
  if (kind == kPictureKinds.end()) {
    throw UsageError(file.string() +
                     ": no picture is drawn of such a file; name a metrics.csv, a "
                     "run's folder or a spikes.h5");
  }
  return *kind;
}

options::options_description visible_options() {
  options::options_description visible("Options");
  visible.add_options()                                                                   //
      ("output,o", options::value<std::string>(), "the picture: .png, .svg or .pdf")      //
      ("trial", options::value<std::int64_t>(), "the trial of a raster [the first one]")  //
      ("title", options::value<std::string>()->default_value("", ""),
       "title instead of the usual one")("force", "replace the picture if there is one");
  return visible;
}

void print_help(const options::options_description& visible) {
  std::cout << "Usage: apical plot FILE ... -o PICTURE\n\nDraws, by the kind of file:\n";
  for (const PictureKind& kind : kPictureKinds) std::cout << "  " << kind.what << "\n";
  std::cout << "\n" << visible;
}

PlotRequest request_of(const options::variables_map& given) {
  if (given.count("file") == 0) throw UsageError("no file named; apical plot FILE ... -o PICTURE");
  if (given.count("output") == 0) throw UsageError("no picture named; add -o PICTURE.png");

  PlotRequest request;
  for (const std::string& file : given["file"].as<std::vector<std::string>>()) {
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(file, ignored);
    request.files.push_back(folder ? Path(file) / "metrics.csv" : Path(file));
  }
  request.picture = given["output"].as<std::string>();
  request.title = given["title"].as<std::string>();
  if (given.count("trial") != 0) request.trial = given["trial"].as<std::int64_t>();
  request.force = given.count("force") != 0;
  const auto format = picture_format(request.picture);
  if (!format) {
    throw UsageError(request.picture.string() +
                     ": no such kind of picture; .png, .svg or .pdf would be right");
  }
  request.format = *format;
  return request;
}

void plot(const PlotRequest& request) {
  const PictureKind& kind = kind_of(request.files.front());
  for (const Path& file : request.files) {
    if (&kind_of(file) != &kind) {
      throw UsageError(file.string() + ": of another kind than " + request.files[0].string() +
                       "; plot them one after the other");
    }
  }
  std::error_code ignored;
  if (!request.force && std::filesystem::exists(request.picture, ignored)) {
    throw WriteError(request.picture, "is there already; --force replaces it");
  }
  write_file_atomically(request.picture, draw_with_gnuplot(kind.script(request)));
}

ExitCode parse_and_plot(std::span<const std::string> arguments) {
  options::options_description visible = visible_options();
  const auto given = parse_arguments(arguments, visible, "file", "plot");
  if (given.count("help") != 0) {
    print_help(visible);
  } else {
    plot(request_of(given));
  }
  return ExitCode::kDone;
}

}  // namespace

int plot_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return parse_and_plot(arguments); });
}

}  // namespace apical
