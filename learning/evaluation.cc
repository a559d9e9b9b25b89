#include "learning/evaluation.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace apical {
namespace {

// Images that a thread takes at a time; a replica of the network is fetched once for each.
constexpr std::size_t kGrain = 8;

// Numbers of contexts set aside for an evaluation.
constexpr std::uint32_t kContexts = 1U << 16;

}  // namespace

Evaluation::Evaluation(const proto::Experiment& experiment, const Parameters& parameters)
    : experiment_(experiment), parameters_(&parameters) {}

std::unique_ptr<Network> Evaluation::take_replica() {
  {
    const std::lock_guard lock(mutex_);
    if (!replicas_.empty()) {
      auto replica = std::move(replicas_.back());
      replicas_.pop_back();
      return replica;
    }
  }
  return std::make_unique<Network>(experiment_.network(), *parameters_, experiment_.seed());
}

void Evaluation::give_back(std::unique_ptr<Network> replica) {
  const std::lock_guard lock(mutex_);
  replicas_.push_back(std::move(replica));
}

std::uint8_t Evaluation::answer(Network& network, std::span<const std::uint8_t> image,
                                std::uint32_t context) const {
  const proto::Trial& trial = experiment_.trial();
  network.restart(context);
  Simulation& simulation = network.simulation();
  OutputPopulation& output = network.output();
  network.input().set_rates(0, image);
  simulation.run_until(trial.test_settling_time_ms());
  output.open_window(simulation.now());
  simulation.run_until(trial.test_length_ms());
  output.close_window(simulation.now());
  AlignedFloats mean(padded(output.size()));
  output.somatic_mean(mean);
  const auto end = mean.begin() + static_cast<std::ptrdiff_t>(output.size());
  return static_cast<std::uint8_t>(std::max_element(mean.begin(), end) - mean.begin());
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
          result.answers[i] =
              answer(*replica, images.image(i), first_context + static_cast<std::uint32_t>(i));
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
  for (const auto& replica : replicas_) {
    sum += {replica->events(), replica->spikes(), replica->synaptic_events()};
  }
  return sum;
}

}  // namespace apical
