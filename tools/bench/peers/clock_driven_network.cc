#include "tools/bench/peers/clock_driven_network.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cmath>

namespace apical::peers {
namespace {

// Guerguiev et al. 2017, as in the fields' defaults of proto/. Further ones in clock_driven_soma.h.
constexpr double kTeachingConductance = 1;
constexpr double kReversalPotential = 8;  // excitatory; inhibitory with the other sign
constexpr double kPhaseLength = 50;
constexpr double kExtraMean = 2;
constexpr double kExtraShape = 1;
constexpr std::size_t kSettling = 30;  // ms
constexpr double kLearningRate = 0.21;
constexpr double kStepSize = 20;  // the 20 of P

// Of the moments of initial weights and biases.
constexpr double kPotential = 3;
constexpr double kBias = 0.8;
constexpr double kBiasSpread = 0.001;
constexpr double kRateFraction = 0.25;
constexpr double kUniformWidth = 3.465;

// Means of s below this change no weight: an active input has 1e-2 to 2e-1, so that the change left
// out is below the rounding errors of those made. Two trials after its last spike an input is
// below it.
constexpr float kNegligible = 1e-6F;

constexpr double kGain = kDendriteConductance / (kLeakConductance + kDendriteConductance);

// The indices of all negative values, in order, in the front of `indices`, which is as long as
// `values`, a multiple of eight.
std::span<const std::uint32_t> negative_ones(std::span<const float> values,
                                             std::span<std::uint32_t> indices) {
  std::uint32_t* out = indices.data();
  std::uint32_t at = 0;
#ifdef __AVX2__
  // Signs go into a word first: a loop over eight of them is too short to be predicted.
  constexpr std::uint32_t kSigns = 64;
  while (at < values.size()) {
    const auto count = std::min(kSigns, static_cast<std::uint32_t>(values.size()) - at);
    std::uint64_t negative = 0;
    for (std::uint32_t n = 0; n < count; n += 8) {
      const int signs = _mm256_movemask_ps(_mm256_load_ps(values.data() + at + n));
      negative |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(signs)) << n;
    }
    for (; negative != 0; negative &= negative - 1) {
      *out++ = at + static_cast<std::uint32_t>(std::countr_zero(negative));
    }
    at += count;
  }
#else
  for (; at < values.size(); ++at) {
    *out = at;
    out += values[at] < 0;
  }
#endif
  return indices.first(static_cast<std::size_t>(out - indices.data()));
}

}  // namespace

ClockDrivenNetwork::Layer::Layer(std::size_t neurons)
    : size(neurons),
      somata(neurons),
      bias(padded(neurons)),
      v_sum(padded(neurons)),
      random(padded(neurons)),
      change(padded(neurons)),
      fired(padded(neurons)),
      traces(neurons),
      s_forward(neurons) {}

ClockDrivenNetwork::ClockDrivenNetwork(const Shape& shape, std::uint64_t seed,
                                       std::size_t steps_per_ms)
    : shape_(shape),
      steps_per_ms_(steps_per_ms),
      dt_(1 / static_cast<double>(steps_per_ms)),
      settling_steps_(kSettling * steps_per_ms),
      stream_({seed, 0, Purpose::kInitialWeights, 0}),
      random_(seed),
      input_to_hidden_(shape.inputs, shape.hidden),
      hidden_to_output_(shape.hidden, shape.classes),
      output_to_hidden_(shape.classes, shape.hidden),
      hidden_(shape.hidden),
      output_(shape.classes),
      hidden_step_(kLeakConductance + kDendriteConductance, dt_),
      output_step_(kLeakConductance + kDendriteConductance, dt_),
      taught_step_(kLeakConductance + kDendriteConductance + kTeachingConductance, dt_),
      input_traces_(shape.inputs),
      input_s_forward_(shape.inputs),
      hidden_v_forward_(padded(shape.hidden)),
      output_v_forward_(padded(shape.classes)),
      plateau_forward_(padded(shape.hidden)),
      plateau_target_(padded(shape.hidden)),
      output_rate_(padded(shape.classes)) {
  draw_weights(input_to_hidden_, shape.hidden, shape.inputs, stream_);
  draw_weights(hidden_to_output_, shape.classes, shape.hidden, stream_);
  draw_weights(output_to_hidden_, shape.hidden, shape.hidden, stream_);
  for (Layer* layer : {&hidden_, &output_}) {
    // Neurons that only fill up a cache line never fire.
    std::ranges::fill(layer->bias, -1000.0F);
    std::ranges::fill(layer->somata.v, -1000.0F);
    for (std::size_t i = 0; i < layer->size; ++i) {
      layer->bias[i] =
          static_cast<float>(kBias + kUniformWidth * kBiasSpread * (2 * stream_.uniform() - 1));
      layer->somata.v[i] = 0;
    }
  }
}

