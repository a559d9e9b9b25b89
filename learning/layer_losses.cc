#include "learning/layer_losses.h"

#include <algorithm>
#include <span>

#include "models/population_kind.h"

namespace apical {

double loss_of(const TrialMetricContext& context, std::size_t population) {
  double sum = 0;
  if (context.network.population(static_cast<int>(population)).has_output()) {
    const auto difference = context.rule.output_difference();
    const auto size = context.rule.output_potentials().size();
    for (const float d : difference.first(size)) sum += static_cast<double>(d) * d;
    return sum / static_cast<double>(size);
  }
  const auto [forward, target] = context.rule.plateaus(population);
  for (std::size_t i = 0; i < forward.size(); ++i) {
    const double d = static_cast<double>(target[i]) - static_cast<double>(forward[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(forward.size());
}

LayerLosses::LayerLosses(const TrialMetricContext& context) : context_(context) {
  for (std::size_t p = 0; p < static_cast<std::size_t>(context.network.population_size()); ++p) {
    const proto::Population& population = context.network.population(static_cast<int>(p));
    if (!is_source(population)) layers_.push_back({p, "loss_" + population.name()});
  }
  sums_.resize(layers_.size());
}

void LayerLosses::after_trial(std::size_t /*label*/) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    sums_[l] += loss_of(context_, layers_[l].population);
  }
  ++trials_;
}

std::vector<MetricValue> LayerLosses::take() {
  std::vector<MetricValue> values;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    values.push_back({layers_[l].column, std::nullopt});
    if (trials_ > 0) values.back().value = sums_[l] / static_cast<double>(trials_);
  }
  std::ranges::fill(sums_, 0.0);
  trials_ = 0;
  return values;
}

void LayerLosses::checkpoint(const Checkpoint& state) {
  state.array("sums", std::span(sums_));
  state.number("trials", trials_);
}

}  // namespace apical
