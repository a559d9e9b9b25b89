#include "models/network_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "models/experiment_defaults.h"
#include "models/feedforward_order.h"
#include "models/field_ranges.h"
#include "models/file_check.h"
#include "models/network_path.h"

namespace apical {
namespace {

constexpr double kMinDelay = 0.001;  // ms

using proto::Compartment;
using Conductance = std::pair<std::string, double>;  // field, value

std::vector<Compartment> compartments_of(const proto::Population& population) {
  switch (population.model_case()) {
    case proto::Population::kPyramidal:
      return {proto::BASAL, proto::APICAL};
    case proto::Population::kOutput:
      return {proto::DENDRITE};
    case proto::Population::kPoissonSource:
    case proto::Population::kReplay:
    case proto::Population::MODEL_NOT_SET:
      return {};
  }
  return {};
}

// The closed form divides by the difference of any two of its decay rates.
double relative_difference(double a, double b) {
  return std::abs(a - b) / std::max(std::abs(a), std::abs(b));
}
bool too_close(double a, double b) {
  constexpr double kRelative = 0.01 * (1 - 1e-9);  // 1 % itself is allowed, however it is rounded
  return relative_difference(a, b) < kRelative;
}
// Of the two smallest of the three differences; potentials are then right to a few 1e-4.
constexpr double kLeastProduct = 0.005;

class NetworkCheck : private FileCheck {
 public:
  NetworkCheck(const ExperimentFile& file, std::vector<Mistake>& mistakes)
      : FileCheck(file, mistakes), network_(file.experiment().network()) {}

  void run() {
    check_ranges(file_, network_, "network", mistakes_);
    if (network_.has_weights_from() && network_.weights_from().file().empty()) {
      add_missing("network.weights_from", {"file"}, "weights_from without a file",
                  "add file: \"...\", the weights.h5 of a run");
    }
    if (network_.population().empty()) {
      add_missing("network", {"population"}, "no populations",
                  "add the input, an output and what lies between");
      return;
    }
    check_names();
    for (int i = 0; i < network_.population_size(); ++i) {
      check_population(i);
    }
    for (int i = 0; i < network_.projection_size(); ++i) {
      check_projection(i);
    }
    check_parallel_projections();
    check_mode();
  }

 private:
  static std::string population_path(int i) { return fmt::format("network.population[{}]", i); }
  static std::string projection_path(int i) { return fmt::format("network.projection[{}]", i); }

  const proto::Population* find_population(std::string_view name) const {
    const auto& all = network_.population();
    const auto found = std::ranges::find(all, name, &proto::Population::name);
    return name.empty() || found == all.end() ? nullptr : &*found;
  }

  const proto::Projection* find_projection(std::string_view name) const {
    const auto& all = network_.projection();
    const auto found = std::ranges::find(all, name, name_of);
    return found == all.end() ? nullptr : &*found;
  }

  // What needs an order of the populations from the input up.
  void check_mode() {
    if (network_.mode() == proto::RATE) {
      check_no_loop(file_, "network.mode", "`mode` RATE", mistakes_);
      check_no_replay();
    }
    for (int i = 0; i < network_.projection_size(); ++i) {
      if (network_.projection(i).plasticity().has_backpropagation()) {
        check_no_loop(file_, projection_path(i) + ".plasticity.backpropagation",
                      "`backpropagation`", mistakes_);
      }
    }
  }

  void check_no_replay() {
    for (int i = 0; i < network_.population_size(); ++i) {
      const proto::Population& population = network_.population(i);
      const bool source = population.poisson_source().has_replay();
      if (!source && !population.has_replay()) continue;
      add(fmt::format("network.population[{}]{}.replay", i, source ? ".poisson_source" : ""),
          "`replay` of spikes goes with `mode` SPIKING only", "remove it, or set mode: SPIKING");
    }
  }

  // Names ---------------------------------------------------------------------------------------