// The paper's choice of moments; standard deviation and mean of the potential are equal in it.
void ClockDrivenNetwork::draw_weights(WeightRows& weights, std::size_t targets, std::size_t fan_in,
                                      RandomStream& stream) {
  const auto n = static_cast<double>(fan_in);
  const double rate = kRateFraction * kMaxRate;
  const double v_square = 2 * kPotential * kPotential;
  const double mean = (kPotential - kBias) / (rate * n * kPotential);
  const double square =
      (v_square + rate * rate * (n - n * n) * mean * mean * kPotential * kPotential -
       2 * n * rate * kBias * kPotential * mean - kBias * kBias) /
      (n * rate * rate * v_square);
  const double width = kUniformWidth * std::sqrt(square - mean * mean);
  for (std::size_t j = 0; j * weights.stride < weights.values.size(); ++j) {
    for (std::size_t i = 0; i < targets; ++i) {
      weights.row(j)[i] = static_cast<float>(mean + width * (2 * stream.uniform() - 1));
    }
  }
}

std::size_t ClockDrivenNetwork::phase_steps() {
  return steps_per_ms_ * static_cast<std::size_t>(
                             std::lround(kPhaseLength + stream_.wald(kExtraMean, kExtraShape)));
}

void ClockDrivenNetwork::show(std::span<const std::uint8_t> image) {
  active_.clear();
  active_probability_.clear();
  const double most_probable = kMaxRate * dt_;
  double rate = 0;
  for (std::uint32_t j = 0; j < image.size(); ++j) {
    if (image[j] == 0) continue;
    active_.push_back(j);
    active_probability_.push_back(static_cast<float>(most_probable * image[j] / 255));
    rate += kMaxRate * image[j] / 255;
  }
  const std::size_t filled = (active_.size() + LaneRandom::kAtOnce - 1) / LaneRandom::kAtOnce;
  active_probability_.resize(filled * LaneRandom::kAtOnce, 0.0F);
  active_random_.resize(active_probability_.size());
  input_fired_.resize(active_probability_.size());
  activity_.input_rate += rate;
}

void ClockDrivenNetwork::extend_tables(std::size_t steps) {
  while (leak_power_.size() <= steps) {
    const auto n = static_cast<double>(leak_power_.size());
    const auto extend = [](std::vector<double>& sums, double term) {
      sums.push_back((sums.empty() ? 0 : sums.back()) + term);
    };
    leak_power_.push_back(std::exp(-n * dt_ / kTauLeak));
    synapse_power_.push_back(std::exp(-n * dt_ / kTauSynapse));
    extend(leak_sum_, leak_power_.back());
    extend(synapse_sum_, synapse_power_.back());
    extend(kernel_sum_, kKernel * (leak_power_.back() - synapse_power_.back()));
  }
}

// What earlier spikes are at the end of a phase of `steps`, seen from its start.
void ClockDrivenNetwork::carry_over(std::vector<Trace>& traces, std::size_t steps) const {
  const double per_sample = kKernel / static_cast<double>(steps - settling_steps_);
  const auto leak_mean =
      static_cast<float>(per_sample * (leak_sum_[steps] - leak_sum_[settling_steps_]));
  const auto synapse_mean =
      static_cast<float>(-per_sample * (synapse_sum_[steps] - synapse_sum_[settling_steps_]));
  const auto leak_end = static_cast<float>(leak_power_[steps]);
  const auto synapse_end = static_cast<float>(synapse_power_[steps]);
  for (Trace& trace : traces) {
    // Denormal numbers are slow, and dark pixels would get there.
    const float leak = trace[kLeak] < 1e-15F ? 0.0F : trace[kLeak];
    const float synapse = trace[kSynapse] < 1e-15F ? 0.0F : trace[kSynapse];
    trace =
        Trace{leak * leak_mean + synapse * synapse_mean, leak * leak_end, synapse * synapse_end, 0};
  }
}

