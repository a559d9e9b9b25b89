#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"

namespace apical {

// How the loss of each hidden population goes along with that of the output: Pearson's correlation
// over the trials that showed a class, for each class (Guerguiev et al. 2017, coordinated errors).
// Empty for classes of which fewer than three images were shown.
class LossCorrelation final : public TrialMetric {
 public:
  explicit LossCorrelation(const TrialMetricContext& context);

  void after_trial(std::size_t label) override;
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& state) override;

 private:
  // Moments of the losses (x, y) of a population and the output in the trials of a class.
  struct Moments {
    double trials = 0;
    double mean_x = 0;
    double mean_y = 0;
    double xx = 0;  // sums of products of what lies beyond the means
    double yy = 0;
    double xy = 0;

    void add(double x, double y);
    std::optional<double> correlation() const;
  };
  struct Layer {
    std::size_t population;
    std::string column;
    std::vector<Moments> by_class;
  };

  TrialMetricContext context_;
  std::size_t output_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace apical
