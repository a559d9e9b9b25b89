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
  if (rate_ == 0) return;
  build_table(values);
  draw_block(now);  // a Poisson process has no memory
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
        {static_cast<std::uint32_t>(small.columns * 0x1p32), small.neuron, large.neuron});
    large.columns -= 1 - small.columns;
    if (large.columns < 1) {
      small_.push_back(large);
      large_.pop_back();
    }
  }
  // What rounding left over has a column of its own.
  for (const Share& share : large_) table_.push_back({0, share.neuron, share.neuron});
  for (const Share& share : small_) table_.push_back({0, share.neuron, share.neuron});
}

void PoissonPopulation::draw_block(Time after) {
  std::array<std::uint32_t, 4 * kBlock> words;
  std::array<float, kBlock> intervals;
  stream_.words(words);
  const std::span<const std::uint32_t> all(words);
  exponential_of(all.first(kBlock), all.subspan(kBlock, kBlock), intervals);
  const std::uint32_t* const columns = words.data() + 2 * kBlock;
  const std::uint32_t* const shares = words.data() + 3 * kBlock;
  const double mean_interval = 1 / rate_;
  for (std::size_t n = 0; n < kBlock; ++n) {
    const Column& column = table_[static_cast<std::uint64_t>(columns[n]) * table_.size() >> 32];
    neurons_[n] = shares[n] < column.share ? column.first : column.second;
    after += static_cast<double>(intervals[n]) * mean_interval;
    times_[n] = after;
  }
  at_ = 0;
}

void PoissonPopulation::advance(Horizon horizon) {
  while (rate_ > 0 && horizon.admits(times_[at_], id())) {
    outgoing_.push_back({times_[at_], neurons_[at_]});
    if (++at_ == kBlock) draw_block(times_[kBlock - 1]);
  }
  events_ += outgoing_.size();
  send();
}

void PoissonPopulation::restart(std::uint32_t context) {
  StreamKey key = key_;
  key.context = context;
  stream_ = RandomStream(key);
  rate_ = 0;
}

}  // namespace apical