void ClockDrivenNetwork::draw_input_spikes() {
  random_.fill(active_random_);
  float* const margin = active_random_.data();
  const float* const probability = active_probability_.data();
  const std::size_t count = active_random_.size();
  for (std::size_t n = 0; n < count; ++n) margin[n] -= probability[n];
  input_spikes_ = negative_ones(active_random_, input_fired_);
  for (std::size_t n = 0; n < input_spikes_.size(); ++n) input_fired_[n] = active_[input_fired_[n]];
}

// One step of all somata, and the spikes that they fire in the next.
void ClockDrivenNetwork::advance(Layer& layer, const Propagator& propagator, bool measuring) {
  layer.somata.advance(propagator);
  random_.fill(layer.random);
  const std::size_t count = layer.random.size();
  const float* __restrict const v = layer.somata.v.data();
  float* __restrict const margin = layer.random.data();
  const auto most_probable = static_cast<float>(kMaxRate * dt_);
  // u < p sigmoid(V), without a division.
  for (std::size_t i = 0; i < count; ++i) {
    margin[i] = fused(margin[i], 1.0F + fast_exp(-v[i]), -most_probable);
  }
  if (measuring) {
    float* __restrict const sum = layer.v_sum.data();
    for (std::size_t i = 0; i < count; ++i) sum[i] += v[i];
  }
  layer.spikes = negative_ones(layer.random, layer.fired);
}

void ClockDrivenNetwork::run_phase(std::size_t steps, bool teaching, std::size_t label) {
  extend_tables(steps);
  carry_over(input_traces_, steps);
  carry_over(hidden_.traces, steps);
  carry_over(output_.traces, steps);
  const Propagator& output_step = teaching ? taught_step_ : output_step_;
  for (std::size_t i = 0; i < hidden_.bias.size(); ++i) {
    hidden_.somata.constant[i] =
        hidden_step_.drive * static_cast<float>(kDendriteConductance) * hidden_.bias[i];
  }
  for (std::size_t i = 0; i < output_.bias.size(); ++i) {
    const double current = kTeachingConductance * kReversalPotential * (i == label ? 1 : -1);
    output_.somata.constant[i] =
        output_step.drive * (static_cast<float>(kDendriteConductance) * output_.bias[i] +
                             static_cast<float>(teaching ? current : 0.0));
  }
  std::ranges::fill(hidden_.v_sum, 0.0F);
  std::ranges::fill(output_.v_sum, 0.0F);
  std::ranges::fill(output_rate_, 0.0F);

  const double per_sample = 1 / static_cast<double>(steps - settling_steps_);
  for (std::size_t k = 0; k < steps; ++k) {
    // What a spike of this step, which arrives at its end, comes to by the end of the phase.
    const std::size_t rest = steps - k - 1;
    const double before_window = k < settling_steps_ ? kernel_sum_[settling_steps_ - k - 1] : 0.0;
    const Trace trace = {static_cast<float>(per_sample * (kernel_sum_[rest] - before_window)),
                         static_cast<float>(leak_power_[rest]),
                         static_cast<float>(synapse_power_[rest]), 0};
    draw_input_spikes();
    for (const std::uint32_t j : input_spikes_) input_traces_[j] += trace;
    for (const std::uint32_t j : hidden_.spikes) hidden_.traces[j] += trace;
    for (const std::uint32_t j : output_.spikes) output_.traces[j] += trace;
    activity_.input_spikes += input_spikes_.size();
    activity_.hidden_spikes += hidden_.spikes.size();
    activity_.output_spikes += output_.spikes.size();

    hidden_.somata.receive(input_to_hidden_, input_spikes_);
    output_.somata.receive(hidden_to_output_, hidden_.spikes);
    const bool in_window = k >= settling_steps_;
    advance(hidden_, hidden_step_, in_window && !teaching);
    advance(output_, output_step, in_window && !teaching);
    if (in_window && teaching) {
      for (std::size_t i = 0; i < output_.somata.v.size(); ++i)
        output_rate_[i] += sigmoid(output_.somata.v[i]);
    }
  }
  activity_.time += dt_ * static_cast<double>(steps);
}

void ClockDrivenNetwork::mean_potentials(const Layer& layer, std::size_t steps,
                                         AlignedFloats& means) const {
  const float scale = 1.0F / static_cast<float>(steps - settling_steps_);
  for (std::size_t i = 0; i < means.size(); ++i) means[i] = scale * layer.v_sum[i];
}

