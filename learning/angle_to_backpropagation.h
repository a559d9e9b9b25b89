#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learning/backpropagated_errors.h"
#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"

namespace apical {

// The angle between the update of the weights (and biases) of each hidden population and the one
// that backpropagation would make, in degrees (Guerguiev et al. 2017, figure 5): the mean over
// trials. The updates are e s^T with the same s, so it is the angle between the two e. Trials in
// which one of them is 0 have no angle.
class AngleToBackpropagation final : public TrialMetric {
 public:
  explicit AngleToBackpropagation(const TrialMetricContext& context);

  void after_trial(std::size_t label) override;
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& state) override;

 private:
  struct Layer {
    std::size_t population;
    std::string column;
    double sum = 0;
    std::int64_t trials = 0;
  };

  const SegregatedDendrites* rule_;
  BackpropagatedErrors backpropagated_;
  std::vector<Layer> layers_;
};

}  // namespace apical
