#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "models/dense_weights.h"
#include "proto/network.pb.h"
#include "simulator/time.h"

namespace apical {

// What learning reads of a network and tells it, in either mode: of spiking neurons means over the
// last window, in the rate mode the values of the last tick. Populations and projections have their
// places in the model file; arrays by neuron are padded.
class PlasticNetwork {
 public:
  virtual ~PlasticNetwork() = default;

  // Of the run.
  virtual std::uint64_t seed() const = 0;

  // V and V_a of a pyramidal or output population, and of a pyramidal one.
  virtual void somatic_mean(std::size_t population, std::span<float> v) const = 0;
  virtual void apical_mean(std::size_t population, std::span<float> v) const = 0;

  // s_j of a projection, an element per presynaptic neuron.
  virtual std::span<const float> presynaptic_mean(std::size_t projection) const = 0;

  // The owner of the parameters has changed biases; weights by change[i] u_j; or weights by
  // `change`, which only those that drive the soma have to be told of.
  virtual void bias_changed(Time now, std::size_t population) = 0;
  virtual void weights_changed(Time now, std::size_t projection, std::span<const float> change,
                               std::span<const float> u) = 0;
  virtual bool drives_soma(std::size_t projection) const = 0;
  virtual void weights_changed(Time now, std::size_t projection, const DenseWeights& change) = 0;
};

}  // namespace apical
