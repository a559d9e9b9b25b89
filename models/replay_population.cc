#include "models/replay_population.h"

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

#include "simulator/sonata_spikes.h"

namespace apical {

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
