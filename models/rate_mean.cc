#include "models/rate_mean.h"

#include <cassert>
#include <cmath>

namespace apical {
namespace {

constexpr double kMaxStep = 0.5;  // ms

}  // namespace

void RateMean::open(SpikingPopulation& population, Time start, Time end) {
  assert(end > start);
  population_ = &population;
  start_ = start;
  steps_ = static_cast<std::size_t>(std::ceil((end - start) / kMaxStep));
  step_ = (end - start) / static_cast<double>(steps_);
  taken_ = 0;
  means_.assign(population.size(), 0.0);
}

Time RateMean::next() const {
  return taken_ == steps_ ? kNever : start_ + (static_cast<double>(taken_) + 0.5) * step_;
}

void RateMean::advance(Horizon horizon) {
  while (horizon.admits(next(), id())) {
    population_->catch_up(next());
    population_->add_firing_probabilities(next(), means_);
    if (++taken_ < steps_) continue;
    const double scale = population_->constants().max_rate_per_ms / static_cast<double>(steps_);
    for (double& mean : means_) mean *= scale;
  }
}

}  // namespace apical
