#include "models/spiking_population.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "models/dense_projection.h"
#include "simulator/vector_math.h"

namespace apical {
namespace {

constexpr std::size_t kStepsAtOnce = 64;

double total_conductance(const SpikingPopulation::Constants& constants) {
  double sum = constants.leak_conductance_per_ms;
  for (const auto& compartment : constants.compartments) sum += compartment.conductance_per_ms;
  return sum;
}

}  // namespace

SpikingPopulation::SpikingPopulation(std::string name, const Constants& constants, std::size_t size,
                                     const AlignedFloats& bias, StreamKey key)
    : Population(std::move(name), size),
      constants_(constants),
      bias_(&bias),
      key_(key),
      current_(padded(size), 0.0F),
      soma_(size, constants.kernel, total_conductance(constants)),
      clock_(key, static_cast<std::uint32_t>(size), constants.max_rate_per_ms),
      v_at_start_(size),
      v_at_end_(size) {
  assert(bias.size() == padded(size) && !constants.compartments.empty());
  update_level(0);
  soma_.clear(0);
}

double SpikingPopulation::conductance(proto::Compartment compartment) const {
  const auto& all = constants_.compartments;
  const auto found = std::ranges::find(all, compartment, &CompartmentConstants::kind);
  assert(found != all.end());
  return found->conductance_per_ms;
}

// ---- Spikes in ----

SpikingPopulation::InputId SpikingPopulation::add_input(DenseProjection& projection) {
  assert(projection.weights().targets() == size());
  inputs_.push_back({&projection,
                     &projection.weights(),
                     static_cast<float>(conductance(projection.compartment())),
                     {},
                     0});
  return inputs_.size() - 1;
}

void SpikingPopulation::receive(InputId input, std::span<const Spike> spikes) {
  std::vector<Spike>& waiting = inputs_[input].waiting;
  waiting.insert(waiting.end(), spikes.begin(), spikes.end());
}

// Moves what has arrived before the horizon from the inputs to arrivals_, merged in the order of
// (time, input).
void SpikingPopulation::collect_arrivals(Horizon horizon) {
  arrivals_.clear();
  for (;;) {
    Input* first = nullptr;
    Time first_time = horizon.time;
    Time second_time = horizon.time;
    for (Input& input : inputs_) {
      if (input.taken == input.waiting.size()) continue;
      const Time time = input.waiting[input.taken].time;
      if (time < first_time) {
        second_time = first_time;
        first_time = time;
        first = &input;
      } else {
        second_time = std::min(second_time, time);
      }
    }
    if (first == nullptr) break;
    // All that this input has before the next event of any other.
    do {
      const Spike& spike = first->waiting[first->taken++];
      arrivals_.push_back({spike.time, first->weights->row(spike.neuron), first->conductance});
    } while (first->taken < first->waiting.size() &&
             first->waiting[first->taken].time < second_time);
  }
  for (Input& input : inputs_) {
    if (input.taken == input.waiting.size()) {
      input.waiting.clear();
      input.taken = 0;
    }
  }
  events_ += arrivals_.size();
}

// ---- The process ----

void SpikingPopulation::advance(Horizon horizon) {
  if (recurrent_) {
    // A candidate at a time: each may change the input of the next.
    while (horizon.admits(clock_.time(), id())) advance_to({clock_.time(), id() + 1});
  }
  advance_to(horizon);
}

void SpikingPopulation::advance_to(Horizon horizon) {
  collect_arrivals(horizon);
  std::span<const Arrival> left(arrivals_);
  for (;;) {
    const Time first = left.empty() ? clock_.time() : std::min(left.front().time, clock_.time());
    if (left.empty() && !horizon.admits(first, id())) break;
    // As far as the numbers of the modes reach.
    if (first > soma_.origin_end()) soma_.move_origin(first);
    Time end = soma_.origin_end();
    std::size_t count = 0;
    while (count < left.size() && count < kStepsAtOnce && left[count].time <= end) ++count;
    if (count < left.size()) end = std::min(end, left[count].time);
    take_in(left.first(count), end, horizon);
    left = left.subspan(count);
  }
  send();
}

// Takes in `arrivals` and thins the candidates before, between and after them, up to `end`.
void SpikingPopulation::take_in(std::span<const Arrival> arrivals, Time end, Horizon horizon) {
  Time times[kStepsAtOnce];
  float conductances[kStepsAtOnce];
  float leak[kStepsAtOnce];
  float synapse[kStepsAtOnce];
  float membrane[kStepsAtOnce];
  for (std::size_t k = 0; k < arrivals.size(); ++k) {
    times[k] = arrivals[k].time;
    conductances[k] = arrivals[k].conductance;
  }
  soma_.steps_at(std::span(times).first(arrivals.size()), conductances, leak, synapse, membrane);
  std::size_t at = 0;
  do {
    Soma::Block block;
    block.count = std::min(Soma::kBlock, arrivals.size() - at);
    for (std::size_t k = 0; k < block.count; ++k) {
      block.rows[k] = arrivals[at + k].row;
      block.steps[k] = {leak[at + k], synapse[at + k], membrane[at + k]};
    }
    const std::span<const Time> block_times = std::span(times).subspan(at, block.count);
    at += block.count;
    thin(block, block_times, at < arrivals.size() ? times[at] : end, horizon);
    soma_.add(block);
  } while (at < arrivals.size());
}

// Decides the candidates up to and including `end`, each with those spikes of the block that come
// before it. (At its own time a spike has no effect yet, so a simultaneous candidate goes first.)
void SpikingPopulation::thin(const Soma::Block& block, std::span<const Time> block_times, Time end,
                             Horizon horizon) {
  std::size_t before = 0;
  while (clock_.time() <= end && horizon.admits(clock_.time(), id())) {
    const std::span<const Time> times = clock_.times();
    const std::span<const std::uint32_t> neurons = clock_.neurons();
    const std::span<const float> thresholds = clock_.thresholds();
    if (decays_at_ == decays_known_ || decays_version_ != soma_.version()) {
      soma_.decays_at(times, leak_decays_, synapse_decays_, membrane_decays_);
      decays_version_ = soma_.version();
      decays_known_ = times.size();
      decays_at_ = 0;
    }
    Spike accepted[ThinningClock::kBlock];
    std::size_t spikes = 0;
    std::size_t n = 0;
    for (; n < times.size() && times[n] <= end && horizon.admits(times[n], id()); ++n) {
      while (before < block.count && block_times[before] < times[n]) ++before;
      const std::size_t d = decays_at_ + n;
      const float v = soma_.potential(neurons[n], block, before, leak_decays_[d],
                                      synapse_decays_[d], membrane_decays_[d]);
      // Always written and sometimes kept: a branch here could not be predicted.
      accepted[spikes] = {times[n], neurons[n]};
      spikes += v > thresholds[n];
    }
    outgoing_.insert(outgoing_.end(), accepted, accepted + spikes);
    decays_at_ += n;
    events_ += n;
    clock_.pass(n);
  }
}

void SpikingPopulation::restart(std::uint32_t context) {
  StreamKey key = key_;
  key.context = context;
  clock_.restart(key);
  soma_.clear(0);
  const AlignedFloats no_current(padded(size()), 0.0F);
  set_somatic_input(0, 0, no_current);
  clear_state(0);
}

void SpikingPopulation::clear_state(Time now) {
  for (Input& input : inputs_) {
    input.waiting.clear();
    input.taken = 0;
  }
  soma_.clear(now);
}

// ---- State ----

void SpikingPopulation::add_firing_probabilities(Time now, std::span<double> sums) const {
  std::vector<float> v(size());
  potentials(now, v);
  for (std::size_t i = 0; i < v.size(); ++i) sums[i] += static_cast<double>(sigmoid(v[i]));
}

void SpikingPopulation::open_window(Time now) {
  window_start_ = now;
  for (Input& input : inputs_) input.projection->trace().open_window(now);
  potentials(now, v_at_start_);
}

void SpikingPopulation::close_window(Time now) {
  window_length_ = now - window_start_;
  for (Input& input : inputs_) input.projection->trace().close_window(now);
  potentials(now, v_at_end_);
}

void SpikingPopulation::compartment_mean(proto::Compartment compartment, std::span<float> v) const {
  if (compartment == constants_.compartments.front().kind) {
    std::ranges::copy(*bias_, v.begin());
  } else {
    std::ranges::fill(v, 0.0F);
  }
  for (const Input& input : inputs_) {
    if (input.projection->compartment() != compartment) continue;
    input.weights->add_weighted_rows(input.projection->trace().window_mean(), v);
  }
}

// The integral of the soma's own equation over the window: (V(t_1) - V(t_0)) / T =
// -g mean V + sum of g_c mean V_c + I.
void SpikingPopulation::somatic_mean(std::span<float> v) const {
  AlignedFloats in_compartment(padded(size()));
  std::ranges::copy(current_, v.begin());
  for (const auto& compartment : constants_.compartments) {
    if (compartment.conductance_per_ms == 0) continue;
    const auto conductance = static_cast<float>(compartment.conductance_per_ms);
    compartment_mean(compartment.kind, in_compartment);
    for (std::size_t i = 0; i < size(); ++i) v[i] = fused(conductance, in_compartment[i], v[i]);
  }
  const auto per_ms = static_cast<float>(1 / window_length_);
  const auto resistance = static_cast<float>(1 / soma_.conductance());
  for (std::size_t i = 0; i < size(); ++i) {
    v[i] = (v[i] - (v_at_end_[i] - v_at_start_[i]) * per_ms) * resistance;
  }
}

void SpikingPopulation::change_weights(Time now, std::span<const float> change,
                                       proto::Compartment compartment, double leak,
                                       double synapse) {
  soma_.change_weights(now, change, conductance(compartment), leak, synapse);
}

void SpikingPopulation::bias_changed(Time now) { update_level(now); }

void SpikingPopulation::set_somatic_input(Time now, double conductance_per_ms,
                                          std::span<const float> current) {
  std::ranges::copy(current, current_.begin());
  soma_.set_conductance(now, total_conductance(constants_) + conductance_per_ms);
  update_level(now);
}

void SpikingPopulation::update_level(Time now) {
  const auto conductance = static_cast<float>(constants_.compartments.front().conductance_per_ms);
  const auto resistance = static_cast<float>(1 / soma_.conductance());
  AlignedFloats level(padded(size()));
  for (std::size_t i = 0; i < size(); ++i) {
    level[i] = fused(conductance, (*bias_)[i], current_[i]) * resistance;
  }
  soma_.set_level(now, level);
}

}  // namespace apical
