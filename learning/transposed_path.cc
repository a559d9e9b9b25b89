#include "learning/transposed_path.h"

#include <algorithm>
#include <cassert>

#include "models/network_path.h"

namespace apical {

TransposedPath::TransposedPath(const proto::Network& network, int projection,
                               const Parameters& parameters) {
  const proto::Projection& feedback = network.projection(projection);
  const auto path = feedforward_path(network, feedback.target(), feedback.source());
  assert(path.has_value());
  for (const int p : *path) {
    path_.push_back(&parameters.weights[static_cast<std::size_t>(p)]);
    between_.emplace_back(padded(path_.back()->targets()));
  }
}

std::size_t TransposedPath::weights() const {
  std::size_t sum = 0;
  for (const DenseWeights* each : path_) sum += each->sources() * each->targets();
  return sum;
}

// Row i of W_1 times W_2 ... W_n is what neuron i of the target sends to the source, and column i
// of the feedback.
void TransposedPath::find(std::span<const float> noise, DenseWeights& product) {
  assert(noise.empty() || noise.size() == weights());
  for (std::size_t i = 0; i < product.targets(); ++i) {
    const float* const first = path_.front()->row(i);
    const std::size_t width = path_.front()->targets();
    std::copy(first, first + width, between_.front().begin());
    const float* other_noise = noise.data();
    if (!noise.empty()) {
      for (std::size_t h = 0; h < width; ++h) between_.front()[h] += noise[i * width + h];
      other_noise += product.targets() * width;
    }
    for (std::size_t k = 1; k < path_.size(); ++k) {
      const auto below = std::span<const float>(between_[k - 1]).first(path_[k]->sources());
      std::ranges::fill(between_[k], 0.0F);
      path_[k]->add_weighted_rows(below, between_[k]);
      if (noise.empty()) continue;
      for (const float weight : below) {
        for (std::size_t o = 0; o < path_[k]->targets(); ++o) {
          between_[k][o] = fused(weight, *other_noise++, between_[k][o]);
        }
      }
    }
    for (std::size_t j = 0; j < product.sources(); ++j) product.row(j)[i] = between_.back()[j];
  }
}

}  // namespace apical
