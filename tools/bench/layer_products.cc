#include "tools/bench/layer_products.h"

#include <cblas.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "tools/bench/stopwatch.h"

namespace apical {
namespace {

constexpr std::size_t kProducts = 3;
constexpr const char* kNames[kProducts] = {"apply", "adjoint", "gradient"};

AlignedFloats values(std::size_t count) {
  AlignedFloats result(count);
  for (std::size_t n = 0; n < count; ++n) {
    result[n] = static_cast<float>(n * 7919 % 1009) / 504.5F - 1.0F;
  }
  return result;
}

void map_product(LinearMap& map, std::size_t product, LayerArrays& of) {
  const ConstBatchView x{of.x.data(), of.batch, of.inputs};
  const ConstBatchView dy{of.dy.data(), of.batch, of.outputs};
  switch (product) {
    case 0:
      return map.apply(of.w, x, {of.y.data(), of.batch, of.outputs});
    case 1:
      return map.apply_adjoint(of.w, dy, {of.dx.data(), of.batch, of.inputs});
    default:
      return map.gradient(x, dy, of.dw);
  }
}

void raw_product(std::size_t product, LayerArrays& of) {
  const auto batch = static_cast<blasint>(of.batch);
  const auto inputs = static_cast<blasint>(of.inputs);
  const auto outputs = static_cast<blasint>(of.outputs);
  switch (product) {
    case 0:
      return cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, outputs, inputs, 1.0F,
                         of.x.data(), inputs, of.w.data(), outputs, 0.0F, of.y.data(), outputs);
    case 1:
      return cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, inputs, outputs, 1.0F,
                         of.dy.data(), outputs, of.w.data(), outputs, 0.0F, of.dx.data(), inputs);
    default:
      return cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, inputs, outputs, batch, 1.0F,
                         of.x.data(), inputs, of.dy.data(), outputs, 0.0F, of.dw.data(), outputs);
  }
}

}  // namespace

LayerArrays::LayerArrays(std::size_t batch_size, std::size_t input_size, std::size_t output_size,
                         std::size_t parameters)
    : batch(batch_size),
      inputs(input_size),
      outputs(output_size),
      x(values(batch * inputs)),
      y(batch * outputs),
      w(values(parameters)),
      dx(batch * inputs),
      dy(values(batch * outputs)),
      dw(parameters) {}

LayerProducts::LayerProducts(std::unique_ptr<LinearMap> map, std::size_t batch, std::size_t threads)
    : map_(std::move(map)),
      arrays_(batch, map_->input().size(), map_->output().size(), map_->parameters()),
      threads_(threads) {}

void LayerProducts::compare(benchmark::State& state, const char* name, std::size_t inputs,
                            std::size_t outputs) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads_);
  const clockid_t clock = threads_ == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  LayerArrays raw(arrays_.batch, inputs, outputs, inputs * outputs);
  // Of one product of the map and of a raw one. Weights are used once per example, or, if they are
  // shared, at each position.
  const Shape shape = map_->output();
  const double uses = arrays_.w.size() == map_->fan_in() * shape.channels
                          ? static_cast<double>(shape.height * shape.width)
                          : 1.0;
  const double operations = 2.0 * uses * static_cast<double>(arrays_.batch * arrays_.w.size());
  const double raw_operations = 2.0 * static_cast<double>(raw.batch * inputs * outputs);
  const auto repeats =
      static_cast<std::size_t>(std::max(1.0, std::round(operations / raw_operations)));
  std::array<Stopwatch, kProducts> map_time = {Stopwatch(clock), Stopwatch(clock),
                                               Stopwatch(clock)};
  std::array<Stopwatch, kProducts> raw_time = map_time;
  for (auto _ : state) {
    double seconds = 0;
    for (std::size_t product = 0; product < kProducts; ++product) {
      map_time[product].start();
      map_product(*map_, product, arrays_);
      seconds += map_time[product].stop();
      openblas_set_num_threads(static_cast<int>(threads_));
      raw_time[product].start();
      for (std::size_t n = 0; n < repeats; ++n) raw_product(product, raw);
      raw_time[product].stop();
      openblas_set_num_threads(1);
    }
    state.SetIterationTime(seconds);
  }
  double seconds = 0;
  double raw_seconds = 0;
  const double as_many = operations / (raw_operations * static_cast<double>(repeats));
  for (std::size_t product = 0; product < kProducts; ++product) {
    const double raw_product_seconds = raw_time[product].total_seconds() * as_many;
    seconds += map_time[product].total_seconds();
    raw_seconds += raw_product_seconds;
    state.counters[kNames[product]] = raw_product_seconds / map_time[product].total_seconds();
  }
  const double done = kProducts * operations * static_cast<double>(state.iterations());
  state.counters["gflops"] = 1e-9 * done / seconds;
  state.counters[name] = raw_seconds / seconds;
}

}  // namespace apical
