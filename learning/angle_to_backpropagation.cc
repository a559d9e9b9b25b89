#include "learning/angle_to_backpropagation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "simulator/vector_math.h"

namespace apical {
namespace {

// In degrees; not a number if either e is 0. e is the difference times sigmoid'(V), but for a
// factor.
double angle_between(std::span<const float> difference, std::span<const float> other,
                     std::span<const float> v) {
  double product = 0;
  double square = 0;
  double other_square = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double probability = sigmoid(v[i]);
    const double slope = probability * (1 - probability);
    const double a = difference[i] * slope;
    const double b = other[i] * slope;
    product += a * b;
    square += a * a;
    other_square += b * b;
  }
  const double cosine = product / std::sqrt(square * other_square);
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

}  // namespace

AngleToBackpropagation::AngleToBackpropagation(const TrialMetricContext& context)
    : rule_(&context.rule), backpropagated_(context.network, context.parameters) {
  std::size_t index = 0;
  for (const proto::Population& population : context.network.population()) {
    if (population.has_pyramidal()) {
      layers_.push_back({index, "angle_to_backpropagation_degrees_" + population.name()});
    }
    ++index;
  }
}

void AngleToBackpropagation::after_trial(std::size_t /*label*/) {
  backpropagated_.find(rule_->output_difference(),
                       [&](std::size_t p) { return rule_->potentials(p); });
  for (Layer& layer : layers_) {
    const double angle = angle_between(rule_->difference(layer.population),
                                       backpropagated_.difference(layer.population),
                                       rule_->potentials(layer.population));
    if (!std::isfinite(angle)) continue;
    layer.sum += angle;
    ++layer.trials;
  }
}

std::vector<MetricValue> AngleToBackpropagation::take() {
  std::vector<MetricValue> values;
  for (Layer& layer : layers_) {
    values.push_back(
        {layer.column, layer.trials == 0
                           ? std::nullopt
                           : std::optional(layer.sum / static_cast<double>(layer.trials))});
    layer.sum = 0;
    layer.trials = 0;
  }
  return values;
}

void AngleToBackpropagation::checkpoint(const Checkpoint& state) {
  for (Layer& layer : layers_) {
    const Checkpoint place = state.in(layer.column);
    place.number("sum", layer.sum);
    place.number("trials", layer.trials);
  }
}

}  // namespace apical
