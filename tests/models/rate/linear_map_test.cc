#include "models/rate/linear_map.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "tests/models/rate/explicit_map.h"

namespace apical {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// What a map makes of random weights, inputs and derivatives by its outputs.
struct Results {
  AlignedFloats w;
  AlignedFloats x;
  AlignedFloats dy;
  AlignedFloats y;
  AlignedFloats dx;
  AlignedFloats dw;
  bool operator==(const Results&) const = default;
};

// Results are not-a-number before, so that one that is added to, or left out, shows.
Results results(LinearMap& map, std::size_t batch) {
  const std::size_t inputs = map.input().size();
  const std::size_t outputs = map.output().size();
  Results r{.w = random_floats(1, map.parameters()),
            .x = random_floats(2, batch * inputs),
            .dy = random_floats(3, batch * outputs),
            .y = AlignedFloats(batch * outputs, kNan),
            .dx = AlignedFloats(batch * inputs, kNan),
            .dw = AlignedFloats(map.parameters(), kNan)};
  map.apply(r.w, {r.x.data(), batch, inputs}, {r.y.data(), batch, outputs});
  map.apply_adjoint(r.w, {r.dy.data(), batch, outputs}, {r.dx.data(), batch, inputs});
  map.gradient({r.x.data(), batch, inputs}, {r.dy.data(), batch, outputs}, r.dw);
  return r;
}

// Rounding of a sum of `terms` products of numbers below 1.
double tolerance(std::size_t terms) { return 2e-7 * (1 + static_cast<double>(terms)); }

TEST(LinearMapTest, ShapesAreThoseOfTheMatrix) {
  for (const ExplicitMap& expected : explicit_maps()) {
    const auto map = expected.make();
    EXPECT_EQ(map->input(), expected.input) << expected.name;
    EXPECT_EQ(map->output(), expected.output) << expected.name;
    EXPECT_EQ(map->parameters(), expected.parameters) << expected.name;
  }
}

TEST(LinearMapTest, ProductsAreThoseOfTheMatrix) {
  for (const ExplicitMap& expected : explicit_maps()) {
    SCOPED_TRACE(expected.name);
    const auto map = expected.make();
    const std::size_t inputs = expected.input.size();
    const std::size_t outputs = expected.output.size();
    for (const std::size_t batch : {1U, 19U}) {
      const Results r = results(*map, batch);
      std::vector<double> y(r.y.size());
      std::vector<double> dx(r.dx.size());
      std::vector<double> dw(r.dw.size());
      for (std::size_t i = 0; i < outputs; ++i) {
        for (std::size_t j = 0; j < inputs; ++j) {
          const std::size_t parameter = expected.at(i, j);
          if (parameter == ExplicitMap::kNone) continue;
          const double weight = r.w[parameter];
          for (std::size_t b = 0; b < batch; ++b) {
            const double x = r.x[b * inputs + j];
            const double dy = r.dy[b * outputs + i];
            y[b * outputs + i] += weight * x;
            dx[b * inputs + j] += weight * dy;
            dw[parameter] += dy * x;
          }
        }
      }
      for (std::size_t n = 0; n < y.size(); ++n) ASSERT_NEAR(r.y[n], y[n], tolerance(inputs)) << n;
      for (std::size_t n = 0; n < dx.size(); ++n) {
        ASSERT_NEAR(r.dx[n], dx[n], tolerance(outputs)) << n;
      }
      const std::size_t terms = batch * expected.output.height * expected.output.width;
      for (std::size_t n = 0; n < dw.size(); ++n)
        ASSERT_NEAR(r.dw[n], dw[n], tolerance(terms)) << n;
    }
  }
}

double inner_product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) sum += static_cast<double>(a[n]) * b[n];
  return sum;
}

// <W x, dy> = <x, W^T dy> = <w, dw>: the same sum in three orders.
TEST(LinearMapTest, AdjointAndGradientAreThoseOfTheProduct) {
  for (const ExplicitMap& expected : explicit_maps()) {
    const auto map = expected.make();
    const Results r = results(*map, 50);
    const double product = inner_product(r.y, r.dy);
    // Each product's rounding is a few units in the last place of the vectors' lengths.
    const double of_y = std::sqrt(inner_product(r.y, r.y) * inner_product(r.dy, r.dy));
    const double of_dx = std::sqrt(inner_product(r.x, r.x) * inner_product(r.dx, r.dx));
    const double of_dw = std::sqrt(inner_product(r.w, r.w) * inner_product(r.dw, r.dw));
    EXPECT_NEAR(inner_product(r.x, r.dx), product, 3e-7 * (of_y + of_dx)) << expected.name;
    EXPECT_NEAR(inner_product(r.w, r.dw), product, 3e-7 * (of_y + of_dw)) << expected.name;
  }
}

