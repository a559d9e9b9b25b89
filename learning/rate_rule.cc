#include "learning/rate_rule.h"

namespace apical {

RateBatch::RateBatch(const RateNetwork& network, std::size_t capacity)
    : labels(capacity), target(capacity, network.size(network.layers())) {
  for (std::size_t l = 0; l <= network.layers(); ++l) {
    activity.emplace_back(capacity, network.size(l));
    error.emplace_back(l == 0 ? 0 : capacity, network.size(l));
  }
}

}  // namespace apical
