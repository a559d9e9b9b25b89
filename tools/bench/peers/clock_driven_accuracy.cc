// Prints how far the clock-driven peer is from the exact solution at several time steps: the
// potentials of hidden neurons with their initial weights while the first images of MNIST are
// shown, and the firing at the maximal rate.

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <cmath>
#include <cstdio>
#include <string>

#include "datasets/catalogue.h"
#include "datasets/data_error.h"
#include "datasets/image_set.h"
#include "tools/bench/peers/clock_driven_error.h"
#include "tools/bench/peers/clock_driven_network.h"
#include "tools/bench/peers/clock_driven_soma.h"

namespace apical::peers {
namespace {

namespace options = boost::program_options;

constexpr std::size_t kShown = 104;  // ms, two phases of mean length

void run(const std::string& data_folder, std::size_t examples, std::uint64_t seed) {
  const ImageSet images = load(*find_data_set("mnist"), data_folder).train;
  const ClockDrivenNetwork network({.inputs = images.image_size()}, seed);
  const auto spikes = spikes_of_images(images, examples, kShown, seed);
  fmt::print("{:>6}{:>10}{:>10}{:>8}   at 200 Hz: {:>16}{:>10}{:>10}\n", "dt", "rms dV", "max dV",
             "sd of V", "P(fires in 1 ms)", "exactly", "Fano");
  for (const std::size_t steps : {1U, 2U, 4U, 10U, 100U}) {
    const PotentialError error = potential_error(network.hidden_weights(), network.hidden_bias(),
                                                 spikes, kShown * examples, steps);
    const double dt = 1 / static_cast<double>(steps);
    const double probability = kMaxRate * dt;
    fmt::print("{:>6}{:>10.4f}{:>10.4f}{:>8.2f}{:>31.4f}{:>10.4f}{:>10.2f}\n", dt, error.rms,
               error.largest, error.spread,
               1 - std::pow(1 - probability, static_cast<double>(steps)), -std::expm1(-kMaxRate),
               1 - probability);
  }
}

int main_of(int argc, char** argv) {
  options::options_description visible("Options");
  visible.add_options()("help", "show this")  //
      ("data", options::value<std::string>()->default_value("")->value_name("DIR"),
       "where MNIST is [$APICAL_DATA, then ~/.cache/apical]")  //
      ("examples", options::value<std::size_t>()->default_value(50)->value_name("N"),
       "show the first N images")  //
      ("seed", options::value<std::uint64_t>()->default_value(1)->value_name("N"),
       "of weights and spikes");
  try {
    options::variables_map given;
    options::store(options::parse_command_line(argc, argv, visible), given);
    if (given.count("help") != 0) {
      fmt::print("Usage: clock_driven_accuracy [options]\n");
      for (const auto& option : visible.options()) {
        fmt::print("  --{:<9} {}\n", option->long_name(), option->description());
      }
      return 0;
    }
    run(given["data"].as<std::string>(), given["examples"].as<std::size_t>(),
        given["seed"].as<std::uint64_t>());
  } catch (const options::error& error) {
    fmt::print(stderr, "clock_driven_accuracy: {}; see --help\n", error.what());
    return 2;
  } catch (const DataError& error) {
    fmt::print(stderr, "clock_driven_accuracy: {}\n", error.what());
    return 4;
  }
  return 0;
}

}  // namespace
}  // namespace apical::peers

// What is left to escape is that standard error cannot be written to.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return apical::peers::main_of(argc, argv); }
