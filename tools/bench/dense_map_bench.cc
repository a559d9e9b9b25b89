// Fully connected layers that learn, in batches of 128: apply, adjoint and gradient, on one thread
// and on two. `fraction` is to OpenBLAS's products of the same shapes on as many threads.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>

#include "models/rate/dense_map.h"
#include "tools/bench/layer_products.h"

namespace apical {
namespace {

constexpr std::size_t kBatch = 128;

void dense_map(benchmark::State& state) {
  const auto inputs = static_cast<std::size_t>(state.range(0));
  const auto outputs = static_cast<std::size_t>(state.range(1));
  LayerProducts layer(std::make_unique<DenseMap>(Shape{1, 1, inputs}, Shape{1, 1, outputs}), kBatch,
                      static_cast<std::size_t>(state.range(2)));
  layer.compare(state, "fraction", inputs, outputs);
}

// The layers for MNIST and CIFAR-10, and the dense layers above locally connected ones.
BENCHMARK(dense_map)
    ->ArgNames({"inputs", "outputs", "threads"})
    ->ArgsProduct({{784}, {256}, {1, 2}})
    ->ArgsProduct({{256}, {256}, {1, 2}})
    ->ArgsProduct({{3072}, {1024}, {1, 2}})
    ->ArgsProduct({{1024}, {1024}, {1, 2}})
    ->ArgsProduct({{3136}, {1024}, {1, 2}})
    ->ArgsProduct({{16384}, {1024}, {1, 2}})
    ->ArgsProduct({{1024}, {10}, {1, 2}})
    ->UseManualTime();

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
