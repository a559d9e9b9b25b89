#include "learning/experiment_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "learning/recording_check.h"
#include "models/field_ranges.h"
#include "models/file_check.h"
#include "models/network_check.h"
#include "models/rate/rate_network.h"
#include "models/rate_network_check.h"

namespace apical {
namespace {

// Of a layer: what the BLAS counts with 32 bits.
constexpr double kMostWeights = 2147483647;

class ExperimentCheck : private FileCheck {
 public:
  ExperimentCheck(const ExperimentFile& file, std::span<const DataShape> data_sets,
                  std::vector<Mistake>& mistakes)
      : FileCheck(file, mistakes), experiment_(file.experiment()), data_sets_(data_sets) {}

  void run() {
    check_network(file_, mistakes_);
    check_rate_network(file_, mistakes_);
    check_ranges(file_, experiment_.trial(), "trial", mistakes_);
    check_ranges(file_, experiment_.data(), "data", mistakes_);
    check_ranges(file_, experiment_.training(), "training", mistakes_);
    check_ranges(file_, experiment_.recording(), "recording", mistakes_);
    check_trial();
    check_stochastic_plateaus();
    const std::optional<DataShape> shape = check_data();
    check_kind_of_network(shape ? &*shape : nullptr);
    check_recording(file_, mistakes_);
    check_metrics();
  }

 private:
  void check_kind_of_network(const DataShape* shape) {
    if (experiment_.has_network() && experiment_.has_rate_network()) {
      add("rate_network", "`network` and `rate_network` exclude each other", "remove one of them");
    } else if (experiment_.has_network()) {
      check_ends(shape);
      check_unused("training.rate_learning", experiment_.training().has_rate_learning(),
                   "rate_network");
      check_unused("data.augmentation", experiment_.data().augmentation(), "rate_network");
      check_unused("data.classes", experiment_.data().classes() > 0, "rate_network");
      check_unused("data.skip_bad_images", experiment_.data().skip_bad_images(), "rate_network");
    } else if (experiment_.has_rate_network()) {
      if (shape != nullptr) {
        check_rate_sizes(*shape);
      }
      check_unused("trial", experiment_.has_trial(), "network");
    } else if (!file_.is_lost("rate_network")) {
      add_missing("", {"network"}, "no network",
                  "add network { population { ... } projection { ... } }, or rate_network { layer "
                  "{ ... } }");
    }
  }

  void check_unused(const std::string& path, bool is_set, std::string_view goes_with) {
    if (is_set) {
      add(path, fmt::format("`{}` goes with a `{}` only", path, goes_with), "remove it");
    }
  }

  // The shapes of all layers, as they follow from the image's.
  void check_rate_sizes(const DataShape& shape) {
    const proto::RateNetwork& network = experiment_.rate_network();
    const bool classifies = network.task() == proto::CLASSIFICATION;
    Shape below{static_cast<std::size_t>(shape.rows), static_cast<std::size_t>(shape.columns),
                static_cast<std::size_t>(shape.channels)};
    for (int l = 0; l < network.layer_size(); ++l) {
      if (!has_valid_size(network.layer(l))) {
        return;  // reported as a mistake of its own
      }
      if (!check_kernel(network.layer(l), fmt::format("rate_network.layer[{}]", l), below)) {
        return;
      }
      const Shape output = output_shape(network.layer(l), below);
      const double weights = weights_of(network.layer(l), below, output);
      if (weights > kMostWeights) {
        add(fmt::format("rate_network.layer[{}]", l),
            fmt::format("layer `{}` has {} x {} x {} neurons on {} x {} x {} and {:.3g} weights",
                        network.layer(l).name(), output.height, output.width, output.channels,
                        below.height, below.width, below.channels, weights),
            fmt::format("make it smaller, to have at most {:.3g}", kMostWeights));
        return;
      }
      below = output;
    }
    if (network.layer().empty()) {
      return;
    }
    const auto wanted =
        static_cast<std::size_t>(classifies ? shape.classes : shape.values_per_image);
    const int last = network.layer_size() - 1;
    if (below.size() != wanted) {
      add(fmt::format("rate_network.layer[{}]{}", last,
                      network.layer(last).has_dense() ? ".dense.units" : ""),
          fmt::format(
              "size mismatch: the output `{}` has {} neurons, {} has {}",
              network.layer(last).name(), below.size(),
              classifies ? shape.name : fmt::format("an image of {}", shape.name),
              classifies ? fmt::format("{} classes", wanted) : fmt::format("{} values", wanted)),
          fmt::format("set units: {}", wanted));
    }
  }

