#include "learning/symmetric_feedback.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "models/network_path.h"

namespace apical {

SymmetricFeedback::SymmetricFeedback(const proto::Network& description, int index,
                                     PlasticNetwork& network, Parameters& parameters)
    : network_(&network),
      projection_(static_cast<std::size_t>(index)),
      weights_(&parameters.weights[projection_]),
      noise_sd_(description.projection(index).plasticity().symmetric_feedback().noise_sd()),
      fixed_noise_(description.projection(index).plasticity().symmetric_feedback().fixed_noise()),
      stream_({network.seed(), static_cast<std::uint32_t>(index), Purpose::kFeedbackNoise, 0}),
      product_(weights_->sources(), weights_->targets()) {
  const proto::Projection& projection = description.projection(index);
  const auto path = feedforward_path(description, projection.target(), projection.source());
  assert(path.has_value());
  for (const int p : *path) {
    path_.push_back(&parameters.weights[static_cast<std::size_t>(p)]);
    between_.emplace_back(padded(path_.back()->targets()));
    noise_.emplace_back(noise_sd_ > 0 ? path_.back()->sources() * path_.back()->targets() : 0);
  }
  draw_noise();
  find_product();
  *weights_ = product_;
}

void SymmetricFeedback::draw_noise() {
  if (noise_sd_ == 0) return;
  for (auto& noise : noise_) stream_.normals(static_cast<float>(noise_sd_), noise);
}

// Row i of W_1 times W_2 ... W_n is what neuron i of the target sends to the source, and column i
// of Y. Without noise and with a single W this copies.
void SymmetricFeedback::find_product() {
  for (std::size_t i = 0; i < weights_->targets(); ++i) {
    const float* const first = path_.front()->row(i);
    std::copy(first, first + path_.front()->targets(), between_.front().begin());
    if (noise_sd_ > 0) {
      const float* const noise = noise_.front().data() + i * path_.front()->targets();
      for (std::size_t h = 0; h < path_.front()->targets(); ++h) between_.front()[h] += noise[h];
    }
    for (std::size_t k = 1; k < path_.size(); ++k) {
      const auto below = std::span(between_[k - 1]).first(path_[k]->sources());
      std::ranges::fill(between_[k], 0.0F);
      path_[k]->add_weighted_rows(below, between_[k]);
      if (noise_sd_ == 0) continue;
      const float* noise = noise_[k].data();
      for (const float weight : below) {
        for (std::size_t o = 0; o < path_[k]->targets(); ++o) {
          between_[k][o] = fused(weight, *noise++, between_[k][o]);
        }
      }
    }
    for (std::size_t j = 0; j < weights_->sources(); ++j) {
      product_.row(j)[i] = between_.back()[j];
    }
  }
}

void SymmetricFeedback::mirror(Time now) {
  if (!fixed_noise_) draw_noise();
  find_product();
  if (!network_->drives_soma(projection_)) {
    *weights_ = product_;
    return;
  }
  DenseWeights change(weights_->sources(), weights_->targets());
  for (std::size_t j = 0; j < weights_->sources(); ++j) {
    for (std::size_t i = 0; i < weights_->targets(); ++i) {
      change.row(j)[i] = product_.row(j)[i] - weights_->row(j)[i];
    }
  }
  *weights_ = product_;
  network_->weights_changed(now, projection_, change);
}

}  // namespace apical
