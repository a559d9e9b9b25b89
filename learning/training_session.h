#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "datasets/image_set.h"
#include "learning/evaluation.h"
#include "learning/segregated_dendrites.h"
#include "learning/session.h"
#include "learning/trial_protocol.h"
#include "models/network.h"
#include "models/parameters.h"
#include "proto/experiment.pb.h"

namespace apical {

// The session of a network of spiking neurons, which learns from images in trials and is tested.
// The experiment has been checked. The same experiment and data give the same measurements (but for
// times) whatever the number of threads or the observers.
class TrainingSession final : public Session {
 public:
  // `data` is cut to the numbers of examples that the experiment asks for, and must outlive the
  // session.
  TrainingSession(const proto::Experiment& experiment, const TrainAndTest& data);

  Network& network() { return network_; }
  const Parameters& parameters() const { return parameters_; }

  std::uint64_t images() const override;
  TrainingSummary run(TrainingObserver& observer, const std::function<bool()>& stop) override;

 private:
  void check_finite() const;
  bool train_epoch(int epoch, TrainingObserver& observer, const std::function<bool()>& stop);
  bool measure(const ImageSet& images, TrainingObserver& observer,
               const std::function<bool()>& stop);

  proto::Experiment experiment_;
  const ImageSet* train_;
  const ImageSet* test_;
  ImageSet interim_test_;  // for tests within an epoch
  Parameters parameters_;
  TrialProtocol protocol_;
  Network network_;
  SegregatedDendrites rule_;
  Evaluation evaluation_;
  std::uint32_t tests_ = 0;
  std::int64_t trials_ = 0;
  std::int64_t errors_since_test_ = 0;
  std::int64_t trials_since_test_ = 0;
  double recent_error_percent_ = 0;
  TrainingSummary summary_;
};

// The first `examples` of a set; all if 0 or if it has no more.
ImageSet first_examples(const ImageSet& images, std::size_t examples);

// The examples with these indices, in their order.
ImageSet examples_of(const ImageSet& images, std::span<const std::uint32_t> indices);

}  // namespace apical
