#include "simulator/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "simulator/delay_line.h"
#include "simulator/random_stream.h"

namespace apical {
namespace {

// Acts at given times. At each it sends to its receivers a number that depends on all that reached
// it before, so that any change of order changes all later numbers.
class Node final : public Process {
 public:
  // Takes spikes in for the node; `via` is the process whose event their arrival is.
  class Port final : public SpikeReceiver {
   public:
    Port(Node& node, const Process& via) : node_(&node), via_(&via) {}
    void receive(std::span<const Spike> spikes) override {
      for (const Spike& spike : spikes) node_->received_.push_back({spike, via_->id()});
    }

   private:
    Node* node_;
    const Process* via_;
  };

  // What of the past a node saw at one of its events.
  struct Sight {
    Time time;
    std::size_t received;
    std::uint32_t number;
    bool operator==(const Sight&) const = default;
  };

  explicit Node(std::vector<Time> times) : times_(std::move(times)) {}

  void send_to(SpikeReceiver& receiver) { receivers_.push_back(&receiver); }
  const std::vector<Time>& times() const { return times_; }
  const std::vector<Sight>& sights() const { return sights_; }
  std::size_t calls() const { return calls_; }

  Time next() const override { return at_ == times_.size() ? kNever : times_[at_]; }

  void advance(Horizon horizon) override {
    ++calls_;
    while (at_ < times_.size() && horizon.admits(times_[at_], id())) {
      const Time now = times_[at_++];
      take_in(now);
      const Spike spike{now, number_};
      for (SpikeReceiver* receiver : receivers_) receiver->receive(std::span(&spike, 1));
    }
    EXPECT_FALSE(horizon.admits(next(), id()));
  }

 private:
  struct Arrival {
    Spike spike;
    ProcessId via;
  };

  void take_in(Time now) {
    const Horizon self{now, id()};
    std::vector<Arrival> before;
    for (const Arrival& arrival : received_) {
      if (self.admits(arrival.spike.time, arrival.via)) before.push_back(arrival);
    }
    std::ranges::stable_sort(before, [](const Arrival& a, const Arrival& b) {
      return std::pair(a.spike.time, a.via) < std::pair(b.spike.time, b.via);
    });
    number_ = id();
    for (const Arrival& arrival : before) number_ = number_ * 16777619U ^ arrival.spike.neuron;
    sights_.push_back({now, before.size(), number_});
  }

  std::vector<Time> times_;
  std::size_t at_ = 0;
  std::size_t calls_ = 0;
  std::uint32_t number_ = 0;
  std::vector<SpikeReceiver*> receivers_;
  std::vector<Arrival> received_;
  std::vector<Sight> sights_;
};

std::vector<Time> every(Time period, Time end) {
  std::vector<Time> times;
  for (int k = 1; k * period <= end; ++k) times.push_back(k * period);
  return times;
}

// Nodes that act at random whole times, connected at random, some with delays of whole numbers:
// nearly all events are simultaneous with others.
class RandomNetwork {
 public:
  static constexpr Time kEnd = 40;

  RandomNetwork(std::uint64_t seed, Time max_run_ahead) : simulation_(max_run_ahead) {
    RandomStream random({.seed = seed, .purpose = Purpose::kShuffling});
    const std::uint32_t nodes = 2 + random.below(4);
    for (std::uint32_t n = 0; n < nodes; ++n) {
      std::vector<Time> times;
      Time time = 0;
      while ((time += random.below(6)) <= kEnd) times.push_back(time);
      nodes_.push_back(std::make_unique<Node>(times));
    }
    for (std::uint32_t n = 0; n < 2 * nodes; ++n) connect(random, random.below(nodes));
    // The place of a process does not follow from what it is.
    std::vector<std::pair<Process*, Time>> processes;
    processes.reserve(nodes_.size() + lines_.size());
    for (const auto& node : nodes_) processes.emplace_back(node.get(), kNever);
    for (const auto& line : lines_) processes.emplace_back(line.get(), line->delay());
    random.shuffle(std::span(processes));
    for (const auto& [process, latency] : processes) simulation_.add(*process, latency);
    for (const Edge& edge : edges_) {
      if (edge.line == nullptr) {
        simulation_.influence(*edge.source, *edge.target);
      } else {
        simulation_.influence(*edge.source, *edge.line);
        simulation_.influence(*edge.line, *edge.target);
      }
    }
  }

