#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/process.h"
#include "simulator/spike.h"

namespace apical {

// Neurons that share their constants: the unit of state and a process of the simulation. Sends its
// spikes, a batch at a time, to all receivers, which must outlive it.
class Population : public Process {
 public:
  Population(std::string name, std::size_t size) : name_(std::move(name)), size_(size) {}

  const std::string& name() const { return name_; }
  std::size_t size() const { return size_; }

  void add_receiver(SpikeReceiver& receiver) { receivers_.push_back(&receiver); }
  void remove_receiver(SpikeReceiver& receiver) { std::erase(receivers_, &receiver); }

  // At rest at time 0, with new random streams; `context` tells one restart from another.
  virtual void restart(std::uint32_t context) = 0;

  // What it carries on from one trial to the next.
  virtual void checkpoint(const Checkpoint& state);

  // Events taken in or made, and spikes sent, since construction.
  std::uint64_t events() const { return events_; }
  std::uint64_t spikes() const { return spikes_; }

 protected:
  // Sends spikes to all receivers: in order of time, none earlier than those of the call before.
  void send(std::span<const Spike> spikes);

  std::uint64_t events_ = 0;

 private:
  std::string name_;
  std::size_t size_;
  std::uint64_t spikes_ = 0;
  std::vector<SpikeReceiver*> receivers_;
};

}  // namespace apical
