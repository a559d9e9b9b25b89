// Synaptic events per second: a spike of one source reaches all neurons of a population. The
// roofline is an axpy, y += a x, over rows of the same weights in the same random order: what a
// simulator reaches that adds each spike to one number per neuron and does nothing else. Its y
// stays in the first or second cache and its x comes from the cache that holds the weights, so it
// is the bandwidth of that cache, or of memory. Both are timed in turn within one loop.
//
// A fraction above 1 is possible: the population adds several spikes for each time that it loads
// and stores a neuron, where an axpy does so for each spike.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>

#include "models/dense_weights.h"
#include "simulator/spike.h"
#include "simulator/vector_math.h"
#include "tools/bench/fed_population.h"
#include "tools/bench/stopwatch.h"

namespace apical {
namespace {

void axpy(float a, const float* __restrict x, float* __restrict y, std::size_t size) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < size; ++i) y[i] = fused(a, x[i], y[i]);
}

void add_rows(const DenseWeights& weights, std::span<const Spike> spikes, AlignedFloats& sums) {
  for (const Spike& spike : spikes) {
    axpy(1e-3F, weights.row(spike.neuron), sums.data(), sums.size());
  }
}

// Between two looks at the stopwatches, which take a fraction of a microsecond.
constexpr std::size_t kBatchesAtOnce = 4;

void fan_out(benchmark::State& state) {
  FedPopulation driven(static_cast<std::size_t>(state.range(0)));
  const DenseWeights& weights = driven.weights();
  AlignedFloats sums(padded(weights.targets()), 0.0F);
  // Neither goes through the rows that the other has just brought into the nearest cache.
  std::size_t axpy_batch = FedPopulation::kBatches / 2;
  Stopwatch driven_time;
  Stopwatch axpy_time;
  double axpy_elements = 0;
  const auto events_before = driven.synaptic_events();
  for (auto _ : state) {
    driven_time.start();
    for (std::size_t n = 0; n < kBatchesAtOnce; ++n) driven.take_in_batch();
    state.SetIterationTime(driven_time.stop());

    axpy_time.start();
    for (std::size_t n = 0; n < kBatchesAtOnce; ++n) {
      const std::span<const Spike> batch = driven.batch(axpy_batch++);
      add_rows(weights, batch, sums);
      axpy_elements += static_cast<double>(batch.size() * weights.targets());
    }
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
    axpy_time.stop();
  }
  const auto events = static_cast<double>(driven.synaptic_events() - events_before);
  const double ours = events / driven_time.total_seconds();
  const double roofline = axpy_elements / axpy_time.total_seconds();
  state.counters["synaptic_events_per_second"] = ours;
  state.counters["axpy_elements_per_second"] = roofline;
  state.counters["fraction"] = ours / roofline;
}

BENCHMARK(fan_out)->Arg(100)->Arg(500)->Arg(2'000)->Arg(10'000)->UseManualTime();

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
