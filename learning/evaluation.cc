#include "learning/evaluation.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <atomic>
#include <mutex>
#include <span>
#include <utility>

#include "learning/rate_trial_protocol.h"
#include "models/network.h"
#include "models/rate_mode_network.h"
#include "simulator/vector_math.h"

namespace apical {
namespace {

// Images that a thread takes at a time; a replica of the network is fetched once for each.
constexpr std::size_t kGrain = 8;

// Numbers of contexts set aside for an evaluation.
constexpr std::uint32_t kContexts = 1U << 16;

}  // namespace

class Evaluation::Replica {
 public:
  virtual ~Replica() = default;
  // The output's mean somatic potentials, valid until the next call. Random numbers are those of
  // the context.
  virtual std::span<const float> show(std::span<const std::uint8_t> image,
                                      std::uint32_t context) = 0;
  virtual Work work() const = 0;
};

class Evaluation::SpikingReplica final : public Replica {
 public:
  SpikingReplica(const proto::Experiment& experiment, const Parameters& parameters)
      : trial_(experiment.trial()),
        network_(experiment.network(), parameters, experiment.seed()),
        mean_(padded(network_.output().size())) {}

  std::span<const float> show(std::span<const std::uint8_t> image, std::uint32_t context) override {
    network_.restart(context);
    Simulation& simulation = network_.simulation();
    OutputPopulation& output = network_.output();
    network_.show(0, image);
    simulation.run_until(trial_.test_settling_time_ms());
    output.open_window(simulation.now());
    simulation.run_until(trial_.test_length_ms());
    output.close_window(simulation.now());
    output.somatic_mean(mean_);
    return std::span(mean_).first(output.size());
  }

  Work work() const override {
    return {network_.events(), network_.spikes(), network_.synaptic_events()};
  }

 private:
  proto::Trial trial_;
  Network network_;
  AlignedFloats mean_;
};

class Evaluation::RateReplica final : public Replica {
 public:
  RateReplica(const proto::Experiment& experiment, const Parameters& parameters)
      : network_(experiment.network(), parameters, experiment.seed()) {}

  std::span<const float> show(std::span<const std::uint8_t> image,
                              std::uint32_t /*context*/) override {
    constexpr int kTicks = RateTrialProtocol::kTicksOfPhase;
    network_.restart();
    network_.show(image);
    network_.act_at(0, kTicks);
    network_.simulation().run_until(kTicks - 1);
    return network_.output_potentials();
  }

  Work work() const override { return {.events = network_.events()}; }

 private:
  RateModeNetwork network_;
};

Evaluation::Evaluation(const proto::Experiment& experiment, const Parameters& parameters,
                       OutputClasses classes)
    : experiment_(experiment), parameters_(&parameters), classes_(classes) {
  // What it replays are the spikes of training trials.
  for (auto& population : *experiment_.mutable_network()->mutable_population()) {
    if (population.has_poisson_source()) population.mutable_poisson_source()->clear_replay();
  }
}

Evaluation::~Evaluation() = default;

std::unique_ptr<Evaluation::Replica> Evaluation::make_replica() const {
  if (experiment_.network().mode() == proto::RATE) {
    return std::make_unique<RateReplica>(experiment_, *parameters_);
  }
  return std::make_unique<SpikingReplica>(experiment_, *parameters_);
}

std::unique_ptr<Evaluation::Replica> Evaluation::take_replica() {
  {
    const std::lock_guard lock(mutex_);
    if (!replicas_.empty()) {
      auto replica = std::move(replicas_.back());
      replicas_.pop_back();
      return replica;
    }
  }
  return make_replica();
}

void Evaluation::give_back(std::unique_ptr<Replica> replica) {
  const std::lock_guard lock(mutex_);
  replicas_.push_back(std::move(replica));
}

Evaluation::Result Evaluation::run(const ImageSet& images, std::uint32_t number,
                                   const std::function<void(std::size_t)>& progress,
                                   const std::function<bool()>& stop) {
  const Work before = work();
  Result result;
  result.images = images.size();
  result.answers.assign(images.size(), 0);
  std::atomic<std::size_t> done = 0;
  std::mutex progress_mutex;
  const std::uint32_t first_context = number * kContexts + 1;  // training has context 0
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, images.size(), kGrain),
      [&](const tbb::blocked_range<std::size_t>& range) {
        auto replica = take_replica();
        std::size_t i = range.begin();
        for (; i != range.end(); ++i) {
          if (stop && stop()) break;
          const auto potentials =
              replica->show(images.image(i), first_context + static_cast<std::uint32_t>(i));
          result.answers[i] = static_cast<std::uint8_t>(classes_.answer(potentials));
        }
        give_back(std::move(replica));
        const std::lock_guard lock(progress_mutex);
        done += i - range.begin();
        if (progress) progress(done);
      },
      tbb::simple_partitioner());
  result.complete = done == images.size();
  result.work = work() - before;
  for (std::size_t i = 0; i < images.size(); ++i) {
    result.errors += result.answers[i] != images.labels[i];
  }
  return result;
}

Work Evaluation::work() const {
  Work sum;
  for (const auto& replica : replicas_) sum += replica->work();
  return sum;
}

}  // namespace apical