  Simulation& simulation() { return simulation_; }

  // Each node, at each of its events, has seen all that comes before it in the order of (time,
  // process), and nothing else.
  void expect_complete_sights() const {
    for (const auto& node : nodes_) {
      ASSERT_EQ(node->sights().size(), node->times().size());
      for (const Node::Sight& sight : node->sights()) {
        ASSERT_EQ(sight.received, arrivals_before({sight.time, node->id()}, *node));
      }
    }
  }

  std::vector<std::vector<Node::Sight>> sights() const {
    std::vector<std::vector<Node::Sight>> all;
    all.reserve(nodes_.size());
    for (const auto& node : nodes_) all.push_back(node->sights());
    return all;
  }

 private:
  struct Edge {
    Node* source;
    DelayLine* line;  // null: at once
    Node* target;
  };

  void connect(RandomStream& random, std::uint32_t source) {
    const auto nodes = static_cast<std::uint32_t>(nodes_.size());
    std::uint32_t target = random.below(nodes);
    const bool delayed = random.below(2) == 0;
    const Time delay = 1 + random.below(3);
    if (!delayed && target == source) target = (target + 1) % nodes;
    Edge edge{nodes_[source].get(), nullptr, nodes_[target].get()};
    if (delayed) {
      // The port needs the line and the line the port.
      ports_.push_back(nullptr);
      auto forward = std::make_unique<Forward>();
      lines_.push_back(std::make_unique<DelayLine>(delay, *forward));
      edge.line = lines_.back().get();
      ports_.back() = std::make_unique<Node::Port>(*edge.target, *edge.line);
      forward->to = ports_.back().get();
      edge.source->send_to(*edge.line);
      forwards_.push_back(std::move(forward));
    } else {
      ports_.push_back(std::make_unique<Node::Port>(*edge.target, *edge.source));
      edge.source->send_to(*ports_.back());
    }
    edges_.push_back(edge);
  }

  std::size_t arrivals_before(Horizon event, const Node& target) const {
    std::size_t count = 0;
    for (const Edge& edge : edges_) {
      if (edge.target != &target) continue;
      const Time delay = edge.line == nullptr ? 0 : edge.line->delay();
      const ProcessId via = edge.line == nullptr ? edge.source->id() : edge.line->id();
      for (const Time time : edge.source->times()) count += event.admits(time + delay, via);
    }
    return count;
  }

  struct Forward final : SpikeReceiver {
    void receive(std::span<const Spike> spikes) override { to->receive(spikes); }
    SpikeReceiver* to = nullptr;
  };

  Simulation simulation_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Forward>> forwards_;
  std::vector<std::unique_ptr<DelayLine>> lines_;
  std::vector<std::unique_ptr<Node::Port>> ports_;
  std::vector<Edge> edges_;
};

TEST(SimulationTest, EveryEventSeesAllThatPrecedesItByTimeAndProcess) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    for (const Time run_ahead : {0.0, 1.0, 3.5, 1000.0}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", run ahead " << run_ahead);
      RandomNetwork network(seed, run_ahead);
      network.simulation().run_until(RandomNetwork::kEnd);
      ASSERT_NO_FATAL_FAILURE(network.expect_complete_sights());
    }
  }
}

TEST(SimulationTest, ResultsDoNotDependOnCuttingOrRunningAhead) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomNetwork whole(seed, 1000.0);
    whole.simulation().run_until(RandomNetwork::kEnd);
    RandomStream random({.seed = seed, .purpose = Purpose::kPhaseLengths});
    for (const Time run_ahead : {0.0, 2.0, 1000.0}) {
      RandomNetwork cut(seed, run_ahead);
      while (cut.simulation().now() < RandomNetwork::kEnd) {
        const Time step = random.below(9) * 0.5;
        cut.simulation().run_until(std::min(cut.simulation().now() + step, RandomNetwork::kEnd));
      }
      ASSERT_TRUE(cut.sights() == whole.sights()) << "seed " << seed << ", run ahead " << run_ahead;
    }
  }
}

