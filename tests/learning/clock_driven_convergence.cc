// Prints how a clock-driven network comes to the program as its step goes to 0, and what each
// costs: docs/exactness.md, section 8. Arguments: trials to compare (default 50), trials of
// training before the second comparison (default 1,000).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "learning/initial_weights.h"
#include "tests/learning/clock_driven_comparison.h"
#include "tests/statistics.h"

namespace apical {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint64_t kOtherSeed = 2;

const std::vector<std::pair<std::string, OfTrial>> kMeans = {
    {"s of input", &TrialMeans::input_s},
    {"s of hidden", &TrialMeans::hidden_s},
    {"V of hidden", &TrialMeans::hidden_v},
    {"V of output", &TrialMeans::output_v},
    {"forward plateau", &TrialMeans::plateau_forward},
    {"target plateau", &TrialMeans::plateau_target},
    {"output rate, Hz", &TrialMeans::output_rate}};

// Those that fire by their potentials, and their neurons.
const std::vector<std::pair<std::size_t, double>> kLayers = {{1, 500}, {2, 10}};

struct Row {
  std::size_t steps_per_ms;
  TrialsResult result;  // with the least time of several runs
  double exact_ms;      // the program's, in turn with them
  double step_ms() const { return 1 / static_cast<double>(steps_per_ms); }
};

// Rates are mean ones of a layer; their differences, and how many spikes differ, in %.
void print_rates_and_costs(const std::vector<Row>& rows, const TrialsResult& exact) {
  fmt::print(
      "| dt, ms | hidden rate | its bias | hidden spikes that differ | output rate | its bias "
      "| output spikes that differ | ms per trial | ratio "
      "|\n|---|---|---|---|---|---|---|---|---|\n");
  double least_ms = exact.ms_per_trial;
  for (const Row& row : rows) {
    const TrialsResult& result = row.result;
    fmt::print("| {} ", row.step_ms());
    for (const auto& [layer, neurons] : kLayers) {
      fmt::print("| {:.3f} Hz | {:+.3f} % | {:.3f} % ", result.rate_hz(layer, neurons),
                 100 * rate_bias(result, exact, layer),
                 100 * differing_share(result, exact, layer));
    }
    fmt::print("| {:.2f} | {:.2f} |\n", result.ms_per_trial, result.ms_per_trial / row.exact_ms);
    least_ms = std::min(least_ms, row.exact_ms);
  }
  fmt::print("| none ");
  for (const auto& [layer, neurons] : kLayers) {
    fmt::print("| {:.3f} Hz | | ", exact.rate_hz(layer, neurons));
  }
  fmt::print("| {:.2f} | 1 |\n\n", least_ms);
}

void print_means(const std::vector<Row>& rows, const TrialsResult& exact, const char* what,
                 double MeansDifference::*which) {
  fmt::print("| dt, ms: {} |", what);
  for (const auto& [name, mean] : kMeans) fmt::print(" {} |", name);
  fmt::print("\n|---|---|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    fmt::print("| {} |", row.step_ms());
    for (const auto& [name, mean] : kMeans) {
      fmt::print(" {:.1e} |", difference(row.result, exact, mean).*which);
    }
    fmt::print("\n");
  }
  fmt::print("| r.m.s. of the mean itself |");
  for (const auto& [name, mean] : kMeans) {
    fmt::print(" {:.2g} |", difference(exact, exact, mean).scale);
  }
  fmt::print("\n\n");
}

// As users would see it, each with random numbers of its own.
void print_independent(const std::string& name, const TrialsResult& one,
                       const TrialsResult& other) {
  fmt::print("| {} ", name);
  for (const auto& [layer, neurons] : kLayers) {
    const std::vector<double> differences = rate_differences(one, other, layer);
    const Moments moments = moments_of(differences);
    const double percent = 100 * 1000 / (neurons * other.rate_hz(layer, neurons));
    fmt::print("| {:+.2f} % | {:.2f} % ", percent * moments.mean,
               percent * std::sqrt(moments.variance / static_cast<double>(differences.size())));
  }
  fmt::print("|\n");
}

void compare(const std::string& title, const proto::Experiment& experiment,
             const Parameters& parameters, const ImageSet& images, std::size_t trials) {
  fmt::print("{}, {} trials\n\n", title, trials);
  const auto run_exactly = [&] {
    return run_program(experiment, parameters, images, trials, kSeed);
  };
  const TrialsResult exact = run_exactly();
  std::vector<Row> rows;
  for (const std::size_t steps : {1U, 2U, 10U, 20U, 100U, 200U, 1000U}) {
    const auto run_in_steps = [&] {
      return run_clock_driven(experiment, parameters, images, exact, kSeed, steps);
    };
    // Results are always the same; the machine is not.
    Row row = {steps, run_in_steps(), run_exactly().ms_per_trial};
    for (int n = 1; n < (steps < 100 ? 10 : 2); ++n) {
      row.exact_ms = std::min(row.exact_ms, run_exactly().ms_per_trial);
      row.result.ms_per_trial = std::min(row.result.ms_per_trial, run_in_steps().ms_per_trial);
      row.exact_ms = std::min(row.exact_ms, run_exactly().ms_per_trial);
    }
    rows.push_back(std::move(row));
  }
  print_rates_and_costs(rows, exact);
  print_means(rows, exact, "r.m.s.", &MeansDifference::rms);
  print_means(rows, exact, "largest", &MeansDifference::largest);
  print_means(rows, exact, "bias", &MeansDifference::bias);

  const std::size_t many = 20 * trials;
  const TrialsResult one = run_program(experiment, parameters, images, many, kSeed);
  const TrialsResult other = run_program(experiment, parameters, images, many, kOtherSeed);
  fmt::print(
      "| independent random numbers, {} trials | hidden rate | standard error | output rate "
      "| standard error |\n|---|---|---|---|---|\n",
      many);
  print_independent("no step, twice", other, one);
  for (const std::size_t steps : {1U, 10U}) {
    const TrialsResult result =
        run_clock_driven(experiment, parameters, images, other, kOtherSeed, steps);
    print_independent(fmt::format("{} ms", 1 / static_cast<double>(steps)), result, one);
  }
  fmt::print("\n");
}

void run(std::size_t trials, std::size_t training) {
  const proto::Experiment experiment = digits_experiment();
  const ImageSet images = sample_digits().train;
  compare("Initial weights", experiment,
          initial_parameters(experiment.network(), experiment.seed()), images, trials);
  compare(fmt::format("After {} trials of training", training), experiment,
          trained_parameters(experiment, images, training), images, trials);
}

}  // namespace
}  // namespace apical

int main(int argc, char** argv) {
  try {
    apical::run(argc > 1 ? std::stoul(argv[1]) : 50, argc > 2 ? std::stoul(argv[2]) : 1000);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
