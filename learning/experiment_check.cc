#include "learning/experiment_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/field_ranges.h"
#include "models/network_check.h"

namespace apical {
namespace {

class ExperimentCheck {
 public:
  ExperimentCheck(const ExperimentFile& file, std::span<const DataShape> data_sets)
      : file_(file), experiment_(file.experiment()), data_sets_(data_sets) {}

  std::vector<Mistake> run() {
    mistakes_ = file_.mistakes();
    check_network(file_, mistakes_);
    check_ranges(file_, experiment_.trial(), "trial", mistakes_);
    check_ranges(file_, experiment_.data(), "data", mistakes_);
    check_ranges(file_, experiment_.training(), "training", mistakes_);
    check_ranges(file_, experiment_.recording(), "recording", mistakes_);
    check_trial();
    const DataShape* shape = check_data();
    if (experiment_.has_network()) {
      check_ends(shape);
    } else {
      add_missing("", "network", "no network",
                  "add network { population { ... } projection { ... } }");
    }
    check_recording();
    sort_mistakes(mistakes_);
    return std::move(mistakes_);
  }

 private:
  void add(const std::string& path, std::string what, std::string fix) {
    mistakes_.push_back(file_.mistake(path, std::move(what), std::move(fix)));
  }

  void add_among(const std::vector<std::string>& paths, std::string what, std::string fix) {
    mistakes_.push_back(file_.mistake_among(paths, std::move(what), std::move(fix)));
  }

  // An unset field, unless it was set and could not be read.
  void add_missing(const std::string& path, std::string_view field, std::string what,
                   std::string fix) {
    if (!file_.is_lost(join_path(path, field))) {
      add(join_path(path, field), std::move(what), std::move(fix));
    }
  }

  void check_trial() {
    const proto::Trial& trial = experiment_.trial();
    if (trial.extra_length_mean_ms() > 0 && trial.extra_length_shape_ms() == 0) {
      add_among({"trial.extra_length_shape_ms", "trial.extra_length_mean_ms"},
                fmt::format("`extra_length_shape_ms` is 0 with `extra_length_mean_ms` {}",
                            trial.extra_length_mean_ms()),
                "give a shape above 0, or a mean of 0");
    }
    check_window("settling_time_ms", trial.settling_time_ms(), "phase_length_ms",
                 trial.phase_length_ms());
    check_window("test_settling_time_ms", trial.test_settling_time_ms(), "test_length_ms",
                 trial.test_length_ms());
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

  // The shape of the named data set, if it is known.
  const DataShape* check_data() {
    std::vector<std::string> names;
    for (const DataShape& shape : data_sets_) {
      names.push_back(shape.name);
    }
    const std::string& name = experiment_.data().name();
    if (name.empty()) {
      const std::string any = names.empty() ? "data { name: \"...\" }"
                                            : fmt::format("data {{ name: \"{}\" }}", names.front());
      if (experiment_.has_data()) {
        add_missing("data", "name", "data without a name", "add " + any);
      } else {
        add_missing("", "data", "no data", "add " + any);
      }
      return nullptr;
    }
    const auto shape = std::ranges::find(data_sets_, name, &DataShape::name);
    if (shape != data_sets_.end()) {
      return &*shape;
    }
    if (!data_sets_.empty()) {
      add("data.name", fmt::format("unknown data set `{}`", name), suggestion(name, names));
    }
    return nullptr;
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
      check_size(input, shape->values_per_image, [&](const proto::Population& population) {
        return fmt::format("population `{}` has {} neurons, an {} image has {} values",
                           population.name(), population.size(), shape->name,
                           shape->values_per_image);
      });
    }
    if (output >= 0) {
      check_size(output, shape->classes, [&](const proto::Population& population) {
        return fmt::format("population `{}` has {} neurons, {} has {} classes", population.name(),
                           population.size(), shape->name, shape->classes);
      });
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
      add_missing("network", "population", fmt::format("no {}: no population is a {}", role, model),
                  fmt::format("add one with {} {{}}", model));
    }
    return found;
  }

  template <typename Words>
  void check_size(int i, int size, const Words& words) {
    const proto::Population& population = experiment_.network().population(i);
    if (population.size() >= 1 && population.size() != size) {
      add(fmt::format("network.population[{}].size", i), "size mismatch: " + words(population),
          fmt::format("set size: {}", size));
    }
  }

  void check_recording() {
    for (int i = 0; i < experiment_.recording().spikes_size(); ++i) {
      const std::string& name = experiment_.recording().spikes(i).population();
      if (!name.empty()) {
        check_population_name(file_, fmt::format("recording.spikes[{}].population", i), name,
                              mistakes_);
      }
    }
  }

  const ExperimentFile& file_;
  const proto::Experiment& experiment_;
  std::span<const DataShape> data_sets_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

std::vector<Mistake> check_experiment(const ExperimentFile& file,
                                      std::span<const DataShape> data_sets) {
  return ExperimentCheck(file, data_sets).run();
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
