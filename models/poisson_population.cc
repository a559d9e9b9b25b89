#include "models/poisson_population.h"

#include <cassert>
#include <utility>

#include "models/thinning_clock.h"

namespace apical {

PoissonPopulation::PoissonPopulation(std::string name, std::size_t size, double max_rate_per_ms,
                                     StreamKey key)
    : Population(std::move(name), size), max_rate_(max_rate_per_ms), key_(key), stream_(key) {
  assert(max_rate_per_ms > 0);
}

void PoissonPopulation::set_rates(Time now, std::span<const std::uint8_t> values) {
  assert(values.size() == size());
  double sum = 0;
  for (const std::uint8_t value : values) sum += value;
  rate_ = sum / 255 * max_rate_;
  if (!rate_receivers_.empty()) send_rates(now, values);
  if (rate_ == 0) return;
  build_table(values);
  draw_block(now);  // a Poisson process has no memory
}

void PoissonPopulation::send_rates(Time now, std::span<const std::uint8_t> values) {
  std::vector<float> rates(values.size());
  const auto per_value = static_cast<float>(max_rate_ / 255);
  for (std::size_t j = 0; j < values.size(); ++j) {
    rates[j] = static_cast<float>(values[j]) * per_value;
  }
  for (RateReceiver* receiver : rate_receivers_) receiver->receive_rates(now, rates);
}

// Vose's construction: each column is filled up by one neuron of more than a column's rate.
void PoissonPopulation::build_table(std::span<const std::uint8_t> values) {
  small_.clear();
  large_.clear();
  table_.clear();
  std::size_t active = 0;
  for (const std::uint8_t value : values) active += value != 0;
  const double columns_per_value = max_rate_ / 255 * static_cast<double>(active) / rate_;
  for (std::uint32_t j = 0; j < values.size(); ++j) {
    if (values[j] == 0) continue;
    const Share share{j, values[j] * columns_per_value};
    (share.columns < 1 ? small_ : large_).push_back(share);
  }
  while (!small_.empty() && !large_.empty()) {
    const Share small = small_.back();
    small_.pop_back();
    Share& large = large_.back();
    table_.push_back(
        {static_cast<std::uint32_t>(small.columns * 0x1p32), {small.neuron, large.neuron}});
    large.columns -= 1 - small.columns;
    if (large.columns < 1) {
      small_.push_back(large);
      large_.pop_back();
    }
  }
  // What rounding left over has a column of its own.
  for (const Share& share : large_) table_.push_back({0, {share.neuron, share.neuron}});
  for (const Share& share : small_) table_.push_back({0, {share.neuron, share.neuron}});
}

// 64 random bits a spike: 32 for the interval, 32 for column and share (a word times the number of
// columns has the column in its upper half and what is left of the randomness in its lower half).
void PoissonPopulation::draw_block(Time after) {
  std::array<std::uint32_t, 2 * kBlock> words;
  std::array<float, kBlock> intervals;
  stream_.words(words);
  exponential_of(std::span(words).first(kBlock), intervals);
  std::array<Time, kBlock> times;
  event_times(after, 1 / rate_, intervals, times);
  for (std::size_t n = 0; n < kBlock; ++n) {
    const std::uint64_t product = static_cast<std::uint64_t>(words[kBlock + n]) * table_.size();
    const Column& column = table_[product >> 32];
    const bool second = static_cast<std::uint32_t>(product) >= column.share;
    spikes_[n] = {times[n], column.neurons[second ? 1 : 0]};
  }
  at_ = 0;
}

void PoissonPopulation::advance(Horizon horizon) {
  while (horizon.admits(next(), id())) {
    const std::size_t first = at_;
    while (at_ < kBlock && horizon.admits(spikes_[at_].time, id())) ++at_;
    const auto passed = std::span(spikes_).subspan(first, at_ - first);
    events_ += passed.size();
    send(passed);
    if (at_ == kBlock) draw_block(spikes_.back().time);
  }
}

void PoissonPopulation::restart(std::uint32_t context) {
  StreamKey key = key_;
  key.context = context;
  stream_ = RandomStream(key);
  rate_ = 0;
}

void PoissonPopulation::checkpoint(const Checkpoint& state) {
  Population::checkpoint(state);
  stream_.checkpoint(state);
}

}  // namespace apical