  void check_names() {
    std::map<std::string, std::string> first_path;
    for (int i = 0; i < network_.population_size(); ++i) {
      const std::string& name = network_.population(i).name();
      const std::string path = population_path(i);
      if (name.empty()) {
        add_missing(path, {"name"}, "population without a name", "add name: \"...\"");
        continue;
      }
      check_name("population", name, path + ".name", first_path);
    }
    first_path.clear();
    for (int i = 0; i < network_.projection_size(); ++i) {
      const proto::Projection& projection = network_.projection(i);
      const bool is_default = projection.name().empty();
      if (is_default && (projection.source().empty() || projection.target().empty())) {
        continue;  // reported as a projection without a source or target
      }
      check_name("projection", name_of(projection), projection_path(i) + ".name", first_path);
    }
  }

  void check_name(std::string_view kind, const std::string& name, const std::string& path,
                  std::map<std::string, std::string>& first_path) {
    if (!is_name(name)) {
      add(path, fmt::format("`{}` cannot be a {}'s name", name, kind),
          "use letters, digits and `_`");
    }
    const auto [first, is_new] = first_path.emplace(name, path);
    if (!is_new) {
      add(path, fmt::format("second {} named `{}`", kind, name),
          fmt::format("the first is at {}; give each a name of its own",
                      file_.where(first->second)));
    }
  }

  // Populations ---------------------------------------------------------------------------------

  void check_population(int i) {
    const proto::Population& population = network_.population(i);
    const std::string path = population_path(i);
    if (!population.has_size()) {
      add_missing(path, {"size"}, fmt::format("population `{}` has no size", population.name()),
                  "add the number of neurons, size: ...");
    }
    switch (population.model_case()) {
      case proto::Population::kPoissonSource:
        if (population.poisson_source().has_replay()) {
          check_replay(population.poisson_source().replay(), path + ".poisson_source.replay");
        }
        break;
      case proto::Population::kReplay:
        check_replay(population.replay(), path + ".replay");
        break;
      case proto::Population::kPyramidal:
        check_pyramidal(population.pyramidal(), path + ".pyramidal");
        check_is_driven(population, path, proto::BASAL);
        break;
      case proto::Population::kOutput:
        check_output(population.output(), path + ".output");
        check_is_driven(population, path, proto::DENDRITE);
        break;
      case proto::Population::MODEL_NOT_SET:
        add_missing(path, {"poisson_source", "pyramidal", "output"},
                    fmt::format("population `{}` has no model", population.name()),
                    "add poisson_source {}, pyramidal {} or output {}");
    }
  }

  void check_replay(const proto::Replay& replay, const std::string& path) {
    if (replay.file().empty()) {
      add_missing(path, {"file"}, "replay without a file", "add file: \"...\", a spikes.h5");
    }
  }

  void check_pyramidal(const proto::Pyramidal& model, const std::string& path) {
    check_time_constants(model.postsynaptic_potential(), path);
    check_soma(model.postsynaptic_potential(), path,
               {{"leak_conductance_per_ms", model.leak_conductance_per_ms()},
                {"basal_conductance_per_ms", model.basal_conductance_per_ms()},
                {"apical_conductance_per_ms", model.apical_conductance_per_ms()}});
  }

  void check_output(const proto::Output& model, const std::string& path) {
    check_time_constants(model.postsynaptic_potential(), path);
    std::vector<Conductance> conductances = {
        {"leak_conductance_per_ms", model.leak_conductance_per_ms()},
        {"dendrite_conductance_per_ms", model.dendrite_conductance_per_ms()}};
    check_soma(model.postsynaptic_potential(), path, conductances);
    if (model.teaching_conductance_per_ms() > 0) {
      conductances.emplace_back("teaching_conductance_per_ms", model.teaching_conductance_per_ms());
      check_soma(model.postsynaptic_potential(), path, conductances);
    }
  }

  void check_time_constants(const proto::PostsynapticPotential& potential,
                            const std::string& model_path) {
    const std::string path = model_path + ".postsynaptic_potential";
    if (too_close(potential.tau_leak_ms(), potential.tau_synapse_ms())) {
      add_among({path + ".tau_leak_ms", path + ".tau_synapse_ms"},
                fmt::format("`tau_leak_ms` {} and `tau_synapse_ms` {} are the same to within 1 %",
                            potential.tau_leak_ms(), potential.tau_synapse_ms()),
                "let them differ by 1 % or more, since the potential divides by their difference");
    }
  }

