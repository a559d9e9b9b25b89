#pragma once

#include <google/protobuf/text_format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "learning/rate_rule.h"
#include "models/experiment_defaults.h"
#include "models/rate/rate_network.h"
#include "proto/experiment.pb.h"
#include "simulator/random_stream.h"

namespace apical {

// An experiment of a text, with its defaults.
inline proto::Experiment rate_experiment(const std::string& text) {
  proto::Experiment experiment;
  if (!google::protobuf::TextFormat::ParseFromString(text, &experiment)) {
    throw std::invalid_argument(text);
  }
  return with_defaults(experiment);
}

constexpr Shape kSmallImage{4, 5, 2};

// Three hidden layers and three classes; batches of 6.
inline proto::Experiment dense_network() {
  return rate_experiment(R"pb(
    rate_network {
      layer {
        name: "a"
        dense { units: 9 }
      }
      layer {
        name: "b"
        dense { units: 8 }
        activation: SIGMOID
      }
      layer {
        name: "c"
        dense { units: 7 }
      }
      layer {
        name: "o"
        dense { units: 3 }
      }
    }
    training { rate_learning { algorithm: BP batch_size: 6 } })pb");
}

inline proto::Experiment local_network(const std::string& connectivity) {
  return rate_experiment(R"(
    rate_network {
      layer { name: "a" )" +
                         connectivity + R"( { kernel: 3 channels: 3 stride: 2 } }
      layer { name: "b" )" +
                         connectivity + R"( { kernel: 2 channels: 4 } }
      layer { name: "c" dense { units: 6 } activation: LINEAR }
      layer { name: "o" dense { units: 3 } }
    }
    training { rate_learning { algorithm: BP batch_size: 6 } })");
}

// Two hidden layers and three classes, three epochs with tests in between; `learning` are fields of
// RateLearning, `more` of the experiment.
inline proto::Experiment session_experiment(const std::string& learning,
                                            const std::string& more = "") {
  return rate_experiment(R"(
    rate_network {
      layer { name: "a" dense { units: 9 } }
      layer { name: "b" dense { units: 7 } }
      layer { name: "o" dense { units: 3 } }
    }
    data { name: "mnist" }
    training {
      epochs: 3
      evaluate_every_examples: 8
      interim_test_examples: 5
      rate_learning { batch_size: 4 )" +
                         learning + "} } " + more);
}

// A network with its parameters, and what its rules learn with.
class SmallRateNetwork {
 public:
  explicit SmallRateNetwork(const proto::Experiment& experiment)
      : experiment_(experiment),
        network(experiment.rate_network(), kSmallImage),
        parameters(initial_parameters(network, experiment.seed())) {}

  RateRuleContext context() {
    return {network, parameters, experiment_.training().rate_learning(), experiment_.seed()};
  }
  proto::OutputLoss loss() const { return experiment_.rate_network().loss(); }
  proto::RateLearning& settings() {
    return *experiment_.mutable_training()->mutable_rate_learning();
  }

  // Fills a batch with noise in [-1, 1] and labels; the targets of a squared error are noise too.
  void fill(RateBatch& batch, std::size_t size, std::uint32_t number = 0) const {
    RandomStream stream({99, 0, Purpose::kInverseNoise, number});
    batch.size = size;
    stream.uniforms(-1, 1, batch.h(0).all());
    const BatchView target = batch.target.of(size);
    if (loss() == proto::SQUARED_ERROR) stream.uniforms(-1, 1, target.all());
    for (std::size_t n = 0; n < size && loss() == proto::SOFTMAX_CROSS_ENTROPY; ++n) {
      batch.labels[n] = static_cast<std::uint16_t>(stream.below(3));
      for (std::size_t i = 0; i < target.size; ++i) target.row(n)[i] = i == batch.labels[n];
    }
  }

 private:
  proto::Experiment experiment_;

 public:
  RateNetwork network;
  RateParameters parameters;
};

}  // namespace apical
