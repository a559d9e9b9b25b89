#include "models/replay_population.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <span>
#include <utility>

#include "simulator/sonata_spikes.h"

namespace apical {
namespace {

// FNV-1a, by words.
std::uint64_t hash_of(std::span<const Spike> spikes) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const Spike& spike : spikes) {
    for (const std::uint64_t word :
         {std::bit_cast<std::uint64_t>(spike.time), std::uint64_t{spike.neuron}}) {
      hash = (hash ^ word) * 0x100000001B3;
    }
  }
  return hash;
}

}  // namespace

ReplayPopulation::ReplayPopulation(std::string name, std::size_t size, std::vector<Spike> spikes)
    : Population(std::move(name), size), spikes_(std::move(spikes)) {
  assert(std::ranges::is_sorted(spikes_, {}, &Spike::time));
}

void ReplayPopulation::advance(Horizon horizon) {
  const std::size_t first = at_;
  while (horizon.admits(next(), id())) ++at_;
  const auto passed = std::span(spikes_).subspan(first, at_ - first);
  events_ += passed.size();
  send(passed);
}

void ReplayPopulation::restart(std::uint32_t /*context*/) { at_ = 0; }

void ReplayPopulation::checkpoint(const Checkpoint& state) {
  Population::checkpoint(state);
  state.same("replayed_spikes", static_cast<std::int64_t>(spikes_.size()));
  const std::uint64_t hash = hash_of(spikes_);
  std::uint64_t stored = hash;
  state.number("replayed_hash", stored);
  if (stored != hash) {
    state.fail("replayed_hash",
               "the replayed file has other spikes than when the run began; put "
               "it back, or start the run again");
  }
  state.number("next", at_);
}

std::vector<Spike> replayed_spikes(const proto::Replay& replay,
                                   const proto::Population& population) {
  const std::string& name = replay.population().empty() ? population.name() : replay.population();
  const SpikeTrain train = read_sonata_population(replay.file(), name);
  const auto fail = [&](const std::string& reason) {
    throw FileError(replay.file(), FileAccess::kRead, "/spikes/" + name + ": " + reason);
  };
  const auto size = static_cast<std::uint64_t>(population.size());
  if (const auto past = std::ranges::find_if(train.node_ids, [&](auto id) { return id >= size; });
      past != train.node_ids.end()) {
    fail("has node id " + std::to_string(*past) + "; population `" + population.name() +
         "`, which replays it, has " + std::to_string(size) + " neurons");
  }
  if (!train.times_ms.empty() && !(train.times_ms.front() >= 0 && train.times_ms.back() < kNever)) {
    fail("has spikes before time 0 or at no time");
  }
  std::vector<Spike> spikes;
  spikes.reserve(train.times_ms.size());
  for (std::size_t i = 0; i < train.times_ms.size(); ++i) {
    spikes.push_back({train.times_ms[i], static_cast<std::uint32_t>(train.node_ids[i])});
  }
  return spikes;
}

const proto::Replay* replay_of(const proto::Population& population) {
  if (population.has_replay()) return &population.replay();
  const proto::PoissonSource& source = population.poisson_source();
  return source.has_replay() ? &source.replay() : nullptr;
}

}  // namespace apical