  void check_soma(const proto::PostsynapticPotential& potential, const std::string& path,
                  const std::vector<Conductance>& conductances) {
    double total = 0;
    std::string terms;
    std::vector<std::string> paths;
    for (const auto& [name, value] : conductances) {
      total += value;
      terms += fmt::format("{}`{}`", terms.empty() ? "" : " + ", name);
      paths.push_back(join_path(path, name));
    }
    if (total == 0) {
      add_among(paths, fmt::format("{} is 0", terms), "give one of them above 0");
    }
    for (const auto& [name, tau] : {std::pair{"tau_leak_ms", potential.tau_leak_ms()},
                                    std::pair{"tau_synapse_ms", potential.tau_synapse_ms()}}) {
      if (total > 0 && tau > 0 && too_close(total, 1 / tau)) {
        std::vector<std::string> all_paths = paths;
        all_paths.push_back(fmt::format("{}.postsynaptic_potential.{}", path, name));
        add_among(
            all_paths,
            fmt::format("{} is {:.6g}, the same as 1/`{}` to within 1 %", terms, total, name),
            "let them differ by 1 % or more, since the potential divides by their difference");
        return;
      }
    }
    check_three_rates(potential, path, total, terms, paths);
  }

  // Rounding errors grow with the product of two differences.
  void check_three_rates(const proto::PostsynapticPotential& potential, const std::string& path,
                         double total, const std::string& terms, std::vector<std::string> paths) {
    if (total <= 0 || potential.tau_leak_ms() <= 0 || potential.tau_synapse_ms() <= 0) return;
    if (too_close(potential.tau_leak_ms(), potential.tau_synapse_ms())) return;  // has been told
    const double leak = 1 / potential.tau_leak_ms();
    const double synapse = 1 / potential.tau_synapse_ms();
    std::array differences = {relative_difference(total, leak), relative_difference(total, synapse),
                              relative_difference(leak, synapse)};
    std::ranges::sort(differences);
    if (differences[0] * differences[1] >= kLeastProduct) return;
    for (const char* name : {"tau_leak_ms", "tau_synapse_ms"}) {
      paths.push_back(fmt::format("{}.postsynaptic_potential.{}", path, name));
    }
    add_among(paths,
              fmt::format("{} is {:.6g}, and 1/`tau_leak_ms` and 1/`tau_synapse_ms` are nearly the "
                          "same, {:.6g} and {:.6g}",
                          terms, total, leak, synapse),
              "let one of the three differ by 10 % or more, since the potential divides by the "
              "products of their differences");
  }

  // Whether a projection ends on a compartment, or might if its own mistakes were mended.
  bool may_reach(const proto::Projection& projection, const proto::Population& population,
                 Compartment compartment) const {
    const bool is_known = find_population(projection.target()) != nullptr;
    if (is_known && projection.target() != population.name()) {
      return false;
    }
    const std::vector<Compartment> possible = compartments_of(population);
    const bool is_valid = std::ranges::find(possible, projection.compartment()) != possible.end();
    return !is_valid || projection.compartment() == compartment;
  }

  bool is_reached(const proto::Population& population, Compartment compartment) const {
    return file_.is_lost("network.projection") ||
           std::ranges::any_of(network_.projection(), [&](const proto::Projection& projection) {
             return may_reach(projection, population, compartment);
           });
  }

  void check_is_driven(const proto::Population& population, const std::string& path,
                       Compartment compartment) {
    if (!is_reached(population, compartment)) {
      const std::string& name = proto::Compartment_Name(compartment);
      add(path, fmt::format("population `{}` receives nothing on {}", population.name(), name),
          fmt::format("add a projection with target: \"{}\" compartment: {}", population.name(),
                      name));
    }
  }

  // Projections ---------------------------------------------------------------------------------

  void check_projection(int i) {
    const proto::Projection& projection = network_.projection(i);
    const std::string path = projection_path(i);
    check_end(projection.source(), "source", path);
    check_end(projection.target(), "target", path);
    check_compartment(projection, path);
    check_delay(projection.delay_ms(), path + ".delay_ms");
    check_transmission(projection, path);
    check_initializer(projection, path + ".initializer");
    check_plasticity(projection, path + ".plasticity");
  }

