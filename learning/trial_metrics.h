#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "learning/output_classes.h"
#include "learning/segregated_dendrites.h"
#include "learning/trial_metric.h"
#include "models/parameters.h"
#include "proto/network.pb.h"
#include "proto/recording.pb.h"

namespace apical {

class Network;
class TrialProtocol;

// What metrics look at, in either mode of a network. All of it outlives them.
struct TrialMetricContext {
  const proto::Network& network;
  const Parameters& parameters;
  const SegregatedDendrites& rule;
  OutputClasses classes = {};
  // Null in the rate mode.
  Network* spiking = nullptr;
  const TrialProtocol* protocol = nullptr;
};

// All metrics that an experiment asks for. A new one is a class in a file of its own, a field of
// proto::Metrics and a line of the table in trial_metrics.cc.
class TrialMetrics final : public TrialMetric {
 public:
  TrialMetrics(const proto::Metrics& wanted, const TrialMetricContext& context);

  void after_trial(std::size_t label) override;
  std::vector<MetricValue> take() override;
  void checkpoint(const Checkpoint& state) override;

 private:
  std::vector<std::unique_ptr<TrialMetric>> metrics_;
};

}  // namespace apical
