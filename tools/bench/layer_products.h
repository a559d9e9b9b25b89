#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>

#include "models/rate/linear_map.h"
#include "simulator/vector_math.h"

namespace apical {

// The arrays of a layer that learns, for a batch of examples. Values are of the order of 1, so that
// nothing becomes denormal or infinite.
struct LayerArrays {
  LayerArrays(std::size_t batch, std::size_t inputs, std::size_t outputs, std::size_t parameters);

  std::size_t batch;
  std::size_t inputs;
  std::size_t outputs;
  AlignedFloats x, y, w;     // y = W x
  AlignedFloats dx, dy, dw;  // dx = W^T dy, dw = dy x^T
};

// Times the three products of a map, in turn with those of a dense layer as OpenBLAS does them by
// itself on as many threads of its own, within one loop.
class LayerProducts {
 public:
  LayerProducts(std::unique_ptr<LinearMap> map, std::size_t batch, std::size_t threads);

  // Sets the counters gflops, of the map, and `name`, the fraction of the rate of the raw products,
  // inputs by outputs, that the map reaches; and apply, adjoint and gradient, the same of each
  // product. Raw products are repeated until they are as many operations as the map's.
  void compare(benchmark::State& state, const char* name, std::size_t inputs, std::size_t outputs);

 private:
  std::unique_ptr<LinearMap> map_;
  LayerArrays arrays_;
  std::size_t threads_;
};

}  // namespace apical