  // Below the resolution of a double after days of simulated time, a spike would arrive when it
  // leaves, and a loop would never end.
  void check_delay(double delay, const std::string& path) {
    if (delay <= 0 || delay >= kMinDelay) return;
    add(path, fmt::format("`delay_ms` is {}", delay),
        fmt::format("0 or at least {} would be right", kMinDelay));
  }

  void check_transmission(const proto::Projection& projection, const std::string& path) {
    const proto::Population* source = find_population(projection.source());
    if (projection.transmission() == proto::RATES && source != nullptr &&
        (source->has_replay() || source->poisson_source().has_replay())) {
      add(path + ".transmission",
          fmt::format("`transmission` RATES from `{}`, which replays spikes", source->name()),
          "transmit SPIKES");
    } else if (projection.transmission() == proto::RATES && projection.delay_ms() > 0) {
      add_among({path + ".delay_ms", path + ".transmission"},
                fmt::format("`delay_ms` is {} with `transmission` RATES", projection.delay_ms()),
                "remove it, or transmit SPIKES");
    } else if (projection.transmission() != proto::RATES && projection.has_rate_interval_ms()) {
      add(path + ".rate_interval_ms", "`rate_interval_ms` goes with `transmission` RATES only",
          "remove it, or add transmission: RATES");
    }
  }

  void check_end(const std::string& name, const std::string& field, const std::string& path) {
    if (name.empty()) {
      add_missing(path, {field}, fmt::format("projection without a {}", field),
                  fmt::format("add the name of a population, {}: \"...\"", field));
      return;
    }
    check_population_name(file_, join_path(path, field), name, mistakes_);
  }

  void check_compartment(const proto::Projection& projection, const std::string& path) {
    const proto::Population* target = find_population(projection.target());
    if (target == nullptr || target->model_case() == proto::Population::MODEL_NOT_SET) {
      if (projection.compartment() == proto::COMPARTMENT_UNSPECIFIED) {
        add_missing(path, {"compartment"}, "projection without a compartment",
                    "add BASAL, APICAL or DENDRITE");
      }
      return;
    }
    const std::vector<Compartment> possible = compartments_of(*target);
    if (possible.empty()) {
      add(path + ".target",
          fmt::format("target `{}` is a {}, which receives nothing", target->name(),
                      target->has_replay() ? "replay" : "poisson_source"),
          "choose a pyramidal or output population");
      return;
    }
    std::string choice;
    for (const Compartment compartment : possible) {
      choice += (choice.empty() ? "" : " or ") + proto::Compartment_Name(compartment);
    }
    if (projection.compartment() == proto::COMPARTMENT_UNSPECIFIED) {
      add_missing(path, {"compartment"}, "projection without a compartment",
                  fmt::format("add compartment: {}", choice));
    } else if (std::ranges::find(possible, projection.compartment()) == possible.end()) {
      add(path + ".compartment",
          fmt::format("population `{}` has no compartment {}", target->name(),
                      proto::Compartment_Name(projection.compartment())),
          fmt::format("give {}", choice));
    }
  }

  void check_initializer(const proto::Projection& projection, const std::string& path) {
    if (!projection.has_initializer()) {
      check_matched_moments(projection, path);
      return;
    }
    const proto::Initializer& initializer = projection.initializer();
    switch (initializer.distribution_case()) {
      case proto::Initializer::kMatchedMoments:
        check_matched_moments(projection, path + ".matched_moments");
        break;
      case proto::Initializer::kUniform:
        if (initializer.uniform().low() >= initializer.uniform().high()) {
          add_among({path + ".uniform.low", path + ".uniform.high"},
                    fmt::format("`low` {} is not below `high` {}", initializer.uniform().low(),
                                initializer.uniform().high()),
                    "exchange them, or use constant { weight: ... }");
        }
        break;
      case proto::Initializer::kNormal:
      case proto::Initializer::kConstant:
        break;
      case proto::Initializer::DISTRIBUTION_NOT_SET:
        add_missing(path, {"matched_moments", "uniform", "normal", "constant"},
                    "initializer without a distribution",
                    "add matched_moments {}, uniform {}, normal {} or constant {}");
    }
  }

