#include "models/spiking_population.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "models/dense_projection.h"
#include "simulator/vector_math.h"

namespace apical {
namespace {

using Stretch = Soma::Stretch;

}  // namespace

double SpikingPopulation::Constants::total_conductance() const {
  double sum = leak_conductance_per_ms;
  for (const auto& compartment : compartments) sum += compartment.conductance_per_ms;
  return sum;
}

SpikingPopulation::SpikingPopulation(std::string name, const Constants& constants, std::size_t size,
                                     const AlignedFloats& bias, StreamKey key)
    : Population(std::move(name), size),
      constants_(constants),
      bias_(&bias),
      key_(key),
      current_(padded(size), 0.0F),
      held_current_(padded(size), 0.0F),
      soma_(size, constants.kernel, constants.total_conductance()),
      clock_(key, static_cast<std::uint32_t>(size), constants.max_rate_per_ms, Stretch::kMaxLooks),
      accepted_(Stretch::kMaxLooks),
      v_at_start_(size),
      v_at_end_(size) {
  assert(bias.size() == padded(size) && !constants.compartments.empty());
  bias_changed(0);
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
  const auto g = static_cast<float>(conductance(projection.compartment()));
  Input& input = inputs_.emplace_back(&projection, g, arrivals_.size());
  arrivals_.push_back({&projection.weights(), g});
  if (constants_.kernel.is_cut_off()) {
    input.ends = arrivals_.size();
    arrivals_.push_back({&projection.weights(), g, true});
  }
  return inputs_.size() - 1;
}

void SpikingPopulation::receive(InputId input, std::span<const Spike> spikes) {
  std::vector<Spike>& waiting = arrivals_[inputs_[input].arrivals].waiting;
  waiting.insert(waiting.end(), spikes.begin(), spikes.end());
  if (!inputs_[input].ends) return;
  std::vector<Spike>& ends = arrivals_[*inputs_[input].ends].waiting;
  for (const Spike& spike : spikes) {
    ends.push_back({spike.time + constants_.kernel.cut_off_ms, spike.neuron});
  }
}

void SpikingPopulation::Arrivals::forget_taken() {
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  taken = 0;
}

void SpikingPopulation::Arrivals::clear() {
  waiting.clear();
  taken = 0;
}

void SpikingPopulation::hold(InputId input, Time now, std::span<const float> v) {
  inputs_[input].held.assign(v.begin(), v.end());
  sum_held_current();
  bias_changed(now);
}

void SpikingPopulation::sum_held_current() {
  std::ranges::fill(held_current_, 0.0F);
  for (const Input& input : inputs_) {
    for (std::size_t i = 0; i < input.held.size(); ++i) {
      held_current_[i] = fused(input.conductance, input.held[i], held_current_[i]);
    }
  }
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
  while (horizon.admits(clock_.time(), id()) || next_arrival() < horizon.time) {
    run_stretch(horizon);
  }
  // Ends are never all taken while spikes go on; moving half of them at a time costs little.
  for (Arrivals& each : arrivals_) {
    if (each.taken >= each.waiting.size() - each.taken) each.forget_taken();
  }
}

Time SpikingPopulation::next_arrival() const {
  Time next = kNever;
  for (const Arrivals& each : arrivals_) {
    if (each.taken < each.waiting.size()) next = std::min(next, each.waiting[each.taken].time);
  }
  return next;
}

// Takes in the next arrivals and decides the candidates between them, as many as fit into a stretch
// and as the modes reach. (At its own time a spike has no effect yet, so a simultaneous candidate
// goes first.)
void SpikingPopulation::run_stretch(Horizon horizon) {
  const Time first = std::min(clock_.time(), next_arrival());
  if (first > soma_.origin_end()) soma_.move_origin(first);

  Time end = collect_arrivals(soma_.origin_end(), horizon.time);
  clock_.look_ahead(end);
  const std::span<const Time> candidates = clock_.times();
  if (candidates.size() > Stretch::kMaxLooks && candidates[Stretch::kMaxLooks] <= end) {
    end = collect_arrivals(end, std::min(candidates[Stretch::kMaxLooks], horizon.time));
  }
  for (Arrivals& each : arrivals_) each.taken = each.seen;
  collect_looks(end, horizon);

  soma_.run(stretch_);
  send_accepted();
  events_ += stretch_.arrivals + stretch_.look_times.size();
}

// Writes into the stretch what arrives up to `end` and before `before`, merged in the order of
// (time, place in arrivals_). Returns the time, `end` at most, up to which candidates can be
// decided with it.
Time SpikingPopulation::collect_arrivals(Time end, Time before) {
  for (Arrivals& each : arrivals_) each.seen = each.taken;
  std::size_t count = 0;
  for (;;) {
    Arrivals* first = nullptr;
    Time first_time = before;
    Time second_time = before;
    for (Arrivals& each : arrivals_) {
      if (each.seen == each.waiting.size()) continue;
      const Time time = each.waiting[each.seen].time;
      if (time < first_time) {
        second_time = first_time;
        first_time = time;
        first = &each;
      } else {
        second_time = std::min(second_time, time);
      }
    }
    if (first == nullptr || first_time > end) break;
    if (count == Stretch::kMaxArrivals) {
      end = first_time;
      break;
    }
    // All that these have before the next event of any others.
    const Spike* spike = first->waiting.data() + first->seen;
    const Spike* const last = first->waiting.data() + first->waiting.size();
    do {
      stretch_.arrival_times[count] = spike->time;
      stretch_.conductances[count] = first->conductance;
      stretch_.ends[count] = first->ends;
      stretch_.rows[count] = first->weights->row(spike->neuron);
      ++count;
      ++spike;
    } while (spike != last && count < Stretch::kMaxArrivals && spike->time < second_time &&
             spike->time <= end);
    first->seen = static_cast<std::size_t>(spike - first->waiting.data());
  }
  stretch_.arrivals = count;
  return std::min(end, before);
}

// The stretch's looks are the candidates up to and including `end`.
void SpikingPopulation::collect_looks(Time end, Horizon horizon) {
  const std::span<const Time> times = clock_.times();
  const auto most =
      times.begin() + static_cast<std::ptrdiff_t>(std::min(times.size(), Stretch::kMaxLooks));
  const auto past = std::partition_point(
      times.begin(), most, [&](Time time) { return time <= end && horizon.admits(time, id()); });
  const auto count = static_cast<std::size_t>(past - times.begin());
  stretch_.look_times = times.first(count);
  stretch_.look_neurons = clock_.neurons().first(count);
}

// Those candidates of the stretch whose potential exceeds the threshold are spikes.
void SpikingPopulation::send_accepted() {
  const std::span<const float> thresholds = clock_.thresholds();
  const std::size_t looks = stretch_.look_times.size();
  std::size_t spikes = 0;
  for (std::size_t n = 0; n < looks; ++n) {
    // Always written and sometimes kept: a branch here could not be predicted.
    accepted_[spikes] = {stretch_.look_times[n], stretch_.look_neurons[n]};
    spikes += stretch_.potentials[n] > thresholds[n];
  }
  clock_.pass(looks);
  send(std::span(accepted_).first(spikes));
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
  for (Arrivals& each : arrivals_) each.clear();
  bool held = false;
  for (Input& input : inputs_) {
    held = held || !input.held.empty();
    std::ranges::fill(input.held, 0.0F);
  }
  if (held) {
    sum_held_current();
    bias_changed(now);
  }
  soma_.clear(now);
}

void SpikingPopulation::checkpoint(const Checkpoint& state) {
  Population::checkpoint(state);
  state.array("current", std::span(current_).first(size()));
  soma_.checkpoint(state.in("modes"));
  clock_.checkpoint(state.in("candidates"));
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    const Checkpoint place = state.in("input_" + std::to_string(i));
    arrivals_[input.arrivals].forget_taken();
    apical::checkpoint(place, arrivals_[input.arrivals].waiting);
    if (input.ends) {
      arrivals_[*input.ends].forget_taken();
      apical::checkpoint(place.in("ends"), arrivals_[*input.ends].waiting);
    }
    bool holds = !input.held.empty();
    place.number("holds", holds);
    if (!holds) continue;
    input.held.resize(padded(size()), 0.0F);
    place.array("held", std::span(input.held));
  }
  if (state.restores()) sum_held_current();
  state.number("window_start_ms", window_start_);
  state.number("window_length_ms", window_length_);
  state.array("v_at_start", std::span(v_at_start_));
  state.array("v_at_end", std::span(v_at_end_));
}

