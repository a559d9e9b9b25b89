#include "models/network.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "models/constants.h"
#include "models/experiment_defaults.h"
#include "models/population_kind.h"
#include "models/replay_population.h"

namespace apical {

const proto::Population& population_named(const proto::Network& network, const std::string& name) {
  const auto found = std::ranges::find(network.population(), name, &proto::Population::name);
  assert(found != network.population().end());
  return *found;
}

Parameters zero_parameters(const proto::Network& network) {
  Parameters parameters;
  const auto size_of = [&](const std::string& name) {
    return static_cast<std::size_t>(population_named(network, name).size());
  };
  for (const auto& population : network.population()) {
    const std::size_t biases = is_source(population) ? 0 : size_of(population.name());
    parameters.biases.emplace_back(padded(biases), 0.0F);
  }
  for (const auto& projection : network.projection()) {
    parameters.weights.emplace_back(size_of(projection.source()), size_of(projection.target()));
  }
  return parameters;
}

void checkpoint(const Checkpoint& state, const proto::Network& network, Parameters& parameters) {
  std::size_t number = 0;
  const Checkpoint weights = state.in("projection");
  for (const auto& projection : network.projection()) {
    parameters.weights[number++].checkpoint(weights.in(name_of(projection)));
  }
  number = 0;
  const Checkpoint biases = state.in("population");
  for (const auto& population : network.population()) {
    AlignedFloats& of_population = parameters.biases[number++];
    if (of_population.empty()) continue;
    biases.in(population.name())
        .array("biases",
               std::span(of_population).first(static_cast<std::size_t>(population.size())));
  }
}

Network::Network(const proto::Network& network, const Parameters& parameters, std::uint64_t seed,
                 const std::vector<Process*>& processes)
    : seed_(seed) {
  for (Process* process : processes) simulation_.add(*process);
  std::uint32_t index = 0;
  for (const auto& population : network.population()) {
    add_population(population, index, parameters.biases[index], seed);
    ++index;
  }
  std::size_t number = 0;
  for (const auto& projection : network.projection()) {
    add_projection(projection, parameters.weights[number++]);
  }
  assert(output_ != nullptr);
  for (const auto& transmission : transmissions_) synchronize(*transmission);
}

void Network::add_population(const proto::Population& population, std::uint32_t index,
                             const AlignedFloats& bias, std::uint64_t seed) {
  const StreamKey key{seed, index, Purpose::kSpikes, 0};
  const auto size = static_cast<std::size_t>(population.size());
  if (const proto::Replay* replay = replay_of(population); replay != nullptr) {
    populations_.push_back(std::make_unique<ReplayPopulation>(
        population.name(), size, replayed_spikes(*replay, population)));
  } else if (population.has_poisson_source()) {
    auto source = std::make_unique<PoissonPopulation>(
        population.name(), size, per_ms(population.poisson_source().max_rate_hz()), key);
    input_ = source.get();
    populations_.push_back(std::move(source));
  } else if (population.has_pyramidal()) {
    auto pyramidal = std::make_unique<PyramidalPopulation>(population.name(), size,
                                                           population.pyramidal(), bias, key);
    spiking_.push_back(pyramidal.get());
    populations_.push_back(std::move(pyramidal));
  } else {
    auto output =
        std::make_unique<OutputPopulation>(population.name(), size, population.output(), bias, key);
    spiking_.push_back(output.get());
    output_ = output.get();
    populations_.push_back(std::move(output));
  }
  simulation_.add(*populations_.back());
}

void Network::add_projection(const proto::Projection& projection, const DenseWeights& weights) {
  Population& source = named(projection.source());
  auto& target = dynamic_cast<SpikingPopulation&>(named(projection.target()));
  projections_.push_back(std::make_unique<DenseProjection>(
      name_of(projection), weights, target, projection.compartment(), projection.transmission()));
  DenseProjection& added = *projections_.back();
  if (added.transmits_rates()) {
    transmit_rates(source, added, projection.rate_interval_ms());
    return;
  }
  if (projection.delay_ms() > 0) {
    delay_lines_.push_back(std::make_unique<DelayLine>(projection.delay_ms(), added));
    DelayLine& line = *delay_lines_.back();
    simulation_.add(line, line.delay());
    simulation_.influence(source, line);
    if (added.drives_soma()) simulation_.influence(line, target);
    source.add_receiver(line);
    return;
  }
  source.add_receiver(added);
  if (!added.drives_soma()) return;
  simulation_.influence(source, target);
  if (&source == &target) target.set_recurrent(true);
}

// The rates of the input change only when they are set.
void Network::transmit_rates(Population& source, DenseProjection& projection, Time interval_ms) {
  if (&source == input_) {
    input_->add_rate_receiver(projection);
    return;
  }
  transmissions_.push_back(std::make_unique<RateTransmission>(
      dynamic_cast<SpikingPopulation&>(source), projection, interval_ms));
  simulation_.add(*transmissions_.back());
}

Population& Network::named(const std::string& name) {
  const auto found =
      std::ranges::find_if(populations_, [&](const auto& each) { return each->name() == name; });
  assert(found != populations_.end());
  return **found;
}

void Network::restart(std::uint32_t context) {
  simulation_.restart();
  for (const auto& population : populations_) population->restart(context);
  for (const auto& projection : projections_) projection->clear(0);
  for (const auto& line : delay_lines_) line->clear();
  for (const auto& transmission : transmissions_) transmission->restart();
}

void Network::synchronize(const Process& process) {
  const auto both_ways = [&](const Process& other) {
    simulation_.influence(process, other);
    simulation_.influence(other, process);
  };
  for (const auto& population : populations_) both_ways(*population);
  for (const auto& line : delay_lines_) both_ways(*line);
  for (const Process* each : synchronized_) both_ways(*each);
  // Nor may it pass an observer, which would find a state that lies behind.
  for (const Process* observer : observing_) both_ways(*observer);
  synchronized_.push_back(&process);
}

void Network::observe(const Process& process, const Population& population) {
  simulation_.influence(process, population);
  for (const auto& each : populations_) simulation_.influence(*each, process);
  for (const auto& line : delay_lines_) simulation_.influence(*line, process);
  for (const Process* each : synchronized_) {
    simulation_.influence(*each, process);
    simulation_.influence(process, *each);
  }
  observing_.push_back(&process);
}

void Network::checkpoint(const Checkpoint& state) {
  simulation_.checkpoint(state);
  const Checkpoint populations = state.in("population");
  for (const auto& each : populations_) each->checkpoint(populations.in(each->name()));
  const Checkpoint projections = state.in("projection");
  for (const auto& each : projections_) each->checkpoint(projections.in(each->name()));
  const Checkpoint lines = state.in("delay_line");
  for (std::size_t i = 0; i < delay_lines_.size(); ++i) {
    delay_lines_[i]->checkpoint(lines.in(std::to_string(i)));
  }
  const Checkpoint transmissions = state.in("rate_transmission");
  for (std::size_t i = 0; i < transmissions_.size(); ++i) {
    transmissions_[i]->checkpoint(transmissions.in(std::to_string(i)));
  }
}

void Network::clear_state(Time now) {
  catch_up(now);
  for (SpikingPopulation* population : spiking_) population->clear_state(now);
  for (const auto& projection : projections_) projection->clear(now);
  for (const auto& line : delay_lines_) line->clear();
}

void Network::catch_up(Time now) {
  for (SpikingPopulation* population : spiking_) population->catch_up(now);
}

std::uint64_t Network::events() const {
  std::uint64_t sum = 0;
  for (const auto& population : populations_) sum += population->events();
  return sum;
}

std::uint64_t Network::spikes() const {
  std::uint64_t sum = 0;
  for (const auto& population : populations_) sum += population->spikes();
  return sum;
}

std::uint64_t Network::synaptic_events() const {
  std::uint64_t sum = 0;
  for (const auto& projection : projections_) sum += projection->synaptic_events();
  return sum;
}

SpikingPopulation& Network::spiking(std::size_t population) const {
  return dynamic_cast<SpikingPopulation&>(*populations_[population]);
}

void Network::somatic_mean(std::size_t population, std::span<float> v) const {
  spiking(population).somatic_mean(v);
}

void Network::apical_mean(std::size_t population, std::span<float> v) const {
  spiking(population).compartment_mean(proto::APICAL, v);
}

std::span<const float> Network::presynaptic_mean(std::size_t projection) const {
  return projections_[projection]->window_mean();
}

void Network::bias_changed(Time now, std::size_t population) {
  spiking(population).bias_changed(now);
}

void Network::weights_changed(Time now, std::size_t projection, std::span<const float> change,
                              std::span<const float> u) {
  projections_[projection]->weights_changed(now, change, u);
}

bool Network::drives_soma(std::size_t projection) const {
  return projections_[projection]->drives_soma();
}

void Network::weights_changed(Time now, std::size_t projection, const DenseWeights& change) {
  projections_[projection]->weights_changed(now, change);
}

}  // namespace apical
