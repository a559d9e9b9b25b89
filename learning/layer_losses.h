#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"

namespace apical {

// The loss of a population in the last trial, the mean over its neurons of (alpha_t - alpha_f)^2 of
// pyramidal ones and (mean phi_t - phi_max sigmoid(V_f))^2, in (spikes/ms)^2, of the output
// (Guerguiev et al. 2017: local losses, with the hidden targets put in).
double loss_of(const TrialMetricContext& context, std::size_t population);

// The losses of all populations but the input: means over trials.
class LayerLosses final : public TrialMetric {
 public:
  explicit LayerLosses(const TrialMetricContext& context);

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
