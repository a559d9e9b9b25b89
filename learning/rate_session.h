#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "datasets/batch_source.h"
#include "datasets/examples.h"
#include "learning/divergence_error.h"
#include "learning/rate_rule.h"
#include "learning/rate_simulation.h"
#include "learning/session.h"
#include "models/rate/rate_network.h"
#include "proto/experiment.pb.h"

namespace apical {

struct RateScore : Score {
  // Counts a batch whose outputs and loss have been computed.
  void add(const RateBatch& batch, bool classifies);
};

// The session of a rate network: batches of training images, each an update (RateSimulation), and
// tests, each image a forward pass. Learning is a function of the experiment and the training
// images alone.
class RateSession final : public Session {
 public:
  // `train` and `test` must outlive the session. As many examples are used as the experiment's data
  // says, the first ones.
  RateSession(const proto::Experiment& experiment, const Examples& train, const Examples& test);

  RateNetwork& network() { return network_; }
  std::size_t skipped_images() const override {
    return skipped_train_images_.size() + skipped_test_images_.size();
  }

  const RateParameters& parameters() const { return parameters_; }
  RateRule& rule() { return *rule_; }

 private:
  // Throw DivergenceError, and DataError where an image cannot be read.
  void start_epoch(int epoch, std::vector<std::uint32_t> order) override;
  Score learn(TrainingObserver& observer) override;
  std::optional<TestResult> test(const Test& test, TrainingObserver& observer,
                                 const std::function<bool()>& stop) override;
  Work training_work() const override { return {.events = simulation_.events()}; }
  void checkpoint_network(const Checkpoint& state) override;

  void load(const Batch& images, RateBatch& batch) const;
  void forward(RateBatch& batch);
  void add_answers(const RateBatch& batch, std::span<const std::uint32_t> order,
                   TestResult& result) const;
  // kNoAnswer for the images that come next in `order` and were skipped.
  void pass_over_skipped(std::span<const std::uint32_t> order, TestResult& result) const;
  RateUpdates updates_of(int epoch) const;
  void check_finite(double loss) const;

  proto::Experiment experiment_;
  const proto::RateLearning& settings_;
  std::vector<std::uint32_t> test_order_;
  std::vector<std::uint32_t> interim_test_order_;
  bool classifies_;
  BatchSource train_;
  BatchSource test_;
  RateNetwork network_;
  RateParameters parameters_;
  std::unique_ptr<RateRule> rule_;
  RateSimulation simulation_;
  RateBatch test_batch_;
  Activities test_logits_;
  RateUpdates updates_;  // of this epoch
  std::set<std::uint32_t> skipped_train_images_;
  std::set<std::uint32_t> skipped_test_images_;
};

}  // namespace apical
