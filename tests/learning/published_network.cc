#include "tests/learning/published_network.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace apical {
namespace {

constexpr double kMaxRate = 0.2;  // per ms
constexpr double kTauLeak = 10;   // ms
constexpr double kTauSynapse = 3;
constexpr double kLeak = 0.1;  // conductances, per ms
constexpr double kDendrite = 0.6;
constexpr double kTeaching = 1;
constexpr double kReversal = 8;
constexpr double kShare = kDendrite / (kLeak + kDendrite);  // k_b and k_d
constexpr double kStep = 20;                                // of P
constexpr int kSettling = 30;                               // ms

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double slope(double x) { return logistic(x) * (1 - logistic(x)); }

std::vector<std::vector<double>> matrix_of(const DenseWeights& weights) {
  std::vector<std::vector<double>> matrix;
  for (std::size_t j = 0; j < weights.sources(); ++j) {
    matrix.emplace_back(weights.row(j), weights.row(j) + weights.targets());
  }
  return matrix;
}

std::vector<double> biases_of(const AlignedFloats& biases, std::size_t size) {
  return {biases.begin(), biases.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

void PublishedNetwork::Synapses::send(Spikes now) {
  std::ranges::rotate(spikes, spikes.end() - 1);
  std::ranges::rotate(sums, sums.end() - 1);
  spikes.front() = std::move(now);
  find_sum(0);
}

void PublishedNetwork::Synapses::find_sum(std::size_t age) {
  std::ranges::fill(sums[age], 0.0);
  for (const std::size_t j : spikes[age]) {
    for (std::size_t i = 0; i < targets(); ++i) sums[age][i] += weights[j][i];
  }
}

void PublishedNetwork::Synapses::changed() {
  for (std::size_t age = 0; age < spikes.size(); ++age) find_sum(age);
}

void PublishedNetwork::Synapses::forget(std::size_t memory) {
  spikes.assign(memory, {});
  sums.assign(memory, std::vector<double>(targets()));
  s_mean.assign(weights.size(), 0);
}

PublishedNetwork::PublishedNetwork(const Parameters& initial, const Settings& settings,
                                   std::uint64_t seed)
    : settings_(settings),
      random_(seed),
      up_{matrix_of(initial.weights.at(0))},
      out_{matrix_of(initial.weights.at(1))},
      back_{matrix_of(initial.weights.at(2))},
      hidden_{biases_of(initial.biases.at(1), up_.targets())},
      output_{biases_of(initial.biases.at(2), out_.targets())} {
  for (int t = 1; t <= settings.memory; ++t) {
    kernel_.push_back((std::exp(-t / kTauLeak) - std::exp(-t / kTauSynapse)) /
                      (kTauLeak - kTauSynapse));
  }
  forget();
}

void PublishedNetwork::forget() {
  for (Synapses* each : {&up_, &out_, &back_}) each->forget(kernel_.size());
  for (Neurons* each : {&hidden_, &output_}) each->potential.assign(each->bias.size(), 0);
}

void PublishedNetwork::show(std::span<const std::uint8_t> image) {
  input_rates_.assign(image.size(), 0);
  for (std::size_t j = 0; j < image.size(); ++j) input_rates_[j] = kMaxRate * image[j] / 255;
}

int PublishedNetwork::phase_length() {
  // Michael, Schucany & Haas 1976, mean 2 and shape 1.
  const double y = std::pow(std::normal_distribution<>()(random_), 2);
  const double x = 2 + 2 * y - std::sqrt(4 * 2 * y + 4 * y * y);
  const bool small = std::uniform_real_distribution<>()(random_) <= 2 / (2 + x);
  return settings_.phase + static_cast<int>(small ? x : 4 / x);
}

std::size_t PublishedNetwork::poisson(double mean) {
  // The smallest number of which more is less probable than u.
  const double u = std::uniform_real_distribution<>()(random_);
  if (u >= mean) return 0;  // quickly: the probability of a spike is below its mean number
  std::size_t number = 0;
  double p = std::exp(-mean);
  for (double more = 1 - p; u < more && number < 20; more -= p) {
    ++number;
    p *= mean / static_cast<double>(number);
  }
  return number;
}

void PublishedNetwork::add_to_mean(Synapses& synapses, double per_sample) const {
  for (std::size_t age = 0; age < kernel_.size(); ++age) {
    for (const std::size_t j : synapses.spikes[age]) {
      synapses.s_mean[j] += per_sample * kernel_[age];
    }
  }
}

// per_sample: 0 before the window.
void PublishedNetwork::step(Synapses& synapses, Neurons& neurons,
                            const std::vector<double>* reversal, double per_sample,
                            Spikes& spikes) {
  synapses.send(std::move(spikes));
  std::vector<double> dendrite = neurons.bias;
  for (std::size_t age = 0; age < kernel_.size(); ++age) {
    const std::vector<double>& sums = synapses.sums[age];
    for (std::size_t i = 0; i < dendrite.size(); ++i) dendrite[i] += kernel_[age] * sums[i];
  }
  spikes = {};
  for (std::size_t i = 0; i < dendrite.size(); ++i) {
    double& v = neurons.potential[i];
    double slope_of_v = -kLeak * v + kDendrite * (dendrite[i] - v);
    if (reversal != nullptr) slope_of_v += kTeaching * ((*reversal)[i] - v);
    v += slope_of_v;
    const double rate = kMaxRate * logistic(v);
    spikes.insert(spikes.end(), poisson(rate), i);
    neurons.potential_mean[i] += per_sample * v;
    neurons.rate_mean[i] += per_sample * rate;
  }
  if (per_sample > 0) add_to_mean(synapses, per_sample);
}

void PublishedNetwork::run_phase(int steps, int window, const std::vector<double>* reversal) {
  for (Synapses* each : {&up_, &out_, &back_}) std::ranges::fill(each->s_mean, 0.0);
  for (Neurons* each : {&hidden_, &output_}) {
    each->potential_mean.assign(each->bias.size(), 0);
    each->rate_mean.assign(each->bias.size(), 0);
  }
  for (int t = 0; t < steps; ++t) {
    const double per_sample = t >= steps - window ? 1.0 / window : 0.0;
    if (per_sample > 0) add_to_mean(back_, per_sample);
    Spikes spikes;
    for (std::size_t j = 0; j < input_rates_.size(); ++j) {
      if (input_rates_[j] > 0) spikes.insert(spikes.end(), poisson(input_rates_[j]), j);
    }
    step(up_, hidden_, nullptr, per_sample, spikes);
    step(out_, output_, reversal, per_sample, spikes);
    back_.send(std::move(spikes));
  }
}

std::vector<double> PublishedNetwork::plateaus() const {
  std::vector<double> result(back_.targets());
  for (std::size_t k = 0; k < back_.weights.size(); ++k) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] += back_.weights[k][i] * back_.s_mean[k];
    }
  }
  for (double& v : result) v = logistic(v);
  return result;
}

