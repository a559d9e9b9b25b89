#include "tools/bench/peers/clock_driven_error.h"

#include <algorithm>
#include <cmath>

#include "models/soma.h"
#include "simulator/random_stream.h"

namespace apical::peers {
namespace {

constexpr double kConductance = kLeakConductance + kDendriteConductance;

// The closed form of apical's populations.
class Exact {
 public:
  Exact(const WeightRows& weights, std::span<const float> bias)
      : weights_(weights),
        soma_(bias.size(), {.tau_leak_ms = kTauLeak, .tau_synapse_ms = kTauSynapse}, kConductance) {
    std::vector<float> level(bias.size());
    std::ranges::transform(bias, level.begin(), [](float b) {
      return static_cast<float>(kDendriteConductance / kConductance) * b;
    });
    soma_.set_level(0, level);
  }

  // `spikes` lie between the last time and this one.
  void advance(Time to, std::span<const Spike> spikes, std::span<float> v) {
    if (to > soma_.origin_end()) soma_.move_origin(last_);
    while (!spikes.empty()) {
      const auto some = spikes.first(std::min(spikes.size(), Soma::Stretch::kMaxArrivals));
      stretch_.arrivals = some.size();
      for (std::size_t n = 0; n < some.size(); ++n) {
        stretch_.arrival_times[n] = some[n].time;
        stretch_.rows[n] = weights_.row(some[n].neuron);
        stretch_.conductances[n] = static_cast<float>(kDendriteConductance);
      }
      soma_.run(stretch_);
      spikes = spikes.subspan(some.size());
    }
    soma_.potentials(to, v);
    last_ = to;
  }

 private:
  const WeightRows& weights_;
  Soma soma_;
  Soma::Stretch stretch_{};
  Time last_ = 0;
};

}  // namespace

std::vector<Spike> spikes_of_images(const ImageSet& set, std::size_t images, double shown_ms,
                                    std::uint64_t seed) {
  RandomStream random({.seed = seed});
  std::vector<Spike> spikes;
  for (std::size_t n = 0; n < images; ++n) {
    const auto pixels = set.image(n % set.size());
    const double start = shown_ms * static_cast<double>(n);
    for (std::uint32_t j = 0; j < pixels.size(); ++j) {
      const double rate = kMaxRate * pixels[j] / 255;
      if (rate == 0) continue;
      double time = start - std::log(random.uniform()) / rate;
      for (; time < start + shown_ms; time -= std::log(random.uniform()) / rate) {
        spikes.push_back({time, j});
      }
    }
  }
  std::ranges::sort(spikes, {}, &Spike::time);
  return spikes;
}

PotentialError potential_error(const WeightRows& weights, std::span<const float> bias,
                               std::span<const Spike> spikes, std::size_t end_ms,
                               std::size_t steps_per_ms) {
  const std::size_t neurons = bias.size();
  const double dt = 1 / static_cast<double>(steps_per_ms);
  const Propagator propagator(kConductance, dt);
  ClockDrivenSomata peer(neurons);
  for (std::size_t i = 0; i < neurons; ++i) {
    peer.constant[i] = propagator.drive * static_cast<float>(kDendriteConductance) * bias[i];
  }
  Exact exact(weights, bias);
  std::vector<float> v(neurons);
  std::vector<std::uint32_t> fired;
  double squares = 0;
  double sum = 0;
  double sum_of_squares = 0;
  PotentialError error;
  auto next = spikes.begin();
  for (std::size_t ms = 0; ms < end_ms; ++ms) {
    const auto first = next;
    for (std::size_t step = 1; step <= steps_per_ms; ++step) {
      const double end = static_cast<double>(ms) + dt * static_cast<double>(step);
      fired.clear();
      for (; next != spikes.end() && next->time <= end; ++next) fired.push_back(next->neuron);
      peer.receive(weights, fired);
      peer.advance(propagator);
    }
    exact.advance(static_cast<double>(ms + 1), {first, next}, v);
    for (std::size_t i = 0; i < neurons; ++i) {
      const auto truth = static_cast<double>(v[i]);
      const double difference = static_cast<double>(peer.v[i]) - truth;
      squares += difference * difference;
      error.largest = std::max(error.largest, std::abs(difference));
      sum += truth;
      sum_of_squares += truth * truth;
    }
  }
  const auto count = static_cast<double>(end_ms * neurons);
  error.rms = std::sqrt(squares / count);
  error.spread = std::sqrt(sum_of_squares / count - (sum / count) * (sum / count));
  return error;
}

}  // namespace apical::peers
