#pragma once

#include <cstddef>
#include <cstdint>

#include "models/parameters.h"
#include "proto/network.pb.h"

namespace apical {

// The interval that matched_moments draws weights from, W_avg -/+ half_width W_sd. With half_width
// 3.465, as in the published code from May 2017 on, their standard deviation is twice W_sd (3.465 is
// the square root of 12: the interval's whole width where it is to be W_sd).
struct WeightMoments {
  double mean;    // W_avg
  double spread;  // W_sd; the square of it, negative, where the wanted moments are impossible
};

// Guerguiev et al. 2017, methods: the mean and standard deviation of weights for which potentials
// keep their moments from layer to layer. Let each of `fan_in` inputs be s_j = nu U_j, nu =
// mean_rate_fraction max_rate (per ms), with independent U_j of the wanted mean and standard
// deviation; then W s + b has them too if the weights have these.
WeightMoments matched_moments(const proto::MatchedMoments& moments, std::size_t fan_in,
                              double max_rate_hz);

// Initial weights and biases of a network that has been checked. Each projection and population
// draws from its own random stream.
Parameters initial_parameters(const proto::Network& network, std::uint64_t seed);

}  // namespace apical