void PublishedNetwork::learn(Synapses& synapses, Neurons& neurons,
                             const std::vector<double>& change, const std::vector<double>& s_mean) {
  for (std::size_t j = 0; j < s_mean.size(); ++j) {
    if (s_mean[j] == 0) continue;
    for (std::size_t i = 0; i < change.size(); ++i) synapses.weights[j][i] += change[i] * s_mean[j];
  }
  for (std::size_t i = 0; i < change.size(); ++i) neurons.bias[i] += change[i];
  synapses.changed();
}

std::size_t PublishedNetwork::answer() const {
  const auto& means = output_.potential_mean;
  return static_cast<std::size_t>(std::ranges::max_element(means) - means.begin());
}

std::size_t PublishedNetwork::train(std::span<const std::uint8_t> image, std::size_t label) {
  show(image);
  const auto window = [&](int length) {
    return settings_.window > 0 ? settings_.window : length - kSettling;
  };
  const int forward = phase_length();
  run_phase(forward, window(forward), nullptr);
  const std::size_t result = answer();
  const std::vector<double> plateaus_forward = plateaus();
  const std::vector<double> hidden_forward = hidden_.potential_mean;
  const std::vector<double> output_forward = output_.potential_mean;
  const std::vector<double> s_up = up_.s_mean;
  const std::vector<double> s_out = out_.s_mean;

  std::vector<double> reversal(output_.bias.size(), -kReversal);
  reversal[label] = kReversal;
  const int target = phase_length();
  run_phase(target, window(target), &reversal);
  const std::vector<double> plateaus_target = plateaus();

  const double eta = settings_.learning_rate;
  std::vector<double> change(hidden_.bias.size());
  for (std::size_t i = 0; i < change.size(); ++i) {
    const double e =
        (plateaus_target[i] - plateaus_forward[i]) * kShare * kMaxRate * slope(hidden_forward[i]);
    change[i] = eta * (kStep / kMaxRate) * e;
  }
  learn(up_, hidden_, change, s_up);
  change.assign(output_.bias.size(), 0);
  for (std::size_t i = 0; i < change.size(); ++i) {
    const double e = (output_.rate_mean[i] - kMaxRate * logistic(output_forward[i])) * kShare *
                     kMaxRate * slope(output_forward[i]);
    change[i] = eta * (kStep / (kMaxRate * kMaxRate)) * e;
  }
  learn(out_, output_, change, s_out);
  return result;
}

std::size_t PublishedNetwork::test(std::span<const std::uint8_t> image) {
  forget();
  show(image);
  run_phase(settings_.test, settings_.test - kSettling, nullptr);
  const std::size_t result = answer();
  forget();
  return result;
}

}  // namespace apical
