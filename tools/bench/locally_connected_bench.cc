// Locally connected and convolutional layers that learn, in batches of 128: apply, adjoint and
// gradient. `fraction` is to OpenBLAS's products of the same shape: batch by the inputs by the
// channels of one position, in one thread and its cache. `fraction_of_large` is to its products
// of a 1024 x 1024 layer on as many threads, which is about the best that the processor can do.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>

#include "models/rate/convolutional_map.h"
#include "models/rate/locally_connected_map.h"
#include "models/rate/receptive_field.h"
#include "tools/bench/layer_products.h"

namespace apical {
namespace {

constexpr std::size_t kBatch = 128;
constexpr std::size_t kLarge = 1024;

ReceptiveField field(const benchmark::State& state) {
  const auto range = [&](std::size_t n) { return static_cast<std::size_t>(state.range(n)); };
  return {{range(0), range(0), range(1)}, range(2), range(4), range(3)};
}

template <typename Map>
void layer(benchmark::State& state) {
  const auto threads = static_cast<std::size_t>(state.range(5));
  const bool large = state.range(6) != 0;
  auto map = std::make_unique<Map>(field(state));
  const std::size_t inputs = map->fan_in();
  const std::size_t outputs = map->output().channels;
  LayerProducts products(std::move(map), kBatch, threads);
  if (large) {
    products.compare(state, "fraction_of_large", kLarge, kLarge);
  } else {
    products.compare(state, "fraction", inputs, outputs);
  }
}

void locally_connected(benchmark::State& state) { layer<LocallyConnectedMap>(state); }
void convolutional(benchmark::State& state) { layer<ConvolutionalMap>(state); }

// The layers for CIFAR-10 and MNIST, and three of those for ImageNet. With two threads there is no
// raw product of one position to compare with.
void layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"image", "from", "kernel", "channels", "stride", "threads", "large"});
  const long shapes[][5] = {{32, 3, 5, 64, 2},   {16, 64, 5, 128, 2}, {8, 128, 3, 256, 1},
                            {28, 1, 3, 32, 2},   {14, 32, 3, 64, 2},  {56, 48, 3, 48, 2},
                            {14, 96, 3, 192, 1}, {7, 192, 3, 384, 1}};
  for (const auto& [image, from, kernel, channels, stride] : shapes) {
    benchmark->Args({image, from, kernel, channels, stride, 1, 0});
    benchmark->Args({image, from, kernel, channels, stride, 1, 1});
    benchmark->Args({image, from, kernel, channels, stride, 2, 1});
  }
  benchmark->UseManualTime();
}

BENCHMARK(locally_connected)->Apply(layers);
BENCHMARK(convolutional)->Apply(layers);

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
