#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"

namespace apical {

// How long before the end of the target phase the plateau potentials of each pyramidal population
// come: the mean over neurons and trials, in ms; 0 where they are not stochastic.
class PlateauTimes final : public TrialMetric {
 public:
  explicit PlateauTimes(const TrialMetricContext& context);

  void after_trial(std::size_t label) override;
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& state) override;

 private:
  struct Layer {
    std::size_t population;
    std::string column;
  };

  TrialMetricContext context_;
  std::vector<Layer> layers_;
  std::vector<double> sums_;  // by layer
  std::int64_t trials_ = 0;
};

}  // namespace apical