  void check_matched_moments(const proto::Projection& projection, const std::string& path) {
    const proto::MatchedMoments& moments = projection.initializer().matched_moments();
    const proto::Projection* counted = &projection;
    if (moments.has_fan_in_of()) {
      counted = find_projection(moments.fan_in_of());
      if (counted == nullptr) {
        add_unknown_fan_in(moments.fan_in_of(), path + ".fan_in_of");
        return;
      }
    }
    const proto::Population* source = find_population(counted->source());
    const double mean = moments.potential_mean();
    if (mean == 0) {
      add(path + ".potential_mean", "`potential_mean` is 0, and weights are relative to it",
          "give another mean, or use uniform {} or normal {}");
      return;
    }
    if (source == nullptr || source->size() < 1) {
      return;
    }
    // With d the part of the mean that weights contribute, N nu W_avg V_avg = d, and W_sd^2 comes
    // to V_sd^2 (V_avg^2 - d^2 / N) / (N nu^2 V_sm V_avg^2).
    const double d = mean - moments.bias_mean();
    if (mean * mean < d * d / source->size()) {
      add_among(
          {path + ".potential_mean", path + ".bias_mean", path + ".fan_in_of"},
          fmt::format("no weights of {} inputs give `potential_mean` {} with `bias_mean` {}: their "
                      "variance would be negative",
                      source->size(), mean, moments.bias_mean()),
          fmt::format("give a `bias_mean` within {:.6g} of `potential_mean`",
                      std::abs(mean) * std::sqrt(source->size())));
    }
  }

  void add_unknown_fan_in(const std::string& name, const std::string& path) {
    std::vector<std::string> names;
    bool all_known = !file_.is_lost("network.projection");
    for (const proto::Projection& known : network_.projection()) {
      names.push_back(name_of(known));
      // A name that is made of a misspelt one is misspelt as well.
      all_known = all_known && (known.has_name() || (find_population(known.source()) != nullptr &&
                                                     find_population(known.target()) != nullptr));
    }
    if (all_known) {
      add(path, fmt::format("no projection is named `{}`", name), suggestion(name, names));
    }
  }

  void check_plasticity(const proto::Projection& projection, const std::string& path) {
    if (!projection.has_plasticity()) {
      return;
    }
    const proto::Plasticity& plasticity = projection.plasticity();
    switch (plasticity.rule_case()) {
      case proto::Plasticity::kSegregatedDendrites:
        check_learning_rate(plasticity.segregated_dendrites().has_learning_rate(),
                            path + ".segregated_dendrites");
        check_learning(projection, path);
        break;
      case proto::Plasticity::kBackpropagation:
        check_learning_rate(plasticity.backpropagation().has_learning_rate(),
                            path + ".backpropagation");
        if (projection.compartment() == proto::APICAL) {
          add(path, "APICAL synapses cannot learn by backpropagation",
              "give learned_feedback or symmetric_feedback, or compartment: BASAL");
        }
        break;
      case proto::Plasticity::kLearnedFeedback:
        check_learning_rate(plasticity.learned_feedback().has_learning_rate(),
                            path + ".learned_feedback");
        check_is_apical(projection, path + ".learned_feedback");
        break;
      case proto::Plasticity::kSymmetricFeedback:
        check_is_apical(projection, path + ".symmetric_feedback");
        check_symmetric(projection, path + ".symmetric_feedback");
        break;
      case proto::Plasticity::RULE_NOT_SET:
        add_missing(
            path,
            {"segregated_dendrites", "backpropagation", "learned_feedback", "symmetric_feedback"},
            "plasticity without a rule",
            "add segregated_dendrites { learning_rate: ... }, or remove plasticity");
    }
  }

  void check_learning_rate(bool is_set, const std::string& path) {
    if (!is_set) {
      add_missing(path, {"learning_rate"}, "no learning rate", "add learning_rate: ...");
    }
  }

  void check_is_apical(const proto::Projection& projection, const std::string& path) {
    const Compartment compartment = projection.compartment();
    if (compartment == proto::BASAL || compartment == proto::DENDRITE) {
      add(path,
          fmt::format("a projection onto {} is no feedback", proto::Compartment_Name(compartment)),
          "remove it, or give compartment: APICAL");
    }
  }

