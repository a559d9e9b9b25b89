#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/dense_projection.h"
#include "models/output_population.h"
#include "models/parameters.h"
#include "models/plastic_network.h"
#include "models/poisson_population.h"
#include "models/pyramidal_population.h"
#include "models/rate_transmission.h"
#include "proto/network.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/delay_line.h"
#include "simulator/process.h"
#include "simulator/simulation.h"

namespace apical {

// The population of that name, which a checked network has.
const proto::Population& population_named(const proto::Network& network, const std::string& name);

// Parameters of the right shapes for a network, all 0.
Parameters zero_parameters(const proto::Network& network);

// Weights by projection and biases by population.
void checkpoint(const Checkpoint& state, const proto::Network& network, Parameters& parameters);

// A network that runs: the populations, projections and delay lines of a model file in one
// simulation. Throws FileError where a file of spikes to replay is at fault. The file has been
// checked (network_check.h) and has exactly one Poisson source, the
// input, and one output population. Populations and projections keep the file's order and
// numbers.
class Network final : public PlasticNetwork {
 public:
  // `parameters`, shaped as by zero_parameters, must outlive the network, and so must
  // `processes` (such as a trial protocol), which come before all populations in simultaneous
  // events.
  Network(const proto::Network& network, const Parameters& parameters, std::uint64_t seed,
          const std::vector<Process*>& processes = {});

  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Simulation& simulation() { return simulation_; }

  // At rest at time 0 with the parameters of now. Restarts with different contexts have
  // independent random streams.
  void restart(std::uint32_t context);

  // All that goes on between trials, but for the parameters.
  void checkpoint(const Checkpoint& state);

  // States that `process` reads and acts on the whole network at the time of its own events.
  void synchronize(const Process& process);
  // States that it reads one population, whatever that depends on, processes that act on the whole
  // network included.
  void observe(const Process& process, const Population& population);

  // All potentials at rest and no spikes under way; time and random streams go on.
  void clear_state(Time now);

  // All populations take in what happened before `now`, the time of the simulation.
  void catch_up(Time now);

  // From `now` on the input shows an image, unless it replays spikes of a file.
  void show(Time now, std::span<const std::uint8_t> image) {
    if (input_ != nullptr) input_->set_rates(now, image);
  }

  // Of a network whose input does not replay.
  PoissonPopulation& input() { return *input_; }
  OutputPopulation& output() { return *output_; }
  std::size_t populations() const { return populations_.size(); }
  Population& population(std::size_t index) { return *populations_[index]; }
  const Population& population(std::size_t index) const { return *populations_[index]; }

  // The populations that are not sources.
  const std::vector<SpikingPopulation*>& spiking_populations() { return spiking_; }

  std::size_t projections() const { return projections_.size(); }
  DenseProjection& projection(std::size_t index) { return *projections_[index]; }

  std::uint64_t events() const;
  std::uint64_t spikes() const;
  std::uint64_t synaptic_events() const;

  // ---- For learning ----

  std::uint64_t seed() const override { return seed_; }
  void somatic_mean(std::size_t population, std::span<float> v) const override;
  void apical_mean(std::size_t population, std::span<float> v) const override;
  std::span<const float> presynaptic_mean(std::size_t projection) const override;
  void bias_changed(Time now, std::size_t population) override;
  void weights_changed(Time now, std::size_t projection, std::span<const float> change,
                       std::span<const float> u) override;
  bool drives_soma(std::size_t projection) const override;
  void weights_changed(Time now, std::size_t projection, const DenseWeights& change) override;

 private:
  void add_population(const proto::Population& population, std::uint32_t index,
                      const AlignedFloats& bias, std::uint64_t seed);
  void add_projection(const proto::Projection& projection, const DenseWeights& weights);
  void transmit_rates(Population& source, DenseProjection& projection, Time interval_ms);
  Population& named(const std::string& name);
  SpikingPopulation& spiking(std::size_t population) const;

  std::uint64_t seed_;
  Simulation simulation_;
  std::vector<std::unique_ptr<Population>> populations_;
  std::vector<std::unique_ptr<DenseProjection>> projections_;
  std::vector<std::unique_ptr<DelayLine>> delay_lines_;
  std::vector<std::unique_ptr<RateTransmission>> transmissions_;
  std::vector<SpikingPopulation*> spiking_;
  std::vector<const Process*> synchronized_;
  std::vector<const Process*> observing_;
  PoissonPopulation* input_ = nullptr;  // null if it replays
  OutputPopulation* output_ = nullptr;
};

}  // namespace apical
