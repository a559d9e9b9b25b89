#include "models/rate/bias.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "models/rate/tiles.h"

namespace apical {
namespace {

constexpr std::size_t kExamples = 8;
constexpr std::size_t kUnits = 256;

}  // namespace

void add_bias(std::span<const float> bias, BatchView z) {
  assert(!bias.empty() && z.size % bias.size() == 0);
  for_each_tile(z.batch, kExamples, [&](std::size_t first, std::size_t count) {
    const std::size_t repeats = count * (z.size / bias.size());
    float* value = z.values + first * z.size;
    for (std::size_t n = 0; n < repeats; ++n) {
      for (std::size_t i = 0; i < bias.size(); ++i) value[i] += bias[i];
      value += bias.size();
    }
  });
}

void bias_gradient(ConstBatchView dz, std::span<float> db) {
  assert(!db.empty() && dz.size % db.size() == 0);
  const std::size_t rows = dz.batch * (dz.size / db.size());
  for_each_tile(db.size(), kUnits, [&](std::size_t first, std::size_t count) {
    float* const sum = &db[first];
    std::fill_n(sum, count, 0.0F);
    for (std::size_t row = 0; row < rows; ++row) {
      const float* const values = dz.values + row * db.size() + first;
      for (std::size_t i = 0; i < count; ++i) sum[i] += values[i];
    }
  });
}

}  // namespace apical
