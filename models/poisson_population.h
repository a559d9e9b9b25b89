#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/population.h"
#include "models/rate_receiver.h"
#include "simulator/random_stream.h"

namespace apical {

// Neurons that fire as independent Poisson processes at rates set from outside. Together they are
// one Poisson process of the summed rate; whose spike it is is drawn from Walker's alias table,
// which is built once for each set of rates. Silent neurons cost nothing.
class PoissonPopulation final : public Population {
 public:
  // `max_rate_per_ms` is above 0. Silent until rates are set.
  PoissonPopulation(std::string name, std::size_t size, double max_rate_per_ms, StreamKey key);

  // From `now` on neuron j fires at max_rate values[j] / 255.
  void set_rates(Time now, std::span<const std::uint8_t> values);

  // Who is told of the rates whenever they are set; it must outlive the population.
  void add_rate_receiver(RateReceiver& receiver) { rate_receivers_.push_back(&receiver); }

  Time next() const override { return rate_ > 0 ? spikes_[at_].time : kNever; }
  void advance(Horizon horizon) override;
  void restart(std::uint32_t context) override;
  // Restored, it is silent until rates are set, as they are when a trial begins.
  void checkpoint(const Checkpoint& state) override;

 private:
  static constexpr std::size_t kBlock = 64;

  // A column of the alias table: the first neuron with the probability `share` / 2^32, else the
  // second.
  struct Column {
    std::uint32_t share;
    std::array<std::uint32_t, 2> neurons;
  };

  void send_rates(Time now, std::span<const std::uint8_t> values);
  void build_table(std::span<const std::uint8_t> values);
  void draw_block(Time after);

  double max_rate_;
  StreamKey key_;
  RandomStream stream_;
  double rate_ = 0;  // of all neurons, per ms
  std::vector<RateReceiver*> rate_receivers_;
  std::vector<Column> table_;
  std::size_t at_ = 0;
  std::array<Spike, kBlock> spikes_;  // drawn; those from at_ on are still to come

  struct Share {
    std::uint32_t neuron;
    double columns;  // its rate in units of a column of the table
  };
  std::vector<Share> small_;
  std::vector<Share> large_;
};

}  // namespace apical
