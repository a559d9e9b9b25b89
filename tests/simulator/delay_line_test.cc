#include "simulator/delay_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace apical {
namespace {

struct Collector final : SpikeReceiver {
  void receive(std::span<const Spike> batch) override {
    EXPECT_FALSE(batch.empty());
    spikes.insert(spikes.end(), batch.begin(), batch.end());
  }
  std::vector<Spike> spikes;
};

TEST(DelayLineTest, EverySpikeLeavesOnceInOrderAndDelayed) {
  Collector collector;
  DelayLine line(2.5, collector);
  std::vector<Spike> sent;
  Time time = 0;
  for (std::uint32_t n = 0; n < 1000; ++n) {
    if (n % 3 != 0) time += 0.125;  // a third of the spikes are simultaneous with another
    const Spike spike{time, n};
    line.receive(std::span(&spike, 1));
    sent.push_back(spike);
    if (n % 7 == 0) line.advance({time, 0});
    for (const Spike& arrived : collector.spikes) ASSERT_LT(arrived.time, time + 0.125);
  }
  EXPECT_LT(collector.spikes.size(), sent.size());
  line.advance({});
  ASSERT_EQ(collector.spikes.size(), sent.size());
  for (std::size_t n = 0; n < sent.size(); ++n) {
    EXPECT_EQ(collector.spikes[n].neuron, sent[n].neuron);
    EXPECT_EQ(collector.spikes[n].time, sent[n].time + 2.5);
  }
  EXPECT_EQ(line.next(), kNever);
}

TEST(DelayLineTest, ItsNextEventIsTheFirstArrival) {
  Collector collector;
  DelayLine line(1.0, collector);
  EXPECT_EQ(line.next(), kNever);
  const std::vector<Spike> spikes = {{3.0, 7}, {4.0, 8}};
  line.receive(spikes);
  EXPECT_EQ(line.next(), 4.0);
  line.advance({4.0, line.id()});  // another process of the same place comes first
  EXPECT_TRUE(collector.spikes.empty());
  line.advance({4.0, line.id() + 1});
  ASSERT_EQ(collector.spikes.size(), 1U);
  EXPECT_EQ(collector.spikes[0].neuron, 7U);
  EXPECT_EQ(line.next(), 5.0);
}

TEST(DelayLineTest, ClearForgetsWhatIsUnderWay) {
  Collector collector;
  DelayLine line(1.0, collector);
  const Spike spike{0.0, 1};
  line.receive(std::span(&spike, 1));
  line.clear();
  line.advance({});
  EXPECT_TRUE(collector.spikes.empty());
  EXPECT_EQ(line.next(), kNever);
}

}  // namespace
}  // namespace apical
