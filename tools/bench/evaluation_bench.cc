// Tests of 784-500-10 on several threads: images per second against those of one thread, which are
// measured in turn within one loop.

#include <benchmark/benchmark.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>

#include "tools/bench/digit_trials.h"
#include "tools/bench/stopwatch.h"

namespace apical {
namespace {

// Enough for every thread to have several of the evaluation's portions, and for the wait for the
// last one to be short.
constexpr std::size_t kImagesPerThread = 16;

void evaluation(benchmark::State& state) {
  const auto threads = static_cast<int>(state.range(0));
  const std::size_t images = kImagesPerThread * static_cast<std::size_t>(threads);
  DigitTrials trials(500);
  tbb::task_arena all(threads);
  tbb::task_arena one(1);
  all.execute([&] { trials.test(images); });  // makes the networks
  Stopwatch time_of_all(CLOCK_MONOTONIC);
  Stopwatch time_of_one(CLOCK_MONOTONIC);
  for (auto _ : state) {
    time_of_all.start();
    all.execute([&] { trials.test(images); });
    state.SetIterationTime(time_of_all.stop());
    time_of_one.start();
    one.execute([&] { trials.test(images); });
    time_of_one.stop();
  }
  const double tested = static_cast<double>(images) * static_cast<double>(state.iterations());
  state.counters["images_per_second"] = tested / time_of_all.total_seconds();
  state.counters["speed_up"] = time_of_one.total_seconds() / time_of_all.total_seconds();
}

void threads(benchmark::internal::Benchmark* benchmark) {
  const int all = tbb::info::default_concurrency();
  for (int threads = 1; threads < all; threads *= 2) benchmark->Arg(threads);
  benchmark->Arg(all);
}

BENCHMARK(evaluation)->Apply(threads)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
