#include "learning/symmetric_feedback.h"

#include <cstdint>

namespace apical {

SymmetricFeedback::SymmetricFeedback(const proto::Network& description, int index,
                                     PlasticNetwork& network, Parameters& parameters)
    : network_(&network),
      projection_(static_cast<std::size_t>(index)),
      weights_(&parameters.weights[projection_]),
      path_(description, index, parameters),
      noise_sd_(description.projection(index).plasticity().symmetric_feedback().noise_sd()),
      fixed_noise_(description.projection(index).plasticity().symmetric_feedback().fixed_noise()),
      stream_({network.seed(), static_cast<std::uint32_t>(index), Purpose::kFeedbackNoise, 0}),
      noise_(noise_sd_ > 0 ? path_.weights() : 0),
      product_(weights_->sources(), weights_->targets()) {
  if (!noise_.empty()) stream_.normals(static_cast<float>(noise_sd_), noise_);
  if (description.has_weights_from()) return;
  path_.find(noise_, product_);
  *weights_ = product_;
}

void SymmetricFeedback::mirror(Time now) {
  if (!noise_.empty() && !fixed_noise_) stream_.normals(static_cast<float>(noise_sd_), noise_);
  path_.find(noise_, product_);
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
