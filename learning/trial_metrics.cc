#include "learning/trial_metrics.h"

#include <array>
#include <string>
#include <utility>

#include "learning/angle_to_backpropagation.h"
#include "learning/feedback_angle.h"
#include "learning/jacobian_eigenvalue.h"
#include "learning/layer_losses.h"
#include "learning/loss_correlation.h"
#include "learning/mean_rates.h"
#include "learning/plateau_times.h"

namespace apical {
namespace {

struct Entry {
  bool (proto::Metrics::*is_wanted)() const;
  std::unique_ptr<TrialMetric> (*make)(const TrialMetricContext&);
};

template <typename Metric>
std::unique_ptr<TrialMetric> make(const TrialMetricContext& context) {
  return std::make_unique<Metric>(context);
}

// In the order of their columns.
constexpr std::array kMetrics = {
    Entry{&proto::Metrics::angle_to_backpropagation, make<AngleToBackpropagation>},
    Entry{&proto::Metrics::losses, make<LayerLosses>},
    Entry{&proto::Metrics::loss_correlation, make<LossCorrelation>},
    Entry{&proto::Metrics::jacobian_eigenvalue, make<JacobianEigenvalue>},
    Entry{&proto::Metrics::feedback_angle, make<FeedbackAngle>},
    Entry{&proto::Metrics::mean_rates, make<MeanRates>},
    Entry{&proto::Metrics::plateau_times, make<PlateauTimes>},
};

}  // namespace

TrialMetrics::TrialMetrics(const proto::Metrics& wanted, const TrialMetricContext& context) {
  for (const Entry& entry : kMetrics) {
    if ((wanted.*entry.is_wanted)()) metrics_.push_back(entry.make(context));
  }
}

void TrialMetrics::after_trial(std::size_t label) {
  for (const auto& metric : metrics_) metric->after_trial(label);
}

std::vector<MetricValue> TrialMetrics::take() {
  std::vector<MetricValue> values;
  for (const auto& metric : metrics_) {
    for (MetricValue& value : metric->take()) values.push_back(std::move(value));
  }
  return values;
}

void TrialMetrics::checkpoint(const Checkpoint& state) {
  for (std::size_t k = 0; k < metrics_.size(); ++k) {
    metrics_[k]->checkpoint(state.in(std::to_string(k)));
  }
}

}  // namespace apical
