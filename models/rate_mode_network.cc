#include "models/rate_mode_network.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>

#include "models/constants.h"
#include "models/feedforward_order.h"
#include "models/neuron_constants.h"

namespace apical {

class RateModeNetwork::Neurons final : public Process {
 public:
  Neurons(RateModeNetwork& owner, std::size_t population, const proto::Population& description)
      : owner_(owner),
        population_(population),
        size_(static_cast<std::size_t>(description.size())),
        constants_(constants_of(description)),
        output_(description.output()),
        current_(padded(size_)),
        v_(padded(size_)) {
    for (const CompartmentConstants& each : constants_.compartments) {
      compartments_.push_back(
          {each.kind, each.conductance_per_ms, {}, AlignedFloats(padded(size_))});
    }
  }

  void add_input(proto::Compartment kind, const DenseWeights& weights, std::size_t source) {
    compartment(kind).inputs.push_back({&weights, source});
  }

  // The conductances are equally large whatever the class is, the currents are not.
  void teach(std::size_t first, std::size_t count) {
    teaching_ = output_.teaching_conductance_per_ms();
    const double inhibition = teaching_ * output_.inhibitory_reversal_potential();
    const double excitation = teaching_ * output_.excitatory_reversal_potential();
    std::ranges::fill(current_, static_cast<float>(inhibition));
    std::ranges::fill(std::span(current_).subspan(first, count), static_cast<float>(excitation));
    is_stale_ = true;
  }

  void stop_teaching() {
    teaching_ = 0;
    std::ranges::fill(current_, 0.0F);
    is_stale_ = true;
  }

  void act_at(Time first, int ticks) {
    next_ = first;
    left_ = ticks;
  }

  Time next() const override { return left_ > 0 ? next_ : kNever; }

  void advance(Horizon horizon) override {
    while (left_ > 0 && horizon.admits(next_, id())) {
      act();
      next_ += 1;
      --left_;
    }
  }

  std::span<const float> v() const { return std::span(v_).first(size_); }
  std::span<const float> v_of(proto::Compartment kind) const {
    const auto found = std::ranges::find(compartments_, kind, &Compartment::kind);
    return std::span(found->v).first(size_);
  }

 private:
  struct Input {
    const DenseWeights* weights;
    std::size_t source;
  };
  struct Compartment {
    proto::Compartment kind;
    double conductance;
    std::vector<Input> inputs;
    AlignedFloats v;
    std::uint64_t seen = std::numeric_limits<std::uint64_t>::max();
  };

  Compartment& compartment(proto::Compartment kind) {
    return *std::ranges::find(compartments_, kind, &Compartment::kind);
  }

  void act() {
    ++owner_.events_;
    for (Compartment& each : compartments_) {
      if (update(each) && each.conductance > 0) is_stale_ = true;
    }
    if (!is_stale_) return;
    find_potentials();
    Rates& rates = owner_.rates_[population_];
    const auto max_rate = static_cast<float>(constants_.max_rate_per_ms);
    for (std::size_t i = 0; i < size_; ++i) rates.phi[i] = max_rate * sigmoid(v_[i]);
    ++rates.version;
    is_stale_ = false;
  }

  // Whether there was something to do. All versions only grow, and so does their sum.
  bool update(Compartment& compartment) {
    std::uint64_t version = owner_.parameters_version_;
    for (const Input& input : compartment.inputs) version += owner_.rates_[input.source].version;
    if (version == compartment.seen) return false;
    compartment.seen = version;
    if (&compartment == &compartments_.front()) {
      compartment.v = owner_.parameters_->biases[population_];
    } else {
      std::ranges::fill(compartment.v, 0.0F);
    }
    for (const Input& input : compartment.inputs) {
      input.weights->add_weighted_rows(owner_.rates_[input.source].phi, compartment.v);
    }
    return true;
  }

  void find_potentials() {
    const double g = constants_.total_conductance() + teaching_;
    const auto resistance = static_cast<float>(1 / g);
    for (std::size_t i = 0; i < v_.size(); ++i) v_[i] = resistance * current_[i];
    for (const Compartment& each : compartments_) {
      if (each.conductance == 0) continue;
      const auto share = static_cast<float>(each.conductance / g);
      for (std::size_t i = 0; i < v_.size(); ++i) v_[i] = fused(share, each.v[i], v_[i]);
    }
  }

