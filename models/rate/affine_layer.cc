#include "models/rate/affine_layer.h"

#include <cassert>
#include <cmath>
#include <utility>

#include "models/rate/bias.h"
#include "models/rate/loss.h"

namespace apical {
namespace {

Activation elementwise(proto::Activation activation) {
  switch (activation) {
    case proto::TANH:
      return Activation::kTanh;
    case proto::RELU:
      return Activation::kRelu;
    case proto::SIGMOID:
      return Activation::kSigmoid;
    case proto::LINEAR:
    case proto::SOFTMAX:
    case proto::ACTIVATION_UNSPECIFIED:
      break;
  }
  return Activation::kLinear;
}

}  // namespace

AffineLayer::AffineLayer(std::unique_ptr<LinearMap> map, proto::Activation activation,
                         std::size_t biases)
    : map_(std::move(map)),
      activation_(activation),
      elementwise_(elementwise(activation)),
      biases_(biases),
      bias_gradient_(biases) {
  assert(biases_ > 0 && map_->output().size() % biases_ == 0);
}

AlignedFloats AffineLayer::initial_parameters(RandomStream& stream) const {
  const auto fans = static_cast<double>(map_->fan_in() + map_->fan_out());
  const auto bound = static_cast<float>(std::sqrt(6.0 / fans));
  AlignedFloats parameters(this->parameters());
  stream.uniforms(-bound, bound, std::span(parameters).first(map_->parameters()));
  return parameters;
}

void AffineLayer::apply(std::span<const float> parameters, ConstBatchView x, BatchView h) {
  apply_map(parameters, x, h);
  if (activation_ == proto::SOFTMAX) {
    softmax(h, h);
  } else {
    activate(elementwise_, h);
  }
}

void AffineLayer::apply_map(std::span<const float> parameters, ConstBatchView x, BatchView a) {
  assert(parameters.size() == this->parameters());
  map_->apply(weights(parameters), x, a);
  add_bias(parameters.subspan(map_->parameters()), a);
}

void AffineLayer::multiply_by_slope(ConstBatchView h, BatchView error) const {
  assert(activation_ != proto::SOFTMAX);
  multiply_by_derivative(elementwise_, h, error);
}

void AffineLayer::gradient_in_parts(ConstBatchView x, ConstBatchView error,
                                    const TakeGradient& take) {
  map_->gradient_in_parts(x, error, take);
  bias_gradient(error, bias_gradient_);
  take(map_->parameters(), bias_gradient_);
}

}  // namespace apical