void ClockDrivenNetwork::find_plateaus(AlignedFloats& plateaus) const {
  std::ranges::fill(plateaus, 0.0F);
  for (std::size_t k = 0; k < shape_.classes; ++k) {
    const float s = output_.traces[k][kWindow];
    const float* const row = output_to_hidden_.row(k);
    for (std::size_t i = 0; i < plateaus.size(); ++i) plateaus[i] = fused(row[i], s, plateaus[i]);
  }
  for (float& plateau : plateaus) plateau = sigmoid(plateau);
}

void ClockDrivenNetwork::change_weights(WeightRows& weights, Layer& layer,
                                        std::span<const float> s_forward,
                                        std::span<const Trace> traces) {
  float leak = 0;
  float synapse = 0;
  const float* const change = layer.change.data();
  const std::size_t count = layer.change.size();
  for (std::size_t j = 0; j < s_forward.size(); ++j) {
    const float s = s_forward[j];
    if (s < kNegligible) continue;
    float* __restrict const row = weights.row(j);
    for (std::size_t i = 0; i < count; ++i) row[i] = fused(change[i], s, row[i]);
    leak += s * traces[j][kLeak];
    synapse += s * traces[j][kSynapse];
  }
  for (std::size_t i = 0; i < count; ++i) {
    layer.somata.leak[i] = fused(change[i], leak, layer.somata.leak[i]);
    layer.somata.synapse[i] = fused(change[i], synapse, layer.somata.synapse[i]);
    layer.bias[i] += change[i];
  }
}

void ClockDrivenNetwork::learn() {
  const auto hidden_factor = static_cast<float>(kLearningRate * kStepSize * kGain);
  for (std::size_t i = 0; i < hidden_.size; ++i) {
    const float probability = sigmoid(hidden_v_forward_[i]);
    hidden_.change[i] = hidden_factor * (plateau_target_[i] - plateau_forward_[i]) * probability *
                        (1 - probability);
  }
  // Rates as fractions of the maximal one, which cancels that of P.
  const auto output_factor = static_cast<float>(kLearningRate * kStepSize * kGain);
  const float scale = 1.0F / static_cast<float>(target_samples_);
  for (std::size_t i = 0; i < output_.size; ++i) {
    const float probability = sigmoid(output_v_forward_[i]);
    output_.change[i] =
        output_factor * (scale * output_rate_[i] - probability) * probability * (1 - probability);
  }
  change_weights(input_to_hidden_, hidden_, input_s_forward_, input_traces_);
  change_weights(hidden_to_output_, output_, hidden_.s_forward, hidden_.traces);
}

std::size_t ClockDrivenNetwork::train(std::span<const std::uint8_t> image, std::size_t label) {
  const double rate_before = activity_.input_rate;
  show(image);
  const double rate = activity_.input_rate - rate_before;

  const std::size_t forward_steps = phase_steps();
  run_phase(forward_steps, false, label);
  const auto keep_means = [](const std::vector<Trace>& traces, std::vector<float>& means) {
    for (std::size_t j = 0; j < means.size(); ++j) means[j] = traces[j][kWindow];
  };
  keep_means(input_traces_, input_s_forward_);
  keep_means(hidden_.traces, hidden_.s_forward);
  mean_potentials(hidden_, forward_steps, hidden_v_forward_);
  mean_potentials(output_, forward_steps, output_v_forward_);
  find_plateaus(plateau_forward_);
  for (const float s : input_s_forward_) activity_.input_psp += static_cast<double>(s);

  const std::size_t target_steps = phase_steps();
  run_phase(target_steps, true, label);
  target_samples_ = target_steps - settling_steps_;
  find_plateaus(plateau_target_);
  learn();

  activity_.expected_input_spikes += rate * dt_ * static_cast<double>(forward_steps + target_steps);
  const auto potentials = std::span(output_v_forward_).first(shape_.classes);
  return static_cast<std::size_t>(std::ranges::max_element(potentials) - potentials.begin());
}

float ClockDrivenNetwork::input_psp(std::size_t input) const {
  return static_cast<float>(kKernel) *
         (input_traces_[input][kLeak] - input_traces_[input][kSynapse]);
}

float ClockDrivenNetwork::basal_sum(std::size_t hidden) const {
  return static_cast<float>(kKernel) *
         (hidden_.somata.leak[hidden] - hidden_.somata.synapse[hidden]);
}

}  // namespace apical::peers