// L = sum of c (y + y^2 / 2), so that dL/dy = c (1 + y), differs from its finite differences by
// rounding alone: it is quadratic.
TEST(LinearMapTest, GradientsAreFiniteDifferences) {
  constexpr std::size_t kBatch = 3;
  for (const ExplicitMap& expected : explicit_maps()) {
    SCOPED_TRACE(expected.name);
    const auto map = expected.make();
    const std::size_t inputs = expected.input.size();
    const std::size_t outputs = expected.output.size();
    AlignedFloats w = random_floats(1, expected.parameters);
    AlignedFloats x = random_floats(2, kBatch * inputs);
    const AlignedFloats c = random_floats(3, kBatch * outputs);
    AlignedFloats y(c.size());
    const auto loss = [&] {
      map->apply(w, {x.data(), kBatch, inputs}, {y.data(), kBatch, outputs});
      double sum = 0;
      for (std::size_t n = 0; n < y.size(); ++n) {
        sum += c[n] * (y[n] + 0.5 * static_cast<double>(y[n]) * y[n]);
      }
      return sum;
    };
    loss();
    AlignedFloats dy(y.size());
    for (std::size_t n = 0; n < y.size(); ++n) dy[n] = c[n] * (1 + y[n]);
    AlignedFloats dx(x.size());
    AlignedFloats dw(w.size());
    map->apply_adjoint(w, {dy.data(), kBatch, outputs}, {dx.data(), kBatch, inputs});
    map->gradient({x.data(), kBatch, inputs}, {dy.data(), kBatch, outputs}, dw);
    const auto difference = [&](float& value) {
      const float kept = value;
      value = kept + 0.5F;
      const double above = loss();
      value = kept - 0.5F;
      const double below = loss();
      value = kept;
      return above - below;
    };
    const std::size_t every_w = 1 + w.size() / 7;
    for (std::size_t n = 0; n < w.size(); n += every_w) {
      EXPECT_NEAR(dw[n], difference(w[n]), 2e-4 * (1 + std::fabs(dw[n]))) << n;
    }
    const std::size_t every_x = 1 + x.size() / 7;
    for (std::size_t n = 0; n < x.size(); n += every_x) {
      EXPECT_NEAR(dx[n], difference(x[n]), 2e-4 * (1 + std::fabs(dx[n]))) << n;
    }
  }
}

// Large enough for several tiles, and for as many positions and rows as threads.
std::vector<ExplicitMap> wide_maps() {
  return {dense({1, 1, 333}, {1, 1, 517}), locally_connected({16, 16, 3}, 5, 2, 16),
          locally_connected({9, 9, 32}, 3, 1, 24), convolution({12, 12, 8}, 3, 1, 16),
          adjoint(locally_connected({9, 9, 32}, 3, 1, 24))};
}

TEST(LinearMapTest, NoBitDependsOnTheThreads) {
  for (const ExplicitMap& expected : wide_maps()) {
    std::vector<Results> by_threads;
    for (const int threads : {1, 2, 5}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                      static_cast<std::size_t>(threads));
      tbb::task_arena arena(threads);
      const auto map = expected.make();
      arena.execute([&] { by_threads.push_back(results(*map, 26)); });
    }
    EXPECT_TRUE(by_threads[0] == by_threads[1]) << expected.name;
    EXPECT_TRUE(by_threads[0] == by_threads[2]) << expected.name;
  }
}

// Scratch memory keeps nothing of what was computed before, at another batch size.
TEST(LinearMapTest, NoBitDependsOnEarlierCalls) {
  for (const ExplicitMap& expected : wide_maps()) {
    const auto fresh = expected.make();
    const auto used = expected.make();
    results(*used, 30);
    results(*used, 3);
    EXPECT_TRUE(results(*fresh, 26) == results(*used, 26)) << expected.name;
  }
}

TEST(LinearMapTest, MapsOfDifferentCallersRunAtOnce) {
  const std::vector<ExplicitMap> maps = wide_maps();
  std::vector<Results> alone;
  alone.reserve(maps.size());
  for (const ExplicitMap& map : maps) alone.push_back(results(*map.make(), 9));
  std::vector<Results> together(maps.size());
  std::vector<std::thread> threads;
  threads.reserve(maps.size());
  for (std::size_t n = 0; n < maps.size(); ++n) {
    threads.emplace_back([&, n] { together[n] = results(*maps[n].make(), 9); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(alone == together);
}

TEST(LinearMapTest, FansAreThoseOfTheKernel) {
  const DenseMap fully({3, 3, 2}, {1, 1, 7});
  EXPECT_EQ(fully.fan_in(), 18U);
  EXPECT_EQ(fully.fan_out(), 7U);
  const ReceptiveField field({8, 8, 3}, 5, 2, 4);
  const LocallyConnectedMap local(field);
  EXPECT_EQ(local.fan_in(), 75U);
  EXPECT_EQ(local.fan_out(), 100U);
  const ConvolutionalMap shared(field);
  EXPECT_EQ(shared.fan_in(), 75U);
  EXPECT_EQ(shared.fan_out(), 100U);
  const AdjointMap inverse(std::make_unique<LocallyConnectedMap>(field));
  EXPECT_EQ(inverse.fan_in(), 100U);
  EXPECT_EQ(inverse.fan_out(), 75U);
}

// Bartunov et al. 2018, without biases: 0.96 GB of floats, 8 % less than with weights for padding.
TEST(LinearMapTest, LocallyConnectedNetworkForImagenetHas240MillionWeights) {
  Shape shape{224, 224, 3};
  std::size_t weights = 0;
  std::size_t with_padding = 0;
  const std::size_t layers[][3] = {{9, 48, 4},  {3, 48, 2},  {5, 96, 1}, {3, 96, 2},
                                   {3, 192, 1}, {3, 192, 2}, {3, 384, 1}};
  for (const auto& [kernel, channels, stride] : layers) {
    const LocallyConnectedMap map(ReceptiveField(shape, kernel, stride, channels));
    weights += map.parameters();
    with_padding += kernel * kernel * shape.channels * map.output().size();
    shape = map.output();
  }
  EXPECT_EQ(shape, (Shape{7, 7, 384}));
  const std::size_t softmax = DenseMap(shape, {1, 1, 1000}).parameters();
  EXPECT_EQ(weights + softmax, 239'630'352U);
  EXPECT_EQ(with_padding + softmax, 259'510'272U);
}

}  // namespace
}  // namespace apical
