#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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

// Loss and errors of a number of images.
struct RateScore {
  std::size_t images = 0;
  std::size_t errors = 0;
  std::size_t top5_errors = 0;
  double loss = 0;  // summed

  // Counts a batch whose outputs and loss have been computed.
  void add(const RateBatch& batch, bool classifies);
  double mean_loss() const { return images == 0 ? 0 : loss / static_cast<double>(images); }
  double percent(std::size_t count) const {
    return images == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(images);
  }
};

// The session of a rate network: batches of training images, each an update (RateSimulation), and
// tests, each image a forward pass. Learning is a function of the experiment and the training
// images alone.
class RateSession final : public Session {
 public:
  // `train` and `test` must outlive the session. As many examples are used as the experiment's data
  // says, the first ones.
  RateSession(const proto::Experiment& experiment, const Examples& train, const Examples& test);

  const RateParameters& parameters() const { return parameters_; }
  RateRule& rule() { return *rule_; }

  std::uint64_t images() const override;

  // Throws DivergenceError, and DataError where an image cannot be read.
  TrainingSummary run(TrainingObserver& observer, const std::function<bool()>& stop) override;

 private:
  bool train_epoch(int epoch, TrainingObserver& observer, const std::function<bool()>& stop);
  bool measure(bool interim, TrainingObserver& observer, const std::function<bool()>& stop);
  void load(const Batch& images, RateBatch& batch) const;
  void forward(RateBatch& batch);
  RateUpdates updates_of(int epoch) const;
  bool is_time_to_test(std::int64_t before, std::int64_t now) const;
  void check_finite(double loss) const;

  proto::Experiment experiment_;
  const proto::RateLearning& settings_;
  std::size_t train_size_;
  std::vector<std::uint32_t> test_order_;
  std::vector<std::uint32_t> interim_test_order_;
  bool classifies_;
  bool has_top5_;
  BatchSource train_;
  BatchSource test_;
  RateNetwork network_;
  RateParameters parameters_;
  std::unique_ptr<RateRule> rule_;
  RateSimulation simulation_;
  RateBatch test_batch_;
  Activities test_logits_;
  std::int64_t trained_ = 0;
  RateScore since_test_;
  double recent_error_percent_ = 0;
  TrainingSummary summary_;
};

}  // namespace apical
