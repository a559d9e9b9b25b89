// Whole batches of 128 of backpropagation with Adam, as `apical run` trains them, without reading
// images: forward, errors, gradients, steps. `fraction` is to OpenBLAS's products of the same
// shapes alone, on as many threads: of a fully connected layer batch by inputs by outputs, of a
// locally connected one those of one position, in one thread and its cache, as often as there are
// positions.
//
// Run it in the repository's root, with OPENBLAS_THREAD_TIMEOUT=4: else the BLAS's own second
// thread waits for more to do, for milliseconds, on the core that a network's threads want.

#include <benchmark/benchmark.h>
#include <cblas.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "learning/experiment_check.h"
#include "learning/rate_algorithms.h"
#include "learning/rate_simulation.h"
#include "models/experiment_defaults.h"
#include "models/rate/rate_network.h"
#include "simulator/random_stream.h"
#include "tools/bench/stopwatch.h"

namespace apical {
namespace {

constexpr std::size_t kBatch = 128;

// A network of the zoo and a batch of noise for it.
class TrainedNetwork {
 public:
  TrainedNetwork(const std::string& name, Shape image)
      : experiment_(with_defaults(
            read_checked_experiment("models/zoo/" + name + ".textproto", {}, {}).experiment())),
        network_(experiment_.rate_network(), image),
        parameters_(initial_parameters(network_, 1)),
        rule_(make_rate_rule(context())),
        simulation_(context(), parameters_, *rule_, experiment_.rate_network().loss()) {
    RateBatch& batch = simulation_.batch();
    batch.size = kBatch;
    RandomStream stream({1, 0, Purpose::kAugmentation, 0});
    stream.uniforms(0, 1, batch.h(0).all());
    for (std::size_t n = 0; n < kBatch; ++n) {
      batch.labels[n] = static_cast<std::uint16_t>(stream.below(10));
      batch.target.of(kBatch).row(n)[batch.labels[n]] = 1;
    }
  }

  RateNetwork& network() { return network_; }
  void train() { simulation_.run({}); }

 private:
  RateRuleContext context() {
    return {network_, parameters_, experiment_.training().rate_learning(), 1};
  }

  proto::Experiment experiment_;
  RateNetwork network_;
  RateParameters parameters_;
  std::unique_ptr<RateRule> rule_;
  RateSimulation simulation_;
};

// The products of a layer, or of one position of it. The lowest layer has no errors to hand on.
struct RawProducts {
  RawProducts(std::size_t inputs, std::size_t outputs, std::size_t repeats, bool lowest)
      : inputs_(static_cast<blasint>(inputs)),
        outputs_(static_cast<blasint>(outputs)),
        repeats_(repeats),
        lowest_(lowest),
        x_(kBatch * inputs, 0.5F),
        dx_(kBatch * inputs),
        y_(kBatch * outputs, 0.25F),
        w_(inputs * outputs, 0.01F),
        dw_(inputs * outputs) {}

  void multiply() {
    const auto batch = static_cast<blasint>(kBatch);
    for (std::size_t n = 0; n < repeats_; ++n) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, outputs_, inputs_, 1.0F,
                  x_.data(), inputs_, w_.data(), outputs_, 0.0F, y_.data(), outputs_);
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, inputs_, outputs_, batch, 1.0F,
                  x_.data(), inputs_, y_.data(), outputs_, 0.0F, dw_.data(), outputs_);
      if (lowest_) continue;
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, inputs_, outputs_, 1.0F,
                  y_.data(), outputs_, w_.data(), outputs_, 0.0F, dx_.data(), inputs_);
    }
  }

  bool is_whole_layer() const { return repeats_ == 1; }

  // Multiplications with additions.
  double operations() const {
    const double products = lowest_ ? 2 : 3;
    return products * static_cast<double>(kBatch * repeats_) * inputs_ * outputs_;
  }

 private:
  blasint inputs_;
  blasint outputs_;
  std::size_t repeats_;
  bool lowest_;
  AlignedFloats x_, dx_, y_, w_, dw_;
};

std::vector<RawProducts> raw_products(RateNetwork& network) {
  std::vector<RawProducts> products;
  for (std::size_t l = 1; l <= network.layers(); ++l) {
    LinearMap& map = network.layer(l).map();
    const Shape to = map.output();
    products.emplace_back(map.fan_in(), to.channels, to.height * to.width, l == 1);
  }
  return products;
}

void training(benchmark::State& state, const std::string& name, Shape image) {
  const auto threads = static_cast<std::size_t>(state.range(0));
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  TrainedNetwork trained(name, image);
  std::vector<RawProducts> raw = raw_products(trained.network());
  const bool is_dense = std::ranges::all_of(raw, &RawProducts::is_whole_layer);
  trained.train();  // memory is there afterwards
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  Stopwatch ours(clock);
  Stopwatch theirs(clock);
  for (auto _ : state) {
    ours.start();
    trained.train();
    state.SetIterationTime(ours.stop());
    // Products of one position are on one thread; others would share them out.
    openblas_set_num_threads(is_dense ? static_cast<int>(threads) : 1);
    theirs.start();
    for (RawProducts& each : raw) each.multiply();
    theirs.stop();
    openblas_set_num_threads(1);
  }
  double operations = 0;
  for (const RawProducts& each : raw) operations += each.operations();
  const double shared = is_dense ? 1.0 : static_cast<double>(threads);
  state.counters["gflops"] =
      2e-9 * operations * static_cast<double>(state.iterations()) / ours.total_seconds();
  state.counters["fraction"] = theirs.total_seconds() / shared / ours.total_seconds();
}

BENCHMARK_CAPTURE(training, mnist_fc, "mnist_fc_bp", Shape{28, 28, 1})
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseManualTime();
BENCHMARK_CAPTURE(training, cifar10_fc, "cifar10_fc_bp", Shape{32, 32, 3})
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseManualTime();
BENCHMARK_CAPTURE(training, mnist_lc, "mnist_lc_bp", Shape{28, 28, 1})
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseManualTime();
BENCHMARK_CAPTURE(training, cifar10_lc, "cifar10_lc_bp", Shape{32, 32, 3})
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseManualTime();

}  // namespace
}  // namespace apical

BENCHMARK_MAIN();
