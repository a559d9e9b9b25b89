#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"
#include "simulator/time.h"

namespace apical {

// The mean firing rate of a neuron of each population, in Hz: its spikes over the time of the
// trials, both phases together. In the rate mode, which has neither, the mean of phi_max sigmoid(V)
// at the end of the forward phase, of all populations but the input.
class MeanRates final : public TrialMetric {
 public:
  explicit MeanRates(const TrialMetricContext& context);

  void after_trial(std::size_t label) override;
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& state) override;

 private:
  struct Layer {
    std::size_t population;
    std::string column;
    double max_rate_hz;  // of the sigmoid
  };

  TrialMetricContext context_;
  std::vector<Layer> layers_;
  std::vector<double> sums_;           // by layer, in the rate mode
  std::vector<std::uint64_t> spikes_;  // by layer, of spiking neurons: up to the last row
  Time last_row_ = 0;
  std::int64_t trials_ = 0;
};

}  // namespace apical