  // Whether there is nothing in the kernel that is outside of the image wherever the kernel is.
  bool check_kernel(const proto::RateLayer& layer, const std::string& path, Shape below) {
    const bool is_shared = layer.has_convolutional();
    if (!is_shared && !layer.has_locally_connected()) {
      return true;
    }
    const int kernel =
        is_shared ? layer.convolutional().kernel() : layer.locally_connected().kernel();
    const auto most = static_cast<int>(2 * std::max(below.height, below.width) - 1);
    if (kernel > most) {
      add(path + (is_shared ? ".convolutional.kernel" : ".locally_connected.kernel"),
          fmt::format("`kernel` of `{}` is {} on {} x {} neurons", layer.name(), kernel,
                      below.height, below.width),
          fmt::format("give at most {}; what is further away is never there", most));
    }
    return kernel <= most;
  }

  static bool has_valid_size(const proto::RateLayer& layer) {
    const auto valid = [](const proto::LocalLayer& local) {
      return local.kernel() >= 1 && local.channels() >= 1 && local.stride() >= 1;
    };
    switch (layer.connectivity_case()) {
      case proto::RateLayer::kDense:
        return layer.dense().units() >= 1;
      case proto::RateLayer::kLocallyConnected:
        return valid(layer.locally_connected());
      case proto::RateLayer::kConvolutional:
        return valid(layer.convolutional());
      case proto::RateLayer::CONNECTIVITY_NOT_SET:
        break;
    }
    return false;
  }

  // At most; those of a locally connected layer's edges are fewer.
  static double weights_of(const proto::RateLayer& layer, Shape below, Shape output) {
    const auto all = static_cast<double>(output.size());
    if (layer.has_dense()) {
      return static_cast<double>(below.size()) * all;
    }
    const double kernel = layer.has_locally_connected() ? layer.locally_connected().kernel()
                                                        : layer.convolutional().kernel();
    const double fan_in = kernel * kernel * static_cast<double>(below.channels);
    return layer.has_locally_connected() ? fan_in * all
                                         : fan_in * static_cast<double>(output.channels);
  }

  void check_trial() {
    const proto::Trial& trial = experiment_.trial();
    if (trial.extra_length_mean_ms() > 0 && trial.extra_length_shape_ms() == 0) {
      add_among({"trial.extra_length_shape_ms", "trial.extra_length_mean_ms"},
                fmt::format("`extra_length_shape_ms` is 0 with `extra_length_mean_ms` {}",
                            trial.extra_length_mean_ms()),
                "give a shape above 0, or a mean of 0");
    }
    if (trial.window_ms() == 0) {
      check_window("settling_time_ms", trial.settling_time_ms(), "phase_length_ms",
                   trial.phase_length_ms());
    } else if (trial.window_ms() > trial.phase_length_ms() && trial.phase_length_ms() > 0) {
      add_among({"trial.window_ms", "trial.phase_length_ms"},
                fmt::format("`window_ms` {} is longer than `phase_length_ms` {}", trial.window_ms(),
                            trial.phase_length_ms()),
                fmt::format("give at most {}, or 0 for windows from settling_time_ms on",
                            trial.phase_length_ms()));
    }
    check_window("test_settling_time_ms", trial.test_settling_time_ms(), "test_length_ms",
                 trial.test_length_ms());
  }

  void check_stochastic_plateaus() {
    const proto::Trial& trial = experiment_.trial();
    if (!trial.has_stochastic_plateaus()) {
      return;
    }
    const proto::StochasticPlateaus& plateaus = trial.stochastic_plateaus();
    const std::string path = "trial.stochastic_plateaus";
    if (experiment_.network().mode() == proto::RATE) {
      add_among({path, "network.mode"},
                "`stochastic_plateaus` with `mode` RATE, whose phases end at once",
                "remove it, or set network.mode: SPIKING");
    }
    if (plateaus.max_jitter_ms() + plateaus.window_ms() > trial.phase_length_ms()) {
      add_among(
          {path + ".window_ms", path + ".max_jitter_ms", "trial.phase_length_ms"},
          fmt::format("`window_ms` {} and `max_jitter_ms` {} do not fit into "
                      "`phase_length_ms` {}",
                      plateaus.window_ms(), plateaus.max_jitter_ms(), trial.phase_length_ms()),
          "make them shorter, or the phase longer");
    }
    const auto& projections = experiment_.network().projection();
    for (int i = 0; i < projections.size(); ++i) {
      if (projections[i].compartment() == proto::APICAL &&
          projections[i].transmission() == proto::RATES) {
        add_among({fmt::format("network.projection[{}].transmission", i), path},
                  "`transmission` RATES of an APICAL projection with `stochastic_plateaus`",
                  "remove one of them");
      }
    }
  }

  void check_window(std::string_view start_field, double start, std::string_view end_field,
                    double end) {
    if (start >= end && end > 0) {
      add_among({fmt::format("trial.{}", start_field), fmt::format("trial.{}", end_field)},
                fmt::format("`{}` {} leaves nothing to average of `{}` {}", start_field, start,
                            end_field, end),
                fmt::format("give less than {}", end));
    }
  }

