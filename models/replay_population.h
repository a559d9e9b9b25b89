#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/population.h"
#include "proto/network.pb.h"
#include "simulator/spike.h"

namespace apical {

// Neurons that fire at the times of a file's spikes, in ms since the start of the simulation. A
// restart begins again with the first one.
class ReplayPopulation final : public Population {
 public:
  // `spikes` are in order of time, each of a neuron below `size`.
  ReplayPopulation(std::string name, std::size_t size, std::vector<Spike> spikes);

  Time next() const override { return at_ < spikes_.size() ? spikes_[at_].time : kNever; }
  void advance(Horizon horizon) override;
  void restart(std::uint32_t context) override;
  void checkpoint(const Checkpoint& state) override;

 private:
  std::vector<Spike> spikes_;
  std::size_t at_ = 0;  // the next
};

// The spikes of a SONATA file that a population is to replay, sorted by time if they are not. A
// population of the file without a name is `population`'s own. Throws FileError where the file
// cannot be read, has no such population, or has spikes of neurons beyond the population's size,
// before time 0 or in other units than ms.
std::vector<Spike> replayed_spikes(const proto::Replay& replay,
                                   const proto::Population& population);

// What a population replays; null if it does not.
const proto::Replay* replay_of(const proto::Population& population);

}  // namespace apical
