#pragma once

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/dense_projection.h"
#include "models/output_population.h"
#include "models/pyramidal_population.h"
#include "simulator/delay_line.h"
#include "simulator/simulation.h"
#include "tests/models/clock_driven_reference.h"

namespace apical {

// Sends given spikes.
class ScriptedSource final : public Process {
 public:
  explicit ScriptedSource(std::vector<Spike> spikes) : spikes_(std::move(spikes)) {}
  void send_to(SpikeReceiver& receiver) { receiver_ = &receiver; }
  Time next() const override { return at_ == spikes_.size() ? kNever : spikes_[at_].time; }
  void advance(Horizon horizon) override {
    const std::size_t first = at_;
    while (at_ < spikes_.size() && horizon.admits(spikes_[at_].time, id())) ++at_;
    const auto passed = std::span<const Spike>(spikes_).subspan(first, at_ - first);
    if (!passed.empty() && receiver_ != nullptr) receiver_->receive(passed);
  }

 private:
  std::vector<Spike> spikes_;
  std::size_t at_ = 0;
  SpikeReceiver* receiver_ = nullptr;
};

struct SpikeCollector final : SpikeReceiver {
  void receive(std::span<const Spike> batch) override {
    spikes.insert(spikes.end(), batch.begin(), batch.end());
  }
  std::vector<Spike> spikes;
};

// Calls a function at given times, after all else that happens before.
template <typename Action>
class AtTimes final : public Process {
 public:
  AtTimes(std::vector<Time> times, Action action)
      : times_(std::move(times)), action_(std::move(action)) {}
  Time next() const override { return at_ == times_.size() ? kNever : times_[at_]; }
  void advance(Horizon horizon) override {
    while (at_ < times_.size() && horizon.admits(times_[at_], id())) action_(times_[at_++]);
  }

 private:
  std::vector<Time> times_;
  std::size_t at_ = 0;
  Action action_;
};

inline std::vector<Time> grid(Time start, Time step, Time end) {
  std::vector<Time> times;
  for (int k = 0; start + k * step <= end; ++k) times.push_back(start + k * step);
  return times;
}

template <typename Message>
Message parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// A population of one kind with scripted input to one or two compartments.
template <typename PopulationType>
class DrivenPopulation {
 public:
  template <typename Model>
  DrivenPopulation(std::size_t size, const Model& model, double bias, std::uint64_t seed,
                   Time max_run_ahead = 100)
      : simulation_(max_run_ahead), bias_(padded(size), 0.0F) {
    std::fill_n(bias_.begin(), size, static_cast<float>(bias));
    population_ = std::make_unique<PopulationType>(
        "driven", size, model, bias_, StreamKey{.seed = seed, .purpose = Purpose::kSpikes});
    population_->add_receiver(sent_);
    simulation_.add(*population_);
  }

  Simulation& simulation() { return simulation_; }
  PopulationType& population() { return *population_; }
  AlignedFloats& bias() { return bias_; }
  const std::vector<Spike>& sent() const { return sent_.spikes; }
  DenseProjection& projection(std::size_t index) { return *projections_[index]; }

  void drive(proto::Compartment compartment, const DenseWeights& weights,
             std::vector<Spike> spikes) {
    projections_.push_back(
        std::make_unique<DenseProjection>("in", weights, *population_, compartment));
    sources_.push_back(std::make_unique<ScriptedSource>(std::move(spikes)));
    sources_.back()->send_to(*projections_.back());
    simulation_.add(*sources_.back());
    simulation_.influence(*sources_.back(), *population_);
  }

  // Its spikes come back to it.
  void recur(proto::Compartment compartment, const DenseWeights& weights, Time delay) {
    projections_.push_back(
        std::make_unique<DenseProjection>("own", weights, *population_, compartment));
    if (delay == 0) {
      population_->add_receiver(*projections_.back());
      population_->set_recurrent(true);
      simulation_.influence(*population_, *population_);
      return;
    }
    line_ = std::make_unique<DelayLine>(delay, *projections_.back());
    population_->add_receiver(*line_);
    simulation_.add(*line_, delay);
    simulation_.influence(*population_, *line_);
    simulation_.influence(*line_, *population_);
  }

  // `process`, which has been added to the simulation, reads and changes the population.
  void synchronize(const Process& process) {
    const auto both_ways = [&](const Process& other) {
      simulation_.influence(process, other);
      simulation_.influence(other, process);
    };
    both_ways(*population_);
    for (const auto& source : sources_) both_ways(*source);
    if (line_ != nullptr) both_ways(*line_);
  }

  std::vector<float> potentials() const {
    std::vector<float> v(population_->size());
    population_->potentials(simulation_.now(), v);
    return v;
  }

 private:
  Simulation simulation_;
  AlignedFloats bias_;
  std::unique_ptr<PopulationType> population_;
  SpikeCollector sent_;
  std::vector<std::unique_ptr<DenseProjection>> projections_;
  std::vector<std::unique_ptr<ScriptedSource>> sources_;
  std::unique_ptr<DelayLine> line_;
};

}  // namespace apical
