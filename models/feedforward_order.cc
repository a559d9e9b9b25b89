#include "models/feedforward_order.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace apical {

std::size_t population_index(const proto::Network& network, const std::string& name) {
  const auto found = std::ranges::find(network.population(), name, &proto::Population::name);
  assert(found != network.population().end());
  return static_cast<std::size_t>(found - network.population().begin());
}

std::optional<std::vector<std::size_t>> feedforward_order(const proto::Network& network) {
  const auto populations = static_cast<std::size_t>(network.population_size());
  std::vector<bool> is_placed(populations);
  const auto is_ready = [&](std::size_t population) {
    return std::ranges::all_of(network.projection(), [&](const proto::Projection& projection) {
      return projection.compartment() == proto::APICAL ||
             projection.target() != network.population(static_cast<int>(population)).name() ||
             is_placed[population_index(network, projection.source())];
    });
  };
  std::vector<std::size_t> order;
  while (order.size() < populations) {
    std::size_t next = 0;
    while (next < populations && (is_placed[next] || !is_ready(next))) ++next;
    if (next == populations) return std::nullopt;
    is_placed[next] = true;
    order.push_back(next);
  }
  return order;
}

}  // namespace apical