  RateModeNetwork& owner_;
  const std::size_t population_;
  const std::size_t size_;
  const SpikingPopulation::Constants constants_;
  const proto::Output output_;
  std::vector<Compartment> compartments_;
  double teaching_ = 0;    // g_E + g_I of each neuron
  AlignedFloats current_;  // g_E E_E + g_I E_I
  AlignedFloats v_;
  bool is_stale_ = true;  // V does not follow from what it should
  Time next_ = 0;
  int left_ = 0;
};

RateModeNetwork::RateModeNetwork(const proto::Network& network, const Parameters& parameters,
                                 std::uint64_t seed, const std::vector<Process*>& processes)
    : seed_(seed), parameters_(&parameters) {
  for (Process* process : processes) simulation_.add(*process);
  std::size_t index = 0;
  for (const proto::Population& population : network.population()) {
    rates_.push_back({std::vector<float>(static_cast<std::size_t>(population.size()))});
    neurons_.emplace_back();
    if (population.has_poisson_source()) {
      input_ = index;
      input_scale_ = per_ms(population.poisson_source().max_rate_hz()) / 255;
    } else {
      neurons_.back() = std::make_unique<Neurons>(*this, index, population);
      if (population.has_output()) output_ = index;
    }
    ++index;
  }
  std::size_t number = 0;
  for (const proto::Projection& projection : network.projection()) {
    sources_.push_back(population_index(network, projection.source()));
    neurons_[population_index(network, projection.target())]->add_input(
        projection.compartment(), parameters.weights[number++], sources_.back());
  }
  const auto order = feedforward_order(network);
  assert(order.has_value());
  for (const std::size_t population : *order) {
    if (neurons_[population]) simulation_.add(*neurons_[population]);
  }
  // One reads another's rates of this tick or of the last, so none may be overtaken.
  for (Neurons* source : neurons()) {
    for (Neurons* target : neurons()) {
      if (source != target) simulation_.influence(*source, *target);
    }
  }
}

RateModeNetwork::~RateModeNetwork() = default;

std::vector<RateModeNetwork::Neurons*> RateModeNetwork::neurons() const {
  std::vector<Neurons*> all;
  for (const auto& each : neurons_) {
    if (each) all.push_back(each.get());
  }
  return all;
}

void RateModeNetwork::silence() {
  for (Rates& each : rates_) {
    std::ranges::fill(each.phi, 0.0F);
    ++each.version;
  }
}

void RateModeNetwork::restart() {
  simulation_.restart();
  clear_state();
  parameters_changed();
}

// The next tick computes potentials anew, since the input's version has changed.
void RateModeNetwork::clear_state() { silence(); }

void RateModeNetwork::synchronize(const Process& process) {
  for (const Neurons* each : neurons()) {
    simulation_.influence(process, *each);
    simulation_.influence(*each, process);
  }
}

void RateModeNetwork::show(std::span<const std::uint8_t> image) {
  Rates& rates = rates_[input_];
  assert(image.size() == rates.phi.size());
  const auto scale = static_cast<float>(input_scale_);
  for (std::size_t j = 0; j < image.size(); ++j) {
    rates.phi[j] = scale * static_cast<float>(image[j]);
  }
  ++rates.version;
}

void RateModeNetwork::teach(std::size_t first, std::size_t count) {
  neurons_[output_]->teach(first, count);
}

void RateModeNetwork::stop_teaching() { neurons_[output_]->stop_teaching(); }

void RateModeNetwork::act_at(Time first, int ticks) {
  for (Neurons* each : neurons()) each->act_at(first, ticks);
}

std::span<const float> RateModeNetwork::potentials(std::size_t population) const {
  return neurons_[population]->v();
}

void RateModeNetwork::somatic_mean(std::size_t population, std::span<float> v) const {
  std::ranges::copy(neurons_[population]->v(), v.begin());
}

void RateModeNetwork::apical_mean(std::size_t population, std::span<float> v) const {
  std::ranges::copy(neurons_[population]->v_of(proto::APICAL), v.begin());
}

std::span<const float> RateModeNetwork::presynaptic_mean(std::size_t projection) const {
  return rates(sources_[projection]);
}

// Potentials follow from the rates at the next tick.
void RateModeNetwork::checkpoint(const Checkpoint& state) {
  simulation_.checkpoint(state);
  state.number("events", events_);
  for (std::size_t p = 0; p < rates_.size(); ++p) {
    state.in("population_" + std::to_string(p)).array("rates", std::span(rates_[p].phi));
  }
  if (state.restores()) parameters_changed();
}

}  // namespace apical
