#include "models/dense_projection.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "simulator/vector_math.h"

namespace apical {

DenseProjection::DenseProjection(std::string name, const DenseWeights& weights,
                                 SpikingPopulation& target, proto::Compartment compartment,
                                 proto::Transmission transmission)
    : name_(std::move(name)),
      weights_(&weights),
      target_(&target),
      compartment_(compartment),
      trace_(weights.sources(), target.constants().kernel),
      input_(target.add_input(*this)),
      drives_soma_(target.conductance(compartment) > 0) {
  if (transmission == proto::RATES) rate_trace_.emplace(weights.sources());
}

void DenseProjection::receive_rates(Time now, std::span<const float> rates_per_ms) {
  rate_trace_->hold(now, rates_per_ms);
  if (!drives_soma_) return;
  target_->catch_up(now);
  drive(now);
}

void DenseProjection::drive(Time now) {
  AlignedFloats v(padded(weights_->targets()), 0.0F);
  weights_->add_weighted_rows(rate_trace_->rates(), v);
  target_->hold(input_, now, v);
}

void DenseProjection::open_window(Time now) {
  if (rate_trace_) return rate_trace_->open_window(now);
  trace_.open_window(now);
}

void DenseProjection::close_window(Time now) {
  if (rate_trace_) return rate_trace_->close_window(now);
  trace_.close_window(now);
}

void DenseProjection::presynaptic_potentials(Time now, std::span<float> s) {
  if (!rate_trace_) return trace_.potentials(now, s);
  std::ranges::copy(rate_trace_->rates(), s.begin());
}

void DenseProjection::weights_changed(Time now, std::span<const float> change,
                                      std::span<const float> u) {
  if (!drives_soma_) return;
  if (rate_trace_) return drive(now);
  const auto sums = trace_.weighted_sums(now, u);
  target_->change_weights(now, change, compartment_, sums.leak, sums.synapse);
}

void DenseProjection::weights_changed(Time now, const DenseWeights& change) {
  if (!drives_soma_) return;
  if (rate_trace_) return drive(now);
  std::vector<float> leak(weights_->sources());
  std::vector<float> synapse(weights_->sources());
  trace_.exponential_sums(now, leak, synapse);
  AlignedFloats leak_change(padded(weights_->targets()), 0.0F);
  AlignedFloats synapse_change(padded(weights_->targets()), 0.0F);
  change.add_weighted_rows(leak, leak_change);
  change.add_weighted_rows(synapse, synapse_change);
  target_->change_weights(now, leak_change, synapse_change, compartment_);
}

void DenseProjection::clear(Time now) {
  trace_.clear(now);
  if (rate_trace_) rate_trace_->clear(now);
}

void DenseProjection::checkpoint(const Checkpoint& state) {
  state.number("arrived", spikes_);
  trace_.checkpoint(state);
  if (rate_trace_) rate_trace_->checkpoint(state.in("rates"));
}

}  // namespace apical
