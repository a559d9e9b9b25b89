#include "models/rate/loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "models/rate/tiles.h"

namespace apical {
namespace {

constexpr std::size_t kExamples = 8;

// Sum over the examples of f(example), which is called from several threads.
template <typename F>
double sum_over_examples(std::size_t batch, const F& f) {
  std::vector<double> terms(batch);
  for_each_tile(batch, kExamples, [&](std::size_t first, std::size_t count) {
    for (std::size_t b = first; b < first + count; ++b) terms[b] = f(b);
  });
  return std::accumulate(terms.begin(), terms.end(), 0.0);
}

// Returns ln sum exp(z).
double softmax_of_example(std::span<const float> z, std::span<float> p) {
  const double max = *std::ranges::max_element(z);
  double sum = 0;
  for (const float logit : z) sum += std::exp(logit - max);
  const double log_sum = max + std::log(sum);
  for (std::size_t i = 0; i < z.size(); ++i) p[i] = static_cast<float>(std::exp(z[i] - log_sum));
  return log_sum;
}

}  // namespace

void softmax(ConstBatchView z, BatchView p) {
  assert(z.batch == p.batch && z.size == p.size && z.size > 0);
  for_each_tile(z.batch, kExamples, [&](std::size_t first, std::size_t count) {
    for (std::size_t b = first; b < first + count; ++b) softmax_of_example(z.row(b), p.row(b));
  });
}

double softmax_cross_entropy(ConstBatchView z, std::span<const std::uint16_t> labels, BatchView p,
                             BatchView dz) {
  assert(z.batch == p.batch && z.size == p.size && z.batch == dz.batch && z.size == dz.size);
  assert(labels.size() == z.batch && z.size > 0);
  return sum_over_examples(z.batch, [&](std::size_t b) {
    const std::uint16_t label = labels[b];
    assert(label < z.size);
    const double loss = softmax_of_example(z.row(b), p.row(b)) - z.row(b)[label];
    std::ranges::copy(p.row(b), dz.row(b).begin());
    dz.row(b)[label] -= 1.0F;
    return loss;
  });
}

double squared_error(ConstBatchView y, ConstBatchView target, BatchView dy) {
  assert(y.batch == target.batch && y.size == target.size);
  assert(y.batch == dy.batch && y.size == dy.size);
  return sum_over_examples(y.batch, [&](std::size_t b) {
    const auto value = y.row(b);
    const auto wanted = target.row(b);
    const auto derivative = dy.row(b);
    double loss = 0;
    for (std::size_t i = 0; i < y.size; ++i) {
      const float error = value[i] - wanted[i];
      derivative[i] = 2.0F * error;
      loss += static_cast<double>(error) * error;
    }
    return loss;
  });
}

}  // namespace apical