  void check_symmetric(const proto::Projection& projection, const std::string& path) {
    if (projection.initializer().zeroed_share() > 0) {
      add(path, "`symmetric_feedback` takes the place of the initializer and its `zeroed_share`",
          "remove one of them");
    }
    const bool is_known = find_population(projection.source()) != nullptr &&
                          find_population(projection.target()) != nullptr;
    if (is_known && !file_.is_lost("network.projection") &&
        !feedforward_path(network_, projection.target(), projection.source())) {
      add(path,
          fmt::format("not exactly one way leads over BASAL and DENDRITE projections from `{}` to "
                      "`{}`",
                      projection.target(), projection.source()),
          "remove `symmetric_feedback`, or projections until one way is left");
    }
  }

  void check_learning(const proto::Projection& projection, const std::string& path) {
    if (projection.compartment() == proto::APICAL) {
      add(path, "APICAL synapses cannot learn by segregated_dendrites",
          "give learned_feedback or symmetric_feedback, or compartment: BASAL");
    }
    const proto::Population* target = find_population(projection.target());
    if (projection.compartment() == proto::BASAL && target != nullptr && target->has_pyramidal() &&
        !is_reached(*target, proto::APICAL)) {
      add(path,
          fmt::format("`{}` cannot learn, since nothing drives the plateau potentials of `{}`",
                      name_of(projection), target->name()),
          fmt::format("add a projection with target: \"{}\" compartment: APICAL, or remove "
                      "plasticity",
                      target->name()));
    }
  }

  void check_parallel_projections() {
    std::map<std::tuple<std::string, std::string, Compartment>, int> first;
    for (int i = 0; i < network_.projection_size(); ++i) {
      const proto::Projection& projection = network_.projection(i);
      if (find_population(projection.source()) == nullptr ||
          find_population(projection.target()) == nullptr) {
        continue;
      }
      const auto [same, is_new] = first.try_emplace(
          {projection.source(), projection.target(), projection.compartment()}, i);
      if (!is_new) {
        add(projection_path(i),
            fmt::format("second projection from `{}` to {} of `{}`", projection.source(),
                        proto::Compartment_Name(projection.compartment()), projection.target()),
            fmt::format("remove it, or the first at {}",
                        file_.where(projection_path(same->second))));
      }
    }
  }

  const proto::Network& network_;
};

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void check_network(const ExperimentFile& file, std::vector<Mistake>& mistakes) {
  if (file.experiment().has_network()) {
    NetworkCheck(file, mistakes).run();
  }
}

void check_population_name(const ExperimentFile& file, const std::string& path,
                           const std::string& name, std::vector<Mistake>& mistakes) {
  const auto& populations = file.experiment().network().population();
  bool all_known = !file.is_lost("network") && !file.is_lost("network.population");
  std::vector<std::string> names;
  for (int i = 0; i < populations.size(); ++i) {
    if (populations[i].name() == name) {
      return;
    }
    if (populations[i].name().empty()) {
      all_known = all_known && !file.is_lost(fmt::format("network.population[{}].name", i));
    } else {
      names.push_back(populations[i].name());
    }
  }
  if (all_known) {
    mistakes.push_back(file.mistake(path, fmt::format("no population is named `{}`", name),
                                    suggestion(name, names)));
  }
}

void check_no_loop(const ExperimentFile& file, const std::string& path, std::string_view what,
                   std::vector<Mistake>& mistakes) {
  const proto::Network& network = file.experiment().network();
  const auto is_known = [&](const std::string& name) {
    return std::ranges::find(network.population(), name, &proto::Population::name) !=
           network.population().end();
  };
  const bool all_known =
      !file.is_lost("network.projection") &&
      std::ranges::all_of(network.projection(), [&](const proto::Projection& projection) {
        return is_known(projection.source()) && is_known(projection.target());
      });
  if (all_known && !feedforward_order(network)) {
    mistakes.push_back(file.mistake(
        path, fmt::format("{} with BASAL or DENDRITE projections that form a loop", what),
        "remove it, or the projection that leads back"));
  }
}

}  // namespace apical
