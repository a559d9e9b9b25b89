#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "learning/transposed_path.h"
#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"
#include "models/dense_weights.h"

namespace apical {

// How far feedback is from symmetric: the angle between the weights of each apical projection and
// those that it had if it mirrored the feedforward way (transposed_path.h), in degrees, at the time
// of the row. Of the projections with a single such way.
class FeedbackAngle final : public TrialMetric {
 public:
  explicit FeedbackAngle(const TrialMetricContext& context);

  void after_trial(std::size_t /*label*/) override {}
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& /*state*/) override {}

 private:
  struct Feedback {
    const DenseWeights* weights;
    TransposedPath path;
    std::string column;
  };

  std::vector<Feedback> feedback_;
};

}  // namespace apical
