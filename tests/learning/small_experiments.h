#pragma once

#include <google/protobuf/text_format.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "datasets/image_set.h"
#include "learning/initial_weights.h"
#include "learning/rate_trial_protocol.h"
#include "learning/segregated_dendrites.h"
#include "learning/trial_protocol.h"
#include "models/network.h"
#include "models/parameters.h"
#include "models/rate_mode_network.h"
#include "proto/experiment.pb.h"
#include "simulator/spike.h"

namespace apical {

template <typename Message>
Message parsed(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    throw std::invalid_argument(text);
  }
  return message;
}

// 12 inputs, 8 hidden neurons, 3 classes.
inline proto::Experiment one_hidden_layer() {
  return parsed<proto::Experiment>(R"pb(
    network {
      population {
        name: "input"
        size: 12
        poisson_source {}
      }
      population {
        name: "hidden"
        size: 8
        pyramidal {}
      }
      population {
        name: "output"
        size: 3
        output {}
      }
      projection {
        source: "input"
        target: "hidden"
        compartment: BASAL
        plasticity { segregated_dendrites { learning_rate: 0.21 } }
      }
      projection {
        source: "hidden"
        target: "output"
        compartment: DENDRITE
        plasticity { segregated_dendrites { learning_rate: 0.15 } }
      }
      projection {
        source: "output"
        target: "hidden"
        compartment: APICAL
        initializer { matched_moments { fan_in_of: "hidden_to_output" } }
      }
    }
  )pb");
}

// The same without the hidden layer.
inline proto::Experiment no_hidden_layer() {
  return parsed<proto::Experiment>(R"pb(
    network {
      population {
        name: "input"
        size: 12
        poisson_source {}
      }
      population {
        name: "output"
        size: 3
        output {}
      }
      projection {
        source: "input"
        target: "output"
        compartment: DENDRITE
        plasticity { segregated_dendrites { learning_rate: 0.19 } }
      }
    }
  )pb");
}

// The same with a second hidden layer of 6 neurons.
inline proto::Experiment two_hidden_layers() {
  return parsed<proto::Experiment>(R"pb(
    network {
      population {
        name: "input"
        size: 12
        poisson_source {}
      }
      population {
        name: "first"
        size: 8
        pyramidal {}
      }
      population {
        name: "second"
        size: 6
        pyramidal {}
      }
      population {
        name: "output"
        size: 3
        output {}
      }
      projection {
        source: "input"
        target: "first"
        compartment: BASAL
        plasticity { segregated_dendrites { learning_rate: 0.23 } }
      }
      projection {
        source: "first"
        target: "second"
        compartment: BASAL
        plasticity { segregated_dendrites { learning_rate: 0.17 } }
      }
      projection {
        source: "second"
        target: "output"
        compartment: DENDRITE
        plasticity { segregated_dendrites { learning_rate: 0.12 } }
      }
      projection { source: "output" target: "first" compartment: APICAL }
      projection { source: "output" target: "second" compartment: APICAL }
    }
  )pb");
}

// Noise, different in each image, with some black pixels.
inline ImageSet noise_images(int count, int pixels, int classes) {
  ImageSet images;
  images.rows = 1;
  images.columns = pixels;
  images.classes = classes;
  std::uint32_t state = 12345;
  for (int n = 0; n < count; ++n) {
    for (int k = 0; k < pixels; ++k) {
      state = state * 1664525 + 1013904223;
      const std::uint32_t value = state >> 24;
      images.pixels.push_back(static_cast<std::uint8_t>(value < 60 ? 0 : value));
    }
    images.labels.push_back(static_cast<std::uint8_t>(n % classes));
  }
  return images;
}

class SpikeRecorder final : public SpikeReceiver {
 public:
  void receive(std::span<const Spike> spikes) override {
    spikes_.insert(spikes_.end(), spikes.begin(), spikes.end());
  }
  const std::vector<Spike>& spikes() const { return spikes_; }

 private:
  std::vector<Spike> spikes_;
};

inline bool operator==(const Spike& a, const Spike& b) {
  return a.time == b.time && a.neuron == b.neuron;
}

// A network that is trained by hand, trial by trial, with its spikes recorded.
class TrialRun {
 public:
  // `others` are further processes of the network's simulation.
  explicit TrialRun(const proto::Experiment& experiment, const std::vector<Process*>& others = {},
                    OutputClasses classes = {})
      : parameters_(initial_parameters(experiment.network(), experiment.seed())),
        protocol_(experiment.trial(), experiment.seed()),
        network_(experiment.network(), parameters_, experiment.seed(), joined(others)),
        rule_(experiment.network(), network_, parameters_) {
    protocol_.bind(network_, rule_, classes);
    for (std::size_t p = 0; p < network_.populations(); ++p) {
      network_.population(p).add_receiver(recorders_.emplace_back());
    }
  }

  PhaseTimes run(std::span<const std::uint8_t> image, std::size_t label) {
    return protocol_.run(image, label);
  }

  Parameters& parameters() { return parameters_; }
  TrialProtocol& protocol() { return protocol_; }
  Network& network() { return network_; }
  SegregatedDendrites& rule() { return rule_; }
  const std::vector<Spike>& spikes(std::size_t population) const {
    return recorders_[population].spikes();
  }
  SpikingPopulation& spiking(std::size_t population) {
    return dynamic_cast<SpikingPopulation&>(network_.population(population));
  }

 private:
  std::vector<Process*> joined(const std::vector<Process*>& others) {
    std::vector<Process*> all = protocol_.processes();
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  Parameters parameters_;
  TrialProtocol protocol_;
  Network network_;
  SegregatedDendrites rule_;
  std::deque<SpikeRecorder> recorders_;
};

// The same in the rate mode.
class RateTrialRun {
 public:
  explicit RateTrialRun(const proto::Experiment& experiment, OutputClasses classes = {})
      : parameters_(initial_parameters(experiment.network(), experiment.seed())),
        protocol_(experiment.trial()),
        network_(experiment.network(), parameters_, experiment.seed(), protocol_.processes()),
        rule_(experiment.network(), network_, parameters_) {
    protocol_.bind(network_, rule_, classes);
  }

  PhaseTimes run(std::span<const std::uint8_t> image, std::size_t label) {
    return protocol_.run(image, label);
  }

  Parameters& parameters() { return parameters_; }
  RateTrialProtocol& protocol() { return protocol_; }
  RateModeNetwork& network() { return network_; }
  SegregatedDendrites& rule() { return rule_; }

 private:
  Parameters parameters_;
  RateTrialProtocol protocol_;
  RateModeNetwork network_;
  SegregatedDendrites rule_;
};

// Weights and biases of a network in one row, to compare bits.
inline std::vector<float> all_values(const Parameters& parameters) {
  std::vector<float> values;
  for (const DenseWeights& weights : parameters.weights) {
    for (std::size_t j = 0; j < weights.sources(); ++j) {
      values.insert(values.end(), weights.row(j), weights.row(j) + weights.targets());
    }
  }
  for (const AlignedFloats& biases : parameters.biases) {
    values.insert(values.end(), biases.begin(), biases.end());
  }
  return values;
}

}  // namespace apical
