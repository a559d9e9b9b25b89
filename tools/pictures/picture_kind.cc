#include "tools/pictures/picture_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "models/mistake.h"
#include "simulator/hdf5_file.h"
#include "tools/batch_folder.h"
#include "tools/command_error.h"
#include "tools/pictures/confusion_matrix.h"
#include "tools/pictures/learning_curve.h"
#include "tools/pictures/parameter_sweep.h"
#include "tools/pictures/potential_traces.h"
#include "tools/pictures/rate_histogram.h"
#include "tools/pictures/receptive_fields.h"
#include "tools/pictures/spike_raster.h"

namespace apical {
namespace {

// Of those that are drawn from the same file, the first is drawn unasked.
constexpr std::array kPictureKinds = {
    PictureKind{"learning-curve",
                "metrics.csv",
                "",
                true,
                "test and train error while learning; mean and range of runs that differ in seed",
                {"measure"},
                learning_curve_picture},
    PictureKind{"sweep",
                "metrics.csv",
                "",
                true,
                "test error of several runs against a field of their model files",
                {"x", "measure"},
                parameter_sweep_picture},
    PictureKind{"raster",
                "spikes.h5",
                "/spikes",
                false,
                "the spikes of one trial or a part of it, with its phases",
                {"trial", "population", "from-ms", "to-ms"},
                spike_raster_picture},
    PictureKind{"rates",
                "spikes.h5",
                "/spikes",
                false,
                "histogram of the neurons' firing rates in both phases",
                {"trial", "population"},
                rate_histogram_picture},
    PictureKind{"potentials",
                "report.h5",
                "/report",
                false,
                "the compartments' potentials of one neuron in a trial, with its spikes and "
                "plateau potentials",
                {"trial", "population", "neuron"},
                potential_traces_picture},
    PictureKind{"receptive-fields",
                "weights.h5",
                "/weights",
                false,
                "the weights from the image's pixels to each neuron",
                {"projection", "epoch"},
                receptive_fields_picture},
    PictureKind{"confusion",
                "tests.h5",
                "/answers",
                false,
                "which classes were answered for which in a test",
                {"examples"},
                confusion_matrix_picture},
};

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

const PictureKind& first_of(std::string_view content) {
  return *std::ranges::find(kPictureKinds, content, &PictureKind::content);
}

}  // namespace

std::span<const PictureKind> picture_kinds() { return kPictureKinds; }

const PictureKind& picture_kind_named(const std::string& name) {
  const auto* const found = std::ranges::find(kPictureKinds, name, &PictureKind::name);
  if (found != kPictureKinds.end()) return *found;
  std::vector<std::string> known;
  known.reserve(kPictureKinds.size());
  for (const PictureKind& kind : kPictureKinds) known.emplace_back(kind.name);
  throw UsageError(fmt::format("no kind of picture `{}`; {}", name, suggestion(name, known)));
}

const PictureKind& picture_kind_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    throw FileError(file, FileAccess::kRead, "there is no such file");
  }
  if (is_folder(file) || file.extension() == ".csv") return first_of("");
  if (file.extension() != ".h5" && file.extension() != ".hdf5") {
    throw UsageError(file.string() +
                     ": no picture is drawn of such a file; name a run's folder or a file in it: "
                     "metrics.csv, spikes.h5, report.h5, weights.h5 or tests.h5");
  }
  const Hdf5File opened = Hdf5File::open(file);
  for (const PictureKind& kind : kPictureKinds) {
    if (!kind.content.empty() && opened.has(std::string(kind.content))) return kind;
  }
  throw FileError(file, FileAccess::kRead,
                  "holds nothing that a picture is drawn of; a spikes.h5, report.h5, weights.h5 or "
                  "tests.h5 would be right");
}

std::filesystem::path file_for(const PictureKind& kind, const std::filesystem::path& file) {
  if (!is_folder(file)) return file;
  std::error_code ignored;
  if (!std::filesystem::exists(file / kind.file, ignored)) fail_if_of_a_batch(file);
  return file / kind.file;
}

}  // namespace apical
