#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/parameters.h"
#include "models/plastic_network.h"
#include "proto/network.pb.h"
#include "simulator/checkpoint.h"
#include "simulator/process.h"
#include "simulator/simulation.h"
#include "simulator/vector_math.h"

namespace apical {

// The rate mode of a network of a model file (Guerguiev et al. 2017, their non-spiking
// simulations): neurons send their firing rates phi, in spikes per ms, where spikes would bring
// summed postsynaptic potentials s (the kernel's area is 1 ms, so phi is the mean of s), and somas
// are at the steady state that constant rates lead to. Populations are processes that act at whole
// ticks:
//   V_c = sum over the projections onto compartment c of W phi of their sources, + b of the first c
//   V   = (sum over c of g_c V_c + g_E E_E + g_I E_I) / g
//   phi = phi_max sigmoid(V)
// with g the sum of all conductances, those that teach included.
//
// At a tick populations act in feedforward order, so that an image passes through all layers within
// it. Feedback, and V_a with it, is of the rates of the tick before. Two ticks are thus enough for
// plateau potentials to see the output that the same phase leads to.
//
// Time constants and delays have no part in it. Populations and projections have the file's
// numbers. What did not change since the last tick is not computed again, to the same bits.
class RateModeNetwork final : public PlasticNetwork {
 public:
  // Like Network's. The feedforward projections form no loop.
  RateModeNetwork(const proto::Network& network, const Parameters& parameters, std::uint64_t seed,
                  const std::vector<Process*>& processes = {});
  RateModeNetwork(const RateModeNetwork&) = delete;
  RateModeNetwork& operator=(const RateModeNetwork&) = delete;
  ~RateModeNetwork() override;

  Simulation& simulation() { return simulation_; }

  // Silent, at tick 0, with the parameters of now.
  void restart();
  // Silent; time goes on.
  void clear_state();
  // The parameters have been changed by their owner.
  void parameters_changed() { ++parameters_version_; }

  // States that `process` reads and acts on the whole network at the time of its own events.
  void synchronize(const Process& process);

  // The input's rates: phi_max at the value 255.
  void show(std::span<const std::uint8_t> image);
  // From the next tick on the `count` neurons of the output from `first` on are taught to fire and
  // all others not to, or none is taught.
  void teach(std::size_t first, std::size_t count = 1);
  void stop_teaching();

  // All populations act at the ticks first, first + 1, ... They have done so with all earlier ones.
  void act_at(Time first, int ticks);

  // As of the last tick.
  std::span<const float> rates(std::size_t population) const { return rates_[population].phi; }
  std::span<const float> potentials(std::size_t population) const;
  std::span<const float> output_potentials() const { return potentials(output_); }
  std::span<const float> output_rates() const { return rates(output_); }

  // Number of times that a population acted.
  std::uint64_t events() const { return events_; }

  void checkpoint(const Checkpoint& state);

  // ---- For learning ----

  std::uint64_t seed() const override { return seed_; }
  void somatic_mean(std::size_t population, std::span<float> v) const override;
  void apical_mean(std::size_t population, std::span<float> v) const override;
  std::span<const float> presynaptic_mean(std::size_t projection) const override;
  // The trial's owner says once that parameters have changed.
  void bias_changed(Time /*now*/, std::size_t /*population*/) override {}
  void weights_changed(Time /*now*/, std::size_t /*projection*/, std::span<const float> /*change*/,
                       std::span<const float> /*u*/) override {}
  bool drives_soma(std::size_t /*projection*/) const override { return false; }
  void weights_changed(Time /*now*/, std::size_t /*projection*/,
                       const DenseWeights& /*change*/) override {}

 private:
  class Neurons;
  struct Rates {
    std::vector<float> phi;
    std::uint64_t version = 0;  // grows with each change
  };

  void silence();
  std::vector<Neurons*> neurons() const;

  std::uint64_t seed_;
  const Parameters* parameters_;
  std::uint64_t parameters_version_ = 0;
  double input_scale_ = 0;
  std::size_t input_ = 0;
  std::size_t output_ = 0;
  std::uint64_t events_ = 0;
  Simulation simulation_;
  std::vector<Rates> rates_;                       // by population
  std::vector<std::unique_ptr<Neurons>> neurons_;  // likewise; null for the input
  std::vector<std::size_t> sources_;               // by projection
};

}  // namespace apical
