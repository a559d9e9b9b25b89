// Whole trials of 784-N-10 networks on real digits, on one core: a training trial is two phases of
// 50 ms and a little more with an update of all weights, a test 500 ms from rest. Numbers of events
// per image are those of the engine, for a reader who wants to compare.

#include <benchmark/benchmark.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <cstdint>

#include "tools/bench/digit_trials.h"

namespace apical {
namespace {

// Trials before the first that is timed, so that weights are not all fresh.
constexpr int kWarmUpTrials = 20;

struct Counts {
  explicit Counts(const DigitTrials& trials)
      : events(trials.events()),
        spikes(trials.spikes()),
        synaptic_events(trials.synaptic_events()) {}
  std::uint64_t events;
  std::uint64_t spikes;
  std::uint64_t synaptic_events;
};

void report(benchmark::State& state, const Counts& before, const Counts& after) {
  const auto per_image = [](std::uint64_t from, std::uint64_t to) {
    return benchmark::Counter(static_cast<double>(to - from), benchmark::Counter::kAvgIterations);
  };
  state.counters["events_per_image"] = per_image(before.events, after.events);
  state.counters["spikes_per_image"] = per_image(before.spikes, after.spikes);
  state.counters["synaptic_events_per_image"] =
      per_image(before.synaptic_events, after.synaptic_events);
}

void training(benchmark::State& state) {
  DigitTrials trials(static_cast<std::size_t>(state.range(0)));
  for (int n = 0; n < kWarmUpTrials; ++n) trials.train();
  const Counts before(trials);
  for (auto _ : state) trials.train();
  report(state, before, Counts(trials));
}

void test(benchmark::State& state) {
  DigitTrials trials(static_cast<std::size_t>(state.range(0)));
  for (int n = 0; n < kWarmUpTrials; ++n) trials.train();
  tbb::task_arena one_thread(1);
  one_thread.execute([&] {
    trials.test(1);  // makes the network
    const Counts before(trials);
    for (auto _ : state) trials.test(1);
    report(state, before, Counts(trials));
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(100)->Arg(500)->Arg(2'000)->Arg(10'000)->Unit(benchmark::kMillisecond);
}

BENCHMARK(training)->Name("trial/training")->Apply(sizes);
BENCHMARK(test)->Name("trial/test")->Apply(sizes);

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
