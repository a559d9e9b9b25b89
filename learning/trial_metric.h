#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "simulator/checkpoint.h"

namespace apical {

// A further column of metrics.csv, empty where there is nothing to tell.
struct MetricValue {
  std::string column;
  std::optional<double> value;
};

// Something that is measured in training trials, from one row of metrics.csv to the next. It looks
// on only, so it changes no result.
class TrialMetric {
 public:
  virtual ~TrialMetric() = default;

  // A training trial has ended. The rule (SegregatedDendrites) has what it learns from, and weights
  // are still those that the trial ran with.
  virtual void after_trial(std::size_t label) = 0;

  // Over the trials since the last call; always the same columns.
  virtual std::vector<MetricValue> take() = 0;

  // What it has seen since then.
  virtual void checkpoint(const Checkpoint& state) = 0;
};

}  // namespace apical
