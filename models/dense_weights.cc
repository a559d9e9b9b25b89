#include "models/dense_weights.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <vector>

namespace apical {
namespace {

// Rows that are an odd number of cache lines apart: a column of them spreads over all sets of the
// cache.
std::size_t stride_of(std::size_t targets) {
  const std::size_t lines = padded(targets) / kPadding;
  return (lines | 1) * kPadding;
}

}  // namespace

DenseWeights::DenseWeights(std::size_t sources, std::size_t targets)
    : sources_(sources),
      targets_(targets),
      stride_(stride_of(targets)),
      values_(sources * stride_of(targets), 0.0F) {}

// Four rows at a time, so that the sums are loaded and stored once for all of them. Each sum is one
// chain of fused multiply-adds in the order of the sources, as if it were a row at a time.
void DenseWeights::add_weighted_rows(std::span<const float> sources, std::span<float> sums) const {
  assert(sources.size() == sources_ && sums.size() >= padded(targets_));
  constexpr std::size_t kRows = 4;
  const std::size_t size = padded(targets_);
  const float* rows[kRows];
  float factors[kRows];
  std::size_t pending = 0;
  float* const sum = sums.data();
  for (std::size_t j = 0; j < sources_; ++j) {
    if (sources[j] == 0.0F) continue;
    rows[pending] = row(j);
    factors[pending] = sources[j];
    if (++pending < kRows) continue;
    pending = 0;
    for (std::size_t i = 0; i < size; ++i) {
      float value = fused(rows[0][i], factors[0], sum[i]);
      value = fused(rows[1][i], factors[1], value);
      value = fused(rows[2][i], factors[2], value);
      sum[i] = fused(rows[3][i], factors[3], value);
    }
  }
  for (std::size_t k = 0; k < pending; ++k) {
    for (std::size_t i = 0; i < size; ++i) sum[i] = fused(rows[k][i], factors[k], sum[i]);
  }
}

void DenseWeights::add_products_with_rows(std::span<const float> targets,
                                          std::span<float> sums) const {
  assert(targets.size() >= padded(targets_) && sums.size() >= sources_);
  const std::size_t size = padded(targets_);
  for (std::size_t j = 0; j < sources_; ++j) {
    const float* const weights = row(j);
    SumLanes products{};
    for (std::size_t i = 0; i < size; i += kSumLanes) {
      products = fused(*reinterpret_cast<const SumLanes*>(weights + i),
                       *reinterpret_cast<const SumLanes*>(targets.data() + i), products);
    }
    float sum = 0;
    for (std::size_t lane = 0; lane < kSumLanes; ++lane) sum += products[lane];
    sums[j] += sum;
  }
}

// While a row changes the next one is fetched, which hardware does not foresee: rows of silent
// sources lie between them, and pages end. (Three to four times as fast for 500 targets.)
void DenseWeights::add_outer_product(std::span<const float> targets,
                                     std::span<const float> sources) {
  assert(sources.size() == sources_ && targets.size() >= padded(targets_));
  const auto next_active = [&](std::size_t from) {
    while (from < sources_ && sources[from] == 0.0F) ++from;
    return from;
  };
  const std::size_t size = padded(targets_);
  const float* const target = targets.data();
  for (std::size_t j = next_active(0); j < sources_;) {
    const std::size_t next = next_active(j + 1);
    const float source = sources[j];
    float* const weights = row(j);
    const float* const to_come = row(next < sources_ ? next : j);
    for (std::size_t line = 0; line < size; line += kPadding) {
      __builtin_prefetch(to_come + line, 1);
      for (std::size_t i = line; i < line + kPadding; i += kLanes) {
        auto& lanes = *reinterpret_cast<Lanes*>(weights + i);
        lanes = fused(*reinterpret_cast<const Lanes*>(target + i), all(source), lanes);
      }
    }
    j = next;
  }
}

void DenseWeights::checkpoint(const Checkpoint& state) {
  std::vector<float> table(sources_ * targets_);
  const auto row_of = [&](std::size_t j) {
    return std::span(table).subspan(j * targets_, targets_);
  };
  for (std::size_t j = 0; j < sources_; ++j) {
    std::copy_n(row(j), targets_, row_of(j).begin());
  }
  const std::array<std::uint64_t, 2> shape = {sources_, targets_};
  state.array("weights", std::span(table), shape);
  if (!state.restores()) return;
  for (std::size_t j = 0; j < sources_; ++j) std::ranges::copy(row_of(j), row(j));
}

}  // namespace apical