// ---- State ----

void SpikingPopulation::add_firing_probabilities(Time now, std::span<double> sums) const {
  std::vector<float> v(size());
  potentials(now, v);
  for (std::size_t i = 0; i < v.size(); ++i) sums[i] += static_cast<double>(sigmoid(v[i]));
}

void SpikingPopulation::firing_rates(Time now, std::span<float> rates) const {
  potentials(now, rates);
  const auto max_rate = static_cast<float>(constants_.max_rate_per_ms);
  for (float& rate : rates.first(size())) rate = max_rate * sigmoid(rate);
}

void SpikingPopulation::compartment_potentials(Time now, proto::Compartment compartment,
                                               std::span<const std::uint32_t> neurons,
                                               std::span<float> v) const {
  std::vector<double> sums(neurons.size(), 0.0);
  if (compartment == constants_.compartments.front().kind) {
    for (std::size_t n = 0; n < neurons.size(); ++n) {
      sums[n] = static_cast<double>((*bias_)[neurons[n]]);
    }
  }
  for (const Input& input : inputs_) {
    if (input.projection->compartment() != compartment) continue;
    const DenseWeights& weights = input.projection->weights();
    std::vector<float> s(weights.sources());
    input.projection->presynaptic_potentials(now, s);
    for (std::size_t j = 0; j < s.size(); ++j) {
      if (s[j] == 0) continue;
      const float* const row = weights.row(j);
      for (std::size_t n = 0; n < neurons.size(); ++n) {
        sums[n] += static_cast<double>(row[neurons[n]]) * static_cast<double>(s[j]);
      }
    }
  }
  for (std::size_t n = 0; n < neurons.size(); ++n) v[n] = static_cast<float>(sums[n]);
}