  // The shape of the named data set, if it is known, with the experiment's own number of classes.
  std::optional<DataShape> check_data() {
    std::vector<std::string> names;
    for (const DataShape& shape : data_sets_) {
      names.push_back(shape.name);
    }
    const std::string& name = experiment_.data().name();
    if (name.empty()) {
      const std::string any = names.empty() ? "data { name: \"...\" }"
                                            : fmt::format("data {{ name: \"{}\" }}", names.front());
      if (experiment_.has_data()) {
        add_missing("data", {"name"}, "data without a name", "add " + any);
      } else {
        add_missing("", {"data"}, "no data", "add " + any);
      }
      return std::nullopt;
    }
    const auto found = std::ranges::find(data_sets_, name, &DataShape::name);
    if (found != data_sets_.end()) {
      return with_classes(*found);
    }
    if (!data_sets_.empty()) {
      add("data.name", fmt::format("unknown data set `{}`", name), suggestion(name, names));
    }
    return std::nullopt;
  }

  DataShape with_classes(DataShape shape) {
    const int classes = experiment_.data().classes();
    if (classes > 0 && !shape.has_any_classes && experiment_.has_rate_network()) {
      add("data.classes",
          fmt::format("`classes` is {} with {}, which has {}", classes, shape.name, shape.classes),
          "remove it");
    } else if (classes > 0 && shape.has_any_classes) {
      shape.classes = classes;
    }
    return shape;
  }

  void check_ends(const DataShape* shape) {
    const auto& populations = experiment_.network().population();
    if (populations.empty()) {
      return;
    }
    const int input = check_only("input", "poisson_source", &proto::Population::has_poisson_source);
    const int output = check_only("output", "output", &proto::Population::has_output);
    if (shape == nullptr) {
      return;
    }
    if (input >= 0) {
      check_input_size(input, *shape);
    }
    if (output >= 0) {
      check_output_size(output, *shape);
    }
  }

  // The index of the one population of a model; -1 if there is none.
  int check_only(std::string_view role, std::string_view model,
                 bool (proto::Population::*is_model)() const) {
    const auto& populations = experiment_.network().population();
    int found = -1;
    for (int i = 0; i < populations.size(); ++i) {
      if (!(populations[i].*is_model)()) {
        continue;
      }
      if (found < 0) {
        found = i;
        continue;
      }
      add(fmt::format("network.population[{}]", i),
          fmt::format("second {} population `{}`", model, populations[i].name()),
          fmt::format("keep one as the {}; the first is at {}", role,
                      file_.where(fmt::format("network.population[{}]", found))));
    }
    const bool has_unknown_model =
        std::ranges::any_of(populations, [](const proto::Population& population) {
          return population.model_case() == proto::Population::MODEL_NOT_SET;
        });
    if (found < 0 && !has_unknown_model) {
      add_missing(
          "network", {"population"},
          fmt::format("no {}: no population is {} {}", role, model == "output" ? "an" : "a", model),
          fmt::format("add one with {} {{}}", model));
    }
    return found;
  }

  void check_input_size(int i, const DataShape& shape) {
    const proto::Population& population = experiment_.network().population(i);
    if (population.size() >= 1 && population.size() != shape.values_per_image) {
      add(fmt::format("network.population[{}].size", i),
          fmt::format("size mismatch: population `{}` has {} neurons, an image of {} has {} values",
                      population.name(), population.size(), shape.name, shape.values_per_image),
          fmt::format("set size: {}", shape.values_per_image));
    }
  }

  void check_output_size(int i, const DataShape& shape) {
    const proto::Population& population = experiment_.network().population(i);
    if (population.size() >= 1 && population.size() % shape.classes != 0) {
      add(fmt::format("network.population[{}].size", i),
          fmt::format("size mismatch: population `{}` has {} neurons, {} has {} classes",
                      population.name(), population.size(), shape.name, shape.classes),
          fmt::format("set size: {}, or a multiple of it for several neurons per class",
                      shape.classes));
    }
  }

  void check_metrics() {
    if (experiment_.has_network() && experiment_.recording().metrics().angle_to_backpropagation()) {
      check_no_loop(file_, "recording.metrics.angle_to_backpropagation",
                    "`angle_to_backpropagation`", mistakes_);
    }
  }

  const proto::Experiment& experiment_;
  std::span<const DataShape> data_sets_;
};

}  // namespace

std::vector<Mistake> check_experiment(const ExperimentFile& file,
                                      std::span<const DataShape> data_sets) {
  std::vector<Mistake> mistakes = file.mistakes();
  ExperimentCheck(file, data_sets, mistakes).run();
  sort_mistakes(mistakes);
  return mistakes;
}

ExperimentFile read_checked_experiment(const std::filesystem::path& file,
                                       std::span<const Override> overrides,
                                       std::span<const DataShape> data_sets) {
  ExperimentFile experiment = ExperimentFile::read_with_mistakes(file, overrides);
  std::vector<Mistake> mistakes = check_experiment(experiment, data_sets);
  if (!mistakes.empty()) {
    throw ModelFileError(std::move(mistakes));
  }
  return experiment;
}

}  // namespace apical
