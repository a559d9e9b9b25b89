#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

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

 private:
  void start_epoch(int epoch, std::vector<std::uint32_t> order) override;
  Score learn(TrainingObserver& observer) override;
  std::optional<TestResult> test(const Test& test, TrainingObserver& observer,
                                 const std::function<bool()>& stop) override;
  Work training_work() const override;
  void checkpoint_network(const Checkpoint& state) override;
  void check_finite() const;

  const ImageSet* train_;
  const ImageSet* test_;
  ImageSet interim_test_;  // for tests within an epoch
  Parameters parameters_;
  TrialProtocol protocol_;
  proto::Network description_;
  Network network_;
  SegregatedDendrites rule_;
  Evaluation evaluation_;
  std::vector<std::uint32_t> order_;  // of what is left of the epoch
  std::size_t next_ = 0;              // in it
};

// The first `examples` of a set; all if 0 or if it has no more.
ImageSet first_examples(const ImageSet& images, std::size_t examples);

// The examples with these indices, in their order.
ImageSet examples_of(const ImageSet& images, std::span<const std::uint32_t> indices);

}  // namespace apical