// A path through a delay line ends with an event of the line: at equal times the line's place
// counts, not that of the source.
TEST(SimulationTest, SimultaneousArrivalsFollowThePlaceOfTheDelayLine) {
  std::vector<int> order = {0, 1, 2};  // source, line, target
  do {
    Node source({2.0});
    Node target({1.0, 3.0});
    struct Forward final : SpikeReceiver {
      void receive(std::span<const Spike> spikes) override { to->receive(spikes); }
      SpikeReceiver* to = nullptr;
    } forward;
    DelayLine line(1.0, forward);
    Node::Port port(target, line);
    forward.to = &port;
    source.send_to(line);
    Simulation simulation;
    for (const int which : order) {
      if (which == 0) simulation.add(source);
      if (which == 1) simulation.add(line, line.delay());
      if (which == 2) simulation.add(target);
    }
    simulation.influence(source, line);
    simulation.influence(line, target);
    simulation.run_until(10);
    ASSERT_EQ(target.sights().size(), 2U);
    EXPECT_EQ(target.sights()[0].received, 0U);
    EXPECT_EQ(target.sights()[1].received, line.id() < target.id() ? 1U : 0U);
  } while (std::ranges::next_permutation(order).found);
}

TEST(SimulationTest, RunsFarAheadOfWhatDoesNotInfluenceIt) {
  Node free(every(1, 1000));
  Node other(every(1, 1000));
  Simulation simulation(1e9);
  simulation.add(free);
  simulation.add(other);
  simulation.run_until(1000);
  EXPECT_EQ(simulation.activations(), 2U);
  EXPECT_EQ(free.sights().size(), 1000U);
  EXPECT_EQ(other.sights().size(), 1000U);
}

TEST(SimulationTest, TheSourceOfAProjectionRunsAheadAndItsTargetFollows) {
  Node source(every(1, 1000));
  Node target(every(1, 1000));
  Node::Port port(target, source);
  source.send_to(port);
  Simulation simulation(1e9);
  simulation.add(source);
  simulation.add(target);
  simulation.influence(source, target);
  simulation.run_until(1000);
  EXPECT_EQ(simulation.activations(), 2U);
  EXPECT_EQ(target.sights().back().received, 1000U);
}

TEST(SimulationTest, ALatencyAllowsToRunAheadByIt) {
  // A loop with delays of 10: each node goes that far before the other has to follow. (They are
  // silent, so that nothing is under way.)
  Node a(every(1, 1000));
  Node b(every(1, 1000));
  struct Nowhere final : SpikeReceiver {
    void receive(std::span<const Spike>) override {}
  } nowhere;
  DelayLine there(10, nowhere);
  DelayLine back(10, nowhere);
  Simulation simulation(1e9);
  simulation.add(a);
  simulation.add(b);
  simulation.add(there, 10);
  simulation.add(back, 10);
  simulation.influence(a, there);
  simulation.influence(there, b);
  simulation.influence(b, back);
  simulation.influence(back, a);
  simulation.run_until(1000);
  EXPECT_EQ(a.sights().size(), 1000U);
  EXPECT_EQ(b.sights().size(), 1000U);
  EXPECT_LT(a.calls(), 110U);
  EXPECT_LT(b.calls(), 110U);
}

TEST(SimulationTest, WhatRunsAheadIsBounded) {
  Node node(every(1, 1000));
  Simulation simulation(10);
  simulation.add(node);
  simulation.run_until(1000);
  // An activation at t takes the events of [t, t + 10].
  EXPECT_EQ(simulation.activations(), 91U);
}

TEST(SimulationTest, RunUntilIncludesItsEnd) {
  Node node({1.0, 2.0, 3.0});
  Simulation simulation;
  simulation.add(node);
  simulation.run_until(2);
  EXPECT_EQ(simulation.now(), 2.0);
  EXPECT_EQ(node.sights().size(), 2U);
  EXPECT_EQ(node.next(), 3.0);
  simulation.run_until(2);
  EXPECT_EQ(node.sights().size(), 2U);
  simulation.run_until(2.5);
  EXPECT_EQ(simulation.now(), 2.5);
  EXPECT_EQ(node.sights().size(), 2U);
}

TEST(SimulationTest, WithoutProcessesTimePasses) {
  Simulation simulation;
  simulation.run_until(5);
  EXPECT_EQ(simulation.now(), 5.0);
  simulation.restart();
  EXPECT_EQ(simulation.now(), 0.0);
}

}  // namespace
}  // namespace apical
