#include "learning/feedback_angle.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "models/experiment_defaults.h"
#include "models/network_path.h"

namespace apical {
namespace {

std::optional<double> angle_between(const DenseWeights& a, const DenseWeights& b) {
  double product = 0;
  double a_square = 0;
  double b_square = 0;
  for (std::size_t j = 0; j < a.sources(); ++j) {
    for (std::size_t i = 0; i < a.targets(); ++i) {
      const auto x = static_cast<double>(a.row(j)[i]);
      const auto y = static_cast<double>(b.row(j)[i]);
      product += x * y;
      a_square += x * x;
      b_square += y * y;
    }
  }
  if (a_square == 0 || b_square == 0) return std::nullopt;
  const double cosine = product / std::sqrt(a_square * b_square);
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

}  // namespace

FeedbackAngle::FeedbackAngle(const TrialMetricContext& context) {
  for (int p = 0; p < context.network.projection_size(); ++p) {
    const proto::Projection& projection = context.network.projection(p);
    if (projection.compartment() != proto::APICAL ||
        !feedforward_path(context.network, projection.target(), projection.source())) {
      continue;
    }
    feedback_.push_back({&context.parameters.weights[static_cast<std::size_t>(p)],
                         TransposedPath(context.network, p, context.parameters),
                         "feedback_angle_degrees_" + name_of(projection)});
  }
}

std::vector<MetricValue> FeedbackAngle::take() {
  std::vector<MetricValue> values;
  for (Feedback& each : feedback_) {
    DenseWeights symmetric(each.weights->sources(), each.weights->targets());
    each.path.find({}, symmetric);
    values.push_back({each.column, angle_between(*each.weights, symmetric)});
  }
  return values;
}

}  // namespace apical
