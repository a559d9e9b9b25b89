#include "learning/jacobian_eigenvalue.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "models/feedforward_order.h"
#include "models/neuron_constants.h"

namespace apical {
namespace {

double slope(double probability) { return probability * (1 - probability); }

// Of A^T A, the squared largest singular value of A: rotations make the columns orthogonal, and
// then their lengths are the singular values (Hestenes 1958). `columns` of A, one after the other,
// is lost.
double largest_eigenvalue_of_square(std::vector<double>& columns, std::size_t n) {
  constexpr double kOrthogonal = 1e-12;
  constexpr int kMostSweeps = 60;
  const auto column = [&](std::size_t c) { return std::span(columns).subspan(c * n, n); };
  const auto product = [&](std::size_t a, std::size_t b) {
    const auto x = column(a);
    return std::inner_product(x.begin(), x.end(), column(b).begin(), 0.0);
  };
  bool rotated = true;
  for (int sweep = 0; rotated && sweep < kMostSweeps; ++sweep) {
    rotated = false;
    for (std::size_t a = 0; a + 1 < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) {
        const double aa = product(a, a);
        const double bb = product(b, b);
        const double ab = product(a, b);
        if (std::abs(ab) <= kOrthogonal * std::sqrt(aa * bb)) continue;
        rotated = true;
        const double zeta = (bb - aa) / (2 * ab);
        const double tangent =
            std::copysign(1.0, zeta) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
        const double cosine = 1 / std::sqrt(1 + tangent * tangent);
        const double sine = cosine * tangent;
        for (std::size_t r = 0; r < n; ++r) {
          const double x = column(a)[r];
          const double y = column(b)[r];
          column(a)[r] = cosine * x - sine * y;
          column(b)[r] = sine * x + cosine * y;
        }
      }
    }
  }
  double largest = 0;
  for (std::size_t c = 0; c < n; ++c) largest = std::max(largest, product(c, c));
  return largest;
}

// phi_max k of a population, k = g_compartment / g.
double gain_of(const proto::Population& population) {
  const SpikingPopulation::Constants constants = constants_of(population);
  return constants.max_rate_per_ms * constants.compartments.front().conductance_per_ms /
         constants.total_conductance();
}

}  // namespace

JacobianEigenvalue::JacobianEigenvalue(const TrialMetricContext& context) : context_(context) {
  const proto::Network& network = context.network;
  const auto projections = static_cast<std::size_t>(network.projection_size());
  for (std::size_t back = 0; back < projections; ++back) {
    const proto::Projection& feedback = network.projection(static_cast<int>(back));
    if (feedback.compartment() != proto::APICAL) continue;
    for (std::size_t up = 0; up < projections; ++up) {
      const proto::Projection& feedforward = network.projection(static_cast<int>(up));
      if (feedforward.compartment() == proto::APICAL || feedforward.source() != feedback.target() ||
          feedforward.target() != feedback.source()) {
        continue;
      }
      const std::size_t hidden = population_index(network, feedback.target());
      const std::size_t above = population_index(network, feedback.source());
      Loop& loop = loops_.emplace_back(
          Loop{up, back, hidden, above, context.parameters.weights[back].targets(),
               context.parameters.weights[back].sources(),
               gain_of(network.population(static_cast<int>(above))),
               "jacobian_eigenvalue_" + feedback.target(), feedback.source()});
      loop.feedforward_jacobians.resize(kTrials * loop.hidden_size * loop.above_size);
      loop.feedback_jacobians.resize(loop.feedforward_jacobians.size());
    }
  }
  name_loops();
}

// A hidden population may be in several loops, which are then told apart by where they go.
void JacobianEigenvalue::name_loops() {
  for (Loop& loop : loops_) {
    const auto same = [&](const Loop& other) { return other.hidden == loop.hidden; };
    if (std::ranges::count_if(loops_, same) > 1) loop.column += "_" + loop.source;
  }
}

void JacobianEigenvalue::after_trial(std::size_t /*label*/) {
  for (Loop& loop : loops_) add(loop);
  ++trials_;
}

void JacobianEigenvalue::add(Loop& loop) const {
  const std::size_t at =
      static_cast<std::size_t>(trials_) % kTrials * loop.hidden_size * loop.above_size;
  float* const up = loop.feedforward_jacobians.data() + at;
  float* const back = loop.feedback_jacobians.data() + at;
  const auto v_above = context_.rule.potentials(loop.above);
  const auto plateaus = context_.rule.plateaus(loop.hidden).forward;
  const DenseWeights& w = context_.parameters.weights[loop.feedforward];
  const DenseWeights& y = context_.parameters.weights[loop.feedback];
  std::vector<float> slopes(loop.above_size);
  for (std::size_t k = 0; k < loop.above_size; ++k) {
    slopes[k] = static_cast<float>(loop.gain * slope(static_cast<double>(sigmoid(v_above[k]))));
  }
  for (std::size_t i = 0; i < loop.hidden_size; ++i) {
    const auto apical_slope = static_cast<float>(slope(static_cast<double>(plateaus[i])));
    for (std::size_t k = 0; k < loop.above_size; ++k) {
      up[i * loop.above_size + k] = slopes[k] * w.row(i)[k];
      back[i * loop.above_size + k] = apical_slope * y.row(k)[i];
    }
  }
}

double JacobianEigenvalue::largest_eigenvalue(const Loop& loop) {
  const std::size_t n = loop.above_size;
  const auto mean_of = [&](const std::vector<float>& jacobians) {
    std::vector<double> mean(loop.hidden_size * n, 0.0);
    for (std::size_t k = 0; k < jacobians.size(); ++k) {
      mean[k % mean.size()] += static_cast<double>(jacobians[k]) / kTrials;
    }
    return mean;
  };
  const std::vector<double> up = mean_of(loop.feedforward_jacobians);
  const std::vector<double> back = mean_of(loop.feedback_jacobians);
  std::vector<double> rest(n * n, 0.0);  // I - J_b J_g, by column
  for (std::size_t a = 0; a < n; ++a) rest[a * n + a] = 1;
  for (std::size_t i = 0; i < loop.hidden_size; ++i) {
    for (std::size_t b = 0; b < n; ++b) {
      for (std::size_t a = 0; a < n; ++a) rest[b * n + a] -= up[i * n + a] * back[i * n + b];
    }
  }
  return largest_eigenvalue_of_square(rest, n);
}

std::vector<MetricValue> JacobianEigenvalue::take() {
  std::vector<MetricValue> values;
  for (const Loop& loop : loops_) {
    values.push_back({loop.column, std::nullopt});
    if (trials_ >= static_cast<std::int64_t>(kTrials)) {
      values.back().value = largest_eigenvalue(loop);
    }
  }
  return values;
}

void JacobianEigenvalue::checkpoint(const Checkpoint& state) {
  state.number("trials", trials_);
  for (Loop& loop : loops_) {
    const Checkpoint place = state.in(loop.column);
    place.array("feedforward_jacobians", std::span(loop.feedforward_jacobians));
    place.array("feedback_jacobians", std::span(loop.feedback_jacobians));
  }
}

}  // namespace apical
