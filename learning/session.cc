#include "learning/session.h"

#include <numeric>
#include <span>

#include "simulator/random_stream.h"

namespace apical {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::uint32_t> epoch_order(const proto::Training& training, std::uint64_t seed,
                                       std::size_t examples, int epoch) {
  std::vector<std::uint32_t> order(examples);
  std::iota(order.begin(), order.end(), 0U);
  if (training.shuffle()) {
    RandomStream stream({seed, 0, Purpose::kShuffling, static_cast<std::uint32_t>(epoch)});
    stream.shuffle(std::span(order));
  }
  return order;
}

std::vector<std::uint32_t> interim_test_order(const proto::Training& training,
                                              std::size_t examples) {
  const auto asked = static_cast<std::size_t>(training.interim_test_examples());
  const std::size_t count = asked == 0 || asked > examples ? examples : asked;
  std::vector<std::uint32_t> order(count);
  for (std::size_t n = 0; n < count; ++n) {
    order[n] = static_cast<std::uint32_t>(n * examples / count);
  }
  return order;
}

}  // namespace apical
