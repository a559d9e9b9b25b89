#include "learning/plateau_times.h"

#include <algorithm>
#include <span>

#include "learning/stochastic_plateaus.h"
#include "learning/trial_protocol.h"
#include "models/network.h"

namespace apical {

PlateauTimes::PlateauTimes(const TrialMetricContext& context) : context_(context) {
  for (std::size_t p = 0; p < static_cast<std::size_t>(context.network.population_size()); ++p) {
    const proto::Population& population = context.network.population(static_cast<int>(p));
    if (population.has_pyramidal()) {
      layers_.push_back({p, "plateau_before_end_ms_" + population.name()});
    }
  }
  sums_.resize(layers_.size());
}

void PlateauTimes::after_trial(std::size_t /*label*/) {
  ++trials_;
  const StochasticPlateaus* plateaus =
      context_.protocol == nullptr ? nullptr : context_.protocol->stochastic_plateaus();
  if (plateaus == nullptr) return;
  const Time end = context_.spiking->simulation().now();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto& population =
        dynamic_cast<const SpikingPopulation&>(context_.spiking->population(layers_[l].population));
    const std::span<const Time> times = plateaus->times(population);
    double sum = 0;
    for (const Time time : times) sum += end - time;
    sums_[l] += sum / static_cast<double>(times.size());
  }
}

std::vector<MetricValue> PlateauTimes::take() {
  std::vector<MetricValue> values;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    values.push_back({layers_[l].column, std::nullopt});
    if (trials_ > 0) values.back().value = sums_[l] / static_cast<double>(trials_);
  }
  std::ranges::fill(sums_, 0.0);
  trials_ = 0;
  return values;
}

void PlateauTimes::checkpoint(const Checkpoint& state) {
  state.array("sums", std::span(sums_));
  state.number("trials", trials_);
}

}  // namespace apical
