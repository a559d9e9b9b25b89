// What cost grows with. With spikes and with fan-out it should grow in proportion: the time per
// spike, or per synaptic event, stays the same. With sources that are silent it should not grow.
// Hidden neurons are another matter: each is a stream of candidates at the maximal rate, whether it
// fires or not, so that a silent one costs as much as any.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/dense_projection.h"
#include "models/dense_weights.h"
#include "models/poisson_population.h"
#include "models/pyramidal_population.h"
#include "simulator/vector_math.h"
#include "tools/bench/digit_trials.h"
#include "tools/bench/fed_population.h"

namespace apical {
namespace {

using benchmark::Counter;

// The time of all iterations, divided by how many there were of something: seconds.
Counter time_per(double count) { return {count, Counter::kIsRate | Counter::kInvert}; }

constexpr std::size_t kTargets = 500;

// ---- Spikes ----

// 25 ms in which so many spikes reach 500 neurons.
void spikes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  FedPopulation driven(kTargets, FedPopulation::kSources, count);
  for (auto _ : state) driven.take_in_batch();
  state.counters["seconds_per_spike"] =
      time_per(static_cast<double>(count) * static_cast<double>(state.iterations()));
}
BENCHMARK(spikes)->Name("scaling/spikes")->RangeMultiplier(4)->Range(64, 16'384);

// ---- Fan-out ----

// All sizes have about as many weights, so that they come from the same cache.
void fan_out(benchmark::State& state) {
  constexpr std::size_t kWeights = FedPopulation::kSources * kTargets;
  const auto targets = static_cast<std::size_t>(state.range(0));
  FedPopulation driven(targets, kWeights / targets);
  const auto before = driven.synaptic_events();
  for (auto _ : state) driven.take_in_batch();
  state.counters["seconds_per_synaptic_event"] =
      time_per(static_cast<double>(driven.synaptic_events() - before));
}
BENCHMARK(fan_out)->Name("scaling/fan_out")->RangeMultiplier(4)->Range(64, 16'384);

// ---- Silent sources ----

// 25 ms of 150 active pixels, as a digit has, among so many, onto 500 neurons.
void silent_sources(benchmark::State& state) {
  constexpr std::size_t kActive = 150;
  const auto pixels = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint8_t> values(pixels, 0);
  // Spread over the image: neighbours would share cache lines of the table in small images only.
  for (std::size_t k = 0; k < kActive; ++k) values[k * pixels / kActive] = 170;
  const DenseWeights weights(pixels, kTargets);
  const AlignedFloats bias(padded(kTargets), 0.0F);
  proto::Pyramidal silent;
  silent.set_max_rate_hz(1e-9);
  PyramidalPopulation hidden("hidden", kTargets, silent, bias, {.seed = 1});
  DenseProjection projection("input_to_hidden", weights, hidden, proto::BASAL);
  PoissonPopulation input("input", pixels, 0.2, {.seed = 2});
  input.add_receiver(projection);
  input.set_rates(0, values);
  Time now = 0;
  for (auto _ : state) {
    now += FedPopulation::kBatchMs;
    input.advance({now, 0});
    hidden.catch_up(now);
  }
  state.counters["seconds_per_spike"] = time_per(static_cast<double>(input.spikes()));
}
BENCHMARK(silent_sources)->Name("scaling/black_pixels")->Arg(784)->Arg(7'840)->Arg(78'400);

// What an image costs once, however short its trial: rates are set for each pixel.
void set_rates(benchmark::State& state) {
  const ImageSet images = digits(static_cast<std::size_t>(state.range(0)));
  PoissonPopulation input("input", images.image_size(), 0.2, {.seed = 1});
  std::size_t n = 0;
  for (auto _ : state) {
    input.set_rates(0, images.image(n));
    n = (n + 1) % images.size();
  }
}
BENCHMARK(set_rates)->Name("scaling/set_rates")->Arg(784)->Arg(7'840)->Arg(78'400);

// A training trial with all there is: windows and the rule go through the sources once a phase.
void trial(benchmark::State& state) {
  DigitTrials trials(kTargets, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) trials.train();
}
BENCHMARK(trial)
    ->Name("scaling/trial_black_pixels")
    ->Arg(784)
    ->Arg(1'568)
    ->Arg(3'136)
    ->Arg(7'840)
    ->Unit(benchmark::kMillisecond);

// ---- Silent hidden neurons ----

// 25 ms of 500 neurons at V = 0 with so many more that never fire.
void silent_hidden(benchmark::State& state) {
  constexpr float kSilent = -80;  // sigmoid(V) below 1e-30
  const std::size_t neurons = kTargets + static_cast<std::size_t>(state.range(0));
  AlignedFloats bias(padded(neurons), 0.0F);
  // V = g_b / g b, about 0.86 b.
  for (std::size_t i = kTargets; i < neurons; ++i) bias[i] = kSilent;
  PyramidalPopulation hidden("hidden", neurons, proto::Pyramidal(), bias, {.seed = 1});
  Time now = 0;
  for (auto _ : state) {
    now += FedPopulation::kBatchMs;
    hidden.catch_up(now);
  }
  state.counters["seconds_per_neuron"] =
      time_per(static_cast<double>(neurons) * static_cast<double>(state.iterations()));
}
BENCHMARK(silent_hidden)->Name("scaling/silent_hidden")->Arg(0)->Arg(500)->Arg(1'500)->Arg(4'500);

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
