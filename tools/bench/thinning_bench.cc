// Candidate spikes per second. The roofline is the clock alone, which draws them: a population
// looks each one's neuron up and decides. Without input and at V = 0, where half of them are
// accepted, so that no branch can be foreseen. Both are timed in turn within one loop.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "models/pyramidal_population.h"
#include "models/thinning_clock.h"
#include "simulator/vector_math.h"
#include "tools/bench/stopwatch.h"

namespace apical {
namespace {

// The published maximal rate, 200 Hz.
constexpr double kMaxRate = 0.2;

// Between two looks at the stopwatch; many times what is drawn at once.
constexpr std::size_t kCandidates = 4096;

void clock_alone(benchmark::State& state) {
  ThinningClock clock({.seed = 1}, static_cast<std::uint32_t>(state.range(0)), kMaxRate);
  std::size_t passed = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(clock.times().data());
    passed += clock.times().size();
    clock.pass(clock.times().size());
  }
  state.counters["candidates_per_second"] =
      benchmark::Counter(static_cast<double>(passed), benchmark::Counter::kIsRate);
}

void population(benchmark::State& state) {
  const auto neurons = static_cast<std::size_t>(state.range(0));
  const AlignedFloats bias(padded(neurons), 0.0F);
  PyramidalPopulation population("alone", neurons, proto::Pyramidal(), bias, {.seed = 1});
  ThinningClock clock({.seed = 1}, static_cast<std::uint32_t>(neurons), kMaxRate);
  const Time step = static_cast<double>(kCandidates) / (kMaxRate * static_cast<double>(neurons));
  Time now = 0;
  Stopwatch population_time;
  Stopwatch clock_time;
  double drawn = 0;
  for (auto _ : state) {
    now += step;
    population_time.start();
    population.catch_up(now);
    state.SetIterationTime(population_time.stop());

    clock_time.start();
    for (std::size_t passed = 0; passed < kCandidates;) {
      benchmark::DoNotOptimize(clock.times().data());
      passed += clock.times().size();
      clock.pass(clock.times().size());
    }
    clock_time.stop();
    drawn += static_cast<double>(kCandidates);
  }
  const double ours = static_cast<double>(population.events()) / population_time.total_seconds();
  const double roofline = drawn / clock_time.total_seconds();
  state.counters["candidates_per_second"] = ours;
  state.counters["clock_candidates_per_second"] = roofline;
  state.counters["fraction"] = ours / roofline;
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(100)->Arg(500)->Arg(2'000)->Arg(10'000);
}

BENCHMARK(clock_alone)->Name("thinning/clock")->Arg(500);
BENCHMARK(population)->Name("thinning/population")->Apply(sizes)->UseManualTime();

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