void SpikingPopulation::open_window(Time now) {
  window_start_ = now;
  for (Input& input : inputs_) input.projection->open_window(now);
  potentials(now, v_at_start_);
}

void SpikingPopulation::close_window(Time now) {
  window_length_ = now - window_start_;
  for (Input& input : inputs_) input.projection->close_window(now);
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
    input.projection->weights().add_weighted_rows(input.projection->window_mean(), v);
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

void SpikingPopulation::change_weights(Time now, std::span<const float> leak,
                                       std::span<const float> synapse,
                                       proto::Compartment compartment) {
  soma_.change_weights(now, leak, synapse, conductance(compartment));
}

void SpikingPopulation::set_somatic_input(Time now, double conductance_per_ms,
                                          std::span<const float> current) {
  std::ranges::copy(current, current_.begin());
  soma_.set_conductance(now, constants_.total_conductance() + conductance_per_ms);
  bias_changed(now);
}

void SpikingPopulation::bias_changed(Time now) {
  const auto conductance = static_cast<float>(constants_.compartments.front().conductance_per_ms);
  const auto resistance = static_cast<float>(1 / soma_.conductance());
  AlignedFloats level(padded(size()));
  for (std::size_t i = 0; i < size(); ++i) {
    level[i] = fused(conductance, (*bias_)[i], current_[i] + held_current_[i]) * resistance;
  }
  soma_.set_level(now, level);
}

}  // namespace apical
