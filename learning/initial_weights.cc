#include "learning/initial_weights.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>

#include "learning/recorded_weights.h"
#include "models/constants.h"
#include "models/experiment_defaults.h"
#include "models/network.h"
#include "models/population_kind.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

// Half of the width of the interval of biases in their sd, as the published code has it; it would
// be the whole width of one whose standard deviation is 1.
constexpr double kHalfWidth = 3.465;

// Of a population that replays, what its file has is not looked at.
constexpr double kReplayMaxRateHz = 200;

double max_rate_hz(const proto::Population& population) {
  if (population.has_replay()) return kReplayMaxRateHz;
  if (population.has_poisson_source()) return population.poisson_source().max_rate_hz();
  if (population.has_pyramidal()) return population.pyramidal().max_rate_hz();
  return population.output().max_rate_hz();
}

const proto::Bias& bias_of(const proto::Population& population) {
  return population.has_pyramidal() ? population.pyramidal().bias() : population.output().bias();
}

// The projection whose inputs count for matched moments: itself, unless it says otherwise.
const proto::Projection& model_of(const proto::Network& network,
                                  const proto::Projection& projection) {
  const std::string& other = projection.initializer().matched_moments().fan_in_of();
  if (other.empty()) return projection;  // NOLINT(bugprone-return-const-ref-from-parameter)
  return *std::ranges::find(network.projection(), other, &name_of);
}

std::function<double()> distribution(const proto::Network& network,
                                     const proto::Projection& projection, RandomStream& stream) {
  const proto::Initializer& initializer = projection.initializer();
  switch (initializer.distribution_case()) {
    case proto::Initializer::kUniform:
      return [&stream, low = initializer.uniform().low(),
              width = initializer.uniform().high() - initializer.uniform().low()] {
        return low + width * stream.uniform();
      };
    case proto::Initializer::kNormal:
      return [&stream, mean = initializer.normal().mean(), sd = initializer.normal().sd()] {
        return mean + sd * stream.normal();
      };
    case proto::Initializer::kConstant:
      return [weight = initializer.constant().weight()] { return weight; };
    case proto::Initializer::kMatchedMoments:
    case proto::Initializer::DISTRIBUTION_NOT_SET:
      break;
  }
  const proto::Population& source =
      population_named(network, model_of(network, projection).source());
  const WeightMoments moments = matched_moments(
      initializer.matched_moments(), static_cast<std::size_t>(source.size()), max_rate_hz(source));
  return [&stream, moments, half_width = initializer.matched_moments().half_width()] {
    return moments.mean + half_width * moments.spread * (2 * stream.uniform() - 1);
  };
}

// Each modifier leaves the distribution's own draws as they are.
void modify(const proto::Initializer& initializer, RandomStream& stream, DenseWeights& weights) {
  const double zeroed = initializer.zeroed_share();
  const auto gain = static_cast<float>(initializer.gain());
  if (zeroed == 0 && initializer.gain() == 1) return;
  for (std::size_t j = 0; j < weights.sources(); ++j) {
    for (float& weight : std::span(weights.row(j), weights.targets())) {
      weight = zeroed > 0 && stream.uniform() < zeroed ? 0.0F : gain * weight;
    }
  }
}

}  // namespace

WeightMoments matched_moments(const proto::MatchedMoments& moments, std::size_t fan_in,
                              double max_rate_hz) {
  const auto n = static_cast<double>(fan_in);
  const double rate = moments.mean_rate_fraction() * per_ms(max_rate_hz);
  const double v = moments.potential_mean();
  const double b = moments.bias_mean();
  const double mean = (v - b) / (rate * n * v);
  const double v_square = moments.potential_sd() * moments.potential_sd() + v * v;
  const double square = (v_square + rate * rate * (n - n * n) * mean * mean * v * v -
                         2 * n * rate * b * v * mean - b * b) /
                        (n * rate * rate * v_square);
  const double variance = square - mean * mean;
  return {mean, variance < 0 ? variance : std::sqrt(variance)};
}

Parameters initial_parameters(const proto::Network& network, std::uint64_t seed) {
  if (network.has_weights_from()) return recorded_parameters(network);
  Parameters parameters = zero_parameters(network);
  for (std::uint32_t p = 0; p < parameters.weights.size(); ++p) {
    RandomStream stream({seed, p, Purpose::kInitialWeights, 0});
    const proto::Projection& projection = network.projection(static_cast<int>(p));
    const auto draw = distribution(network, projection, stream);
    DenseWeights& weights = parameters.weights[p];
    for (std::size_t j = 0; j < weights.sources(); ++j) {
      for (std::size_t i = 0; i < weights.targets(); ++i) {
        weights.row(j)[i] = static_cast<float>(draw());
      }
    }
    RandomStream zeroing({seed, p, Purpose::kZeroedWeights, 0});
    modify(projection.initializer(), zeroing, weights);
  }
  for (std::uint32_t p = 0; p < parameters.biases.size(); ++p) {
    const proto::Population& population = network.population(static_cast<int>(p));
    if (is_source(population)) continue;
    RandomStream stream({seed, p, Purpose::kInitialBiases, 0});
    const proto::Bias& bias = bias_of(population);
    for (int i = 0; i < population.size(); ++i) {
      parameters.biases[p][static_cast<std::size_t>(i)] =
          static_cast<float>(bias.mean() + kHalfWidth * bias.sd() * (2 * stream.uniform() - 1));
    }
  }
  return parameters;
}

}  // namespace apical
