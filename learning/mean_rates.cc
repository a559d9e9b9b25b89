#include "learning/mean_rates.h"

#include <algorithm>
#include <span>

#include "models/network.h"
#include "models/population_kind.h"
#include "simulator/vector_math.h"

namespace apical {

MeanRates::MeanRates(const TrialMetricContext& context) : context_(context) {
  for (std::size_t p = 0; p < static_cast<std::size_t>(context.network.population_size()); ++p) {
    const proto::Population& population = context.network.population(static_cast<int>(p));
    if (is_source(population) && context.spiking == nullptr) continue;
    const double max_rate_hz = population.has_pyramidal() ? population.pyramidal().max_rate_hz()
                                                          : population.output().max_rate_hz();
    layers_.push_back({p, "mean_rate_hz_" + population.name(), max_rate_hz});
  }
  sums_.resize(layers_.size());
  spikes_.resize(layers_.size());
}

void MeanRates::after_trial(std::size_t /*label*/) {
  ++trials_;
  if (context_.spiking != nullptr) return;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto v = context_.rule.potentials(layers_[l].population);
    const auto index = static_cast<int>(layers_[l].population);
    const auto size = static_cast<std::size_t>(context_.network.population(index).size());
    double sum = 0;
    for (const float each : v.first(size)) sum += static_cast<double>(sigmoid(each));
    sums_[l] += layers_[l].max_rate_hz * sum / static_cast<double>(size);
  }
}

std::vector<MetricValue> MeanRates::take() {
  std::vector<MetricValue> values;
  const Time now = context_.spiking == nullptr ? 0 : context_.spiking->simulation().now();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    values.push_back({layers_[l].column, std::nullopt});
    if (trials_ == 0) continue;
    if (context_.spiking == nullptr) {
      values.back().value = sums_[l] / static_cast<double>(trials_);
      continue;
    }
    const Population& population = context_.spiking->population(layers_[l].population);
    const std::uint64_t spikes = population.spikes();
    values.back().value = 1000 * static_cast<double>(spikes - spikes_[l]) /
                          (static_cast<double>(population.size()) * (now - last_row_));
    spikes_[l] = spikes;
  }
  std::ranges::fill(sums_, 0.0);
  trials_ = 0;
  last_row_ = now;
  return values;
}

void MeanRates::checkpoint(const Checkpoint& state) {
  state.array("sums", std::span(sums_));
  state.array("spikes", std::span(spikes_));
  state.number("last_row_ms", last_row_);
  state.number("trials", trials_);
}

}  // namespace apical
