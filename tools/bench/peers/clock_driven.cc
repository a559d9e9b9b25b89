// Trains the clock-driven network on the first images of MNIST, in their order, and prints the
// running training error and, last, a line of JSON: what compare_peers.py reads of every peer.

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/catalogue.h"
#include "datasets/data_error.h"
#include "datasets/image_set.h"
#include "tools/bench/peers/clock_driven_network.h"

namespace apical::peers {
namespace {

namespace options = boost::program_options;

constexpr int kMostStepsPerMs = 1000;
constexpr std::size_t kReports = 10;  // of the running error

double percent(std::size_t part, std::size_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void run(const std::filesystem::path& data_folder, std::size_t wanted, std::uint64_t seed,
         std::size_t steps_per_ms) {
  const ImageSet images = load(*find_data_set("mnist"), data_folder).train;
  const std::size_t examples = wanted == 0 ? images.size() : std::min(wanted, images.size());
  ClockDrivenNetwork network(
      {.inputs = images.image_size(), .classes = static_cast<std::size_t>(images.classes)}, seed,
      steps_per_ms);
  std::vector<std::uint8_t> wrong(examples);
  const auto errors = [&](std::size_t from, std::size_t to) {
    return static_cast<std::size_t>(std::count(wrong.begin() + static_cast<std::ptrdiff_t>(from),
                                               wrong.begin() + static_cast<std::ptrdiff_t>(to), 1));
  };

  const auto start = std::chrono::steady_clock::now();
  std::size_t reported = 0;
  for (std::size_t n = 0; n < examples; ++n) {
    wrong[n] = network.train(images.image(n), images.labels[n]) != images.labels[n];
    if ((n + 1) * kReports / examples == n * kReports / examples) continue;
    fmt::print("images {:>6} to {:>6}: training error {:5.1f} %\n", reported, n + 1,
               percent(errors(reported, n + 1), n + 1 - reported));
    reported = n + 1;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  const ClockDrivenNetwork::Activity& activity = network.activity();
  const auto rate_hz = [&](std::uint64_t spikes, std::size_t neurons) {
    return 1000 * static_cast<double>(spikes) / (activity.time * static_cast<double>(neurons));
  };
  const ClockDrivenNetwork::Shape shape;
  const nlohmann::ordered_json result = {
      {"peer", "C++"},
      {"dt_ms", 1 / static_cast<double>(steps_per_ms)},
      {"examples", examples},
      {"train_ms_per_example", 1000 * seconds / static_cast<double>(examples)},
      {"train_error_percent", percent(errors(examples / 2, examples), examples - examples / 2)},
      {"input_rate_hz", rate_hz(activity.input_spikes, images.image_size())},
      {"hidden_rate_hz", rate_hz(activity.hidden_spikes, shape.hidden)},
      {"output_rate_hz", rate_hz(activity.output_spikes, shape.classes)}};
  fmt::print("{}\n", result.dump());
}

std::optional<std::size_t> steps_in_one_ms(double dt) {
  const double steps = std::round(1 / dt);
  if (!(steps >= 1 && steps <= kMostStepsPerMs)) return std::nullopt;
  // Decimal fractions, as 0.3333 for a third, count for what they mean.
  if (std::abs(dt * steps - 1) > 1e-3) return std::nullopt;
  return static_cast<std::size_t>(steps);
}

int main_of(int argc, char** argv) {
  options::options_description visible("Options");
  visible.add_options()("help", "show this")  //
      ("data", options::value<std::string>()->default_value("")->value_name("DIR"),
       "where MNIST is [$APICAL_DATA, then ~/.cache/apical]")  //
      ("examples", options::value<std::size_t>()->default_value(10000)->value_name("N"),
       "train on the first N images; 0 for all")  //
      ("seed", options::value<std::uint64_t>()->default_value(1)->value_name("N"),
       "of all random numbers")  //
      ("dt", options::value<double>()->default_value(1)->value_name("MS"),
       "time step: 1 ms over a whole number");
  try {
    options::variables_map given;
    options::store(options::parse_command_line(argc, argv, visible), given);
    if (given.count("help") != 0) {
      fmt::print(
          "Usage: clock_driven [options]\n\nTrains the network of segregated_500.textproto "
          "in steps of fixed length.\n\n");
      for (const auto& option : visible.options()) {
        fmt::print("  --{:<9} {}\n", option->long_name(), option->description());
      }
      return 0;
    }
    const double dt = given["dt"].as<double>();
    const auto steps_per_ms = steps_in_one_ms(dt);
    if (!steps_per_ms) {
      fmt::print(stderr,
                 "clock_driven: --dt {}: 1 ms over a whole number up to {} would be right\n", dt,
                 kMostStepsPerMs);
      return 2;
    }
    run(given["data"].as<std::string>(), given["examples"].as<std::size_t>(),
        given["seed"].as<std::uint64_t>(), *steps_per_ms);
  } catch (const options::error& error) {
    fmt::print(stderr, "clock_driven: {}; see --help\n", error.what());
    return 2;
  } catch (const DataError& error) {
    fmt::print(stderr, "clock_driven: {}\n", error.what());
    return 4;
  }
  return 0;
}

}  // namespace
}  // namespace apical::peers

// What is left to escape is that standard error cannot be written to.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return apical::peers::main_of(argc, argv); }
