#include "learning/loss_correlation.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>

#include "learning/layer_losses.h"

namespace apical {

// Welford's recurrence.
void LossCorrelation::Moments::add(double x, double y) {
  trials += 1;
  const double dx = x - mean_x;
  const double dy = y - mean_y;
  mean_x += dx / trials;
  mean_y += dy / trials;
  xx += dx * (x - mean_x);
  yy += dy * (y - mean_y);
  xy += dx * (y - mean_y);
}

std::optional<double> LossCorrelation::Moments::correlation() const {
  if (trials < 3 || xx == 0 || yy == 0) return std::nullopt;
  return xy / std::sqrt(xx * yy);
}

LossCorrelation::LossCorrelation(const TrialMetricContext& context) : context_(context) {
  std::size_t classes = 0;
  for (std::size_t p = 0; p < static_cast<std::size_t>(context.network.population_size()); ++p) {
    const proto::Population& population = context.network.population(static_cast<int>(p));
    if (population.has_output()) {
      output_ = p;
      classes = static_cast<std::size_t>(population.size()) / context.classes.neurons_per_class;
    } else if (population.has_pyramidal()) {
      layers_.push_back({p, "loss_correlation_" + population.name(), {}});
    }
  }
  for (Layer& layer : layers_) layer.by_class.resize(classes);
}

void LossCorrelation::after_trial(std::size_t label) {
  const double output_loss = loss_of(context_, output_);
  for (Layer& layer : layers_) {
    layer.by_class[label].add(loss_of(context_, layer.population), output_loss);
  }
}

std::vector<MetricValue> LossCorrelation::take() {
  std::vector<MetricValue> values;
  for (Layer& layer : layers_) {
    for (std::size_t c = 0; c < layer.by_class.size(); ++c) {
      values.push_back(
          {fmt::format("{}_class_{}", layer.column, c), layer.by_class[c].correlation()});
      layer.by_class[c] = {};
    }
  }
  return values;
}

void LossCorrelation::checkpoint(const Checkpoint& state) {
  for (Layer& layer : layers_) {
    for (std::size_t c = 0; c < layer.by_class.size(); ++c) {
      Moments& m = layer.by_class[c];
      std::array values = {m.trials, m.mean_x, m.mean_y, m.xx, m.yy, m.xy};
      state.array(fmt::format("{}_class_{}", layer.column, c), std::span<double>(values));
      m = {values[0], values[1], values[2], values[3], values[4], values[5]};
    }
  }
}

}  // namespace apical
