#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/rate_receiver.h"
#include "models/spiking_population.h"
#include "simulator/checkpoint.h"
#include "simulator/process.h"

namespace apical {

// Transmits the firing rates of a population, max_rate sigmoid(V), at the times 0, interval, 2
// interval and so on. Where V stands still this is what a continuous transmission would be; where
// it moves, the rates are half an interval late on average.
//
// A process that reads one population and changes another (Network::synchronize).
class RateTransmission final : public Process {
 public:
  // `interval_ms` is above 0; source and receiver must outlive the transmission.
  RateTransmission(SpikingPopulation& source, RateReceiver& receiver, Time interval_ms)
      : source_(&source), receiver_(&receiver), interval_(interval_ms), rates_(source.size()) {}

  Time next() const override { return static_cast<double>(sent_) * interval_; }
  void advance(Horizon horizon) override;

  void checkpoint(const Checkpoint& state) { state.number("sent", sent_); }

  // Starts again at time 0.
  void restart() { sent_ = 0; }

 private:
  SpikingPopulation* source_;
  RateReceiver* receiver_;
  Time interval_;
  std::int64_t sent_ = 0;
  std::vector<float> rates_;
};

}  // namespace apical
