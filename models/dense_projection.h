#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "models/dense_weights.h"
#include "models/spike_trace.h"
#include "models/spiking_population.h"
#include "proto/network.pb.h"
#include "simulator/spike.h"

namespace apical {

// Synapses from every neuron of a source to one compartment of every neuron of a target. Keeps the
// trace of the spikes that arrive. Spikes onto a compartment that drives the soma go on to the
// target, fan-out and all; those onto a segregated compartment change nothing but the trace, from
// which the compartment's potential follows whenever it is asked for.
class DenseProjection final : public SpikeReceiver {
 public:
  // The weights and the target must outlive the projection.
  DenseProjection(std::string name, const DenseWeights& weights, SpikingPopulation& target,
                  proto::Compartment compartment)
      : name_(std::move(name)),
        weights_(&weights),
        target_(&target),
        compartment_(compartment),
        trace_(weights.sources(), target.constants().kernel),
        input_(target.add_input(*this)),
        drives_soma_(target.conductance(compartment) > 0) {}

  DenseProjection(const DenseProjection&) = delete;
  DenseProjection& operator=(const DenseProjection&) = delete;

  const std::string& name() const { return name_; }
  const DenseWeights& weights() const { return *weights_; }
  SpikingPopulation& target() const { return *target_; }
  proto::Compartment compartment() const { return compartment_; }
  bool drives_soma() const { return drives_soma_; }

  SpikeTrace& trace() { return trace_; }
  const SpikeTrace& trace() const { return trace_; }

  void receive(std::span<const Spike> spikes) override {
    spikes_ += spikes.size();
    trace_.add(spikes);
    if (drives_soma_) target_->receive(input_, spikes);
  }

  // Spikes that have arrived, times the neurons each arrives at.
  std::uint64_t synaptic_events() const { return spikes_ * weights_->targets(); }

  // To be called after the owner of the weights has added change[i] u_j to W_ij: potentials under
  // way are V_c = W s with the weights of now.
  void weights_changed(Time now, std::span<const float> change, std::span<const float> u) {
    if (!drives_soma_) return;
    const auto sums = trace_.weighted_sums(now, u);
    target_->change_weights(now, change, compartment_, sums.leak, sums.synapse);
  }

  // Without the weights, which are another's.
  void checkpoint(const Checkpoint& state) {
    state.number("arrived", spikes_);
    trace_.checkpoint(state);
  }

  // Forgets all spikes.
  void clear(Time now) { trace_.clear(now); }

 private:
  std::string name_;
  const DenseWeights* weights_;
  SpikingPopulation* target_;
  proto::Compartment compartment_;
  SpikeTrace trace_;
  SpikingPopulation::InputId input_;
  bool drives_soma_;
  std::uint64_t spikes_ = 0;
};

}  // namespace apical
