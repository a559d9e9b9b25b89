#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "learning/trial_metric.h"
#include "learning/trial_metrics.h"
#include "simulator/vector_math.h"

namespace apical {

// Whether feedback tells a hidden population what would help (Guerguiev et al. 2017, theorem 1):
// the largest eigenvalue of (I - J_b J_g)^T (I - J_b J_g), which is to be below 1. With the means
// of the forward phase,
//   J_b = d phi_above / d phi_hidden = phi_max k sigmoid'(V_above) W,
//   J_g = d alpha / d phi_above = sigmoid'(V_a) Y,
// both averaged over the last 100 trials. For each apical projection from a population that the
// hidden one projects to; empty until 100 trials have been seen. It cannot be below 1 where that
// has more neurons than the hidden one.
class JacobianEigenvalue final : public TrialMetric {
 public:
  static constexpr std::size_t kTrials = 100;

  explicit JacobianEigenvalue(const TrialMetricContext& context);

  void after_trial(std::size_t label) override;
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& state) override;

 private:
  struct Loop {
    std::size_t feedforward;  // projections
    std::size_t feedback;
    std::size_t hidden;  // populations
    std::size_t above;
    std::size_t hidden_size;
    std::size_t above_size;
    double gain;  // phi_max k of the population above
    std::string column;
    std::string source;  // of the feedback
    // Of the last trials, in turn: [trial][hidden neuron][neuron above].
    std::vector<float> feedforward_jacobians = {};
    std::vector<float> feedback_jacobians = {};
  };

  void name_loops();
  void add(Loop& loop) const;
  static double largest_eigenvalue(const Loop& loop);

  TrialMetricContext context_;
  std::vector<Loop> loops_;
  std::int64_t trials_ = 0;
};

}  // namespace apical
