#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "models/dense_weights.h"
#include "models/rate_receiver.h"
#include "models/rate_trace.h"
#include "models/spike_trace.h"
#include "models/spiking_population.h"
#include "proto/network.pb.h"
#include "simulator/spike.h"

namespace apical {

// Synapses from every neuron of a source to one compartment of every neuron of a target. Keeps the
// trace of the spikes that arrive. Spikes onto a compartment that drives the soma go on to the
// target, fan-out and all; those onto a segregated compartment change nothing but the trace, from
// which the compartment's potential follows whenever it is asked for.
//
// It may transmit firing rates instead, s_j = phi_j, which are held from one transmission to the
// next: the compartment's potential is then constant in between.
class DenseProjection final : public SpikeReceiver, public RateReceiver {
 public:
  // The weights and the target must outlive the projection.
  DenseProjection(std::string name, const DenseWeights& weights, SpikingPopulation& target,
                  proto::Compartment compartment, proto::Transmission transmission = proto::SPIKES);

  DenseProjection(const DenseProjection&) = delete;
  DenseProjection& operator=(const DenseProjection&) = delete;

  const std::string& name() const { return name_; }
  const DenseWeights& weights() const { return *weights_; }
  SpikingPopulation& target() const { return *target_; }
  proto::Compartment compartment() const { return compartment_; }
  bool drives_soma() const { return drives_soma_; }
  bool transmits_rates() const { return rate_trace_.has_value(); }

  // Of the spikes; empty if rates are transmitted.
  SpikeTrace& trace() { return trace_; }
  const SpikeTrace& trace() const { return trace_; }

  void receive(std::span<const Spike> spikes) override {
    spikes_ += spikes.size();
    trace_.add(spikes);
    if (drives_soma_) target_->receive(input_, spikes);
    if (listener_ != nullptr) listener_->receive(spikes);
  }

  void receive_rates(Time now, std::span<const float> rates_per_ms) override;

  // Who is told of the spikes that arrive besides, null for nobody; it must outlive the projection.
  void set_listener(SpikeReceiver* listener) { listener_ = listener; }

  // Spikes that have arrived, times the neurons each arrives at.
  std::uint64_t synaptic_events() const { return spikes_ * weights_->targets(); }

  // Starts and ends the window of window_mean(), the mean of s_j.
  void open_window(Time now);
  void close_window(Time now);
  std::span<const float> window_mean() const {
    return rate_trace_ ? rate_trace_->window_mean() : trace_.window_mean();
  }

  // s_j(now).
  void presynaptic_potentials(Time now, std::span<float> s);

  // To be called after the owner of the weights has added change[i] u_j to W_ij: potentials under
  // way are V_c = W s with the weights of now.
  void weights_changed(Time now, std::span<const float> change, std::span<const float> u);

  // Likewise, after any `change`, of the shape of the weights.
  void weights_changed(Time now, const DenseWeights& change);

  // Without the weights, which are another's.
  void checkpoint(const Checkpoint& state);

  // Forgets all spikes and rates.
  void clear(Time now);

 private:
  void drive(Time now);

  std::string name_;
  const DenseWeights* weights_;
  SpikingPopulation* target_;
  proto::Compartment compartment_;
  SpikeTrace trace_;
  std::optional<RateTrace> rate_trace_;
  SpikingPopulation::InputId input_;
  bool drives_soma_;
  SpikeReceiver* listener_ = nullptr;
  std::uint64_t spikes_ = 0;
};

}  // namespace apical
