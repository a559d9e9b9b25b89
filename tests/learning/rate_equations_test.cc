// The algorithms against their equations (docs/algorithms.md), written down once more in double
// precision, matrix by matrix, for fully connected networks: what layers and inverse models have
// become after some batches.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "learning/rate_algorithms.h"
#include "learning/rate_simulation.h"
#include "learning/target_rule.h"
#include "tests/learning/small_rate_networks.h"

namespace apical {
namespace {

using Vector = std::vector<double>;

// Uniform in +-sqrt(6 / (fan-in + fan-out)), as they are drawn and stored.
std::vector<float> glorot(StreamKey key, std::size_t fan_in, std::size_t fan_out) {
  const double bound = std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
  std::vector<float> weights(fan_in * fan_out);
  RandomStream stream(key);
  stream.uniforms(static_cast<float>(-bound), static_cast<float>(bound), weights);
  return weights;
}

// outputs x inputs.
struct Matrix {
  Matrix(std::size_t outputs, std::size_t inputs)
      : rows(outputs, Vector(inputs)), inputs_(inputs) {}

  // Those of a layer are stored by input, those of an inverse, which is its transpose, by output.
  static Matrix by_input(std::span<const float> w, std::size_t outputs, std::size_t inputs) {
    Matrix matrix(outputs, inputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) matrix.rows[o][i] = w[i * outputs + o];
    }
    return matrix;
  }
  static Matrix by_output(std::span<const float> w, std::size_t outputs, std::size_t inputs) {
    Matrix matrix(outputs, inputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) matrix.rows[o][i] = w[o * inputs + i];
    }
    return matrix;
  }

  std::size_t outputs() const { return rows.size(); }
  std::size_t inputs() const { return inputs_; }

  Vector times(const Vector& x) const {
    Vector y(outputs());
    for (std::size_t o = 0; o < outputs(); ++o) {
      for (std::size_t i = 0; i < inputs_; ++i) y[o] += rows[o][i] * x[i];
    }
    return y;
  }
  Vector transposed_times(const Vector& y) const {
    Vector x(inputs_);
    for (std::size_t o = 0; o < outputs(); ++o) {
      for (std::size_t i = 0; i < inputs_; ++i) x[i] += rows[o][i] * y[o];
    }
    return x;
  }

  std::vector<Vector> rows;

 private:
  std::size_t inputs_;
};

double activated(proto::Activation activation, double a) {
  if (activation == proto::SIGMOID) return 1 / (1 + std::exp(-a));
  return activation == proto::TANH ? std::tanh(a) : a;
}

// ds/da, by h = s(a).
double slope(proto::Activation activation, double h) {
  if (activation == proto::SIGMOID) return h * (1 - h);
  return activation == proto::TANH ? 1 - h * h : 1;
}

// s(W x + b), and gradient descent on what its errors are the gradient of.
struct Layer {
  Matrix weights;
  Vector biases;
  proto::Activation activation;

  Vector operator()(const Vector& x) const {
    Vector h = weights.times(x);
    for (std::size_t o = 0; o < h.size(); ++o) h[o] = activated(activation, h[o] + biases[o]);
    return h;
  }

  void step(double rate, const std::vector<Vector>& x, const std::vector<Vector>& errors) {
    const double each = rate / static_cast<double>(x.size());
    for (std::size_t n = 0; n < x.size(); ++n) {
      for (std::size_t o = 0; o < biases.size(); ++o) {
        biases[o] -= each * errors[n][o];
        for (std::size_t i = 0; i < x[n].size(); ++i) {
          weights.rows[o][i] -= each * errors[n][o] * x[n][i];
        }
      }
    }
  }
};

Vector beside(const Vector& a, const Vector& b) {
  Vector both = a;
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

constexpr double kRate = 0.1;
constexpr double kInverseRate = 0.2;
constexpr double kAlpha = 0.3;
constexpr float kSigma = 0.2F;
constexpr std::size_t kAuxiliary = 5;

// Layers are 1 .. L, and element 0 of what is by layer is not used.
class Equations {
 public:
  Equations(proto::Algorithm algorithm, proto::InverseLoss loss, std::vector<std::size_t> sizes,
            std::vector<proto::Activation> activations, std::uint64_t seed)
      : algorithm_(algorithm), loss_(loss), sizes_(std::move(sizes)), seed_(seed) {
    const Layer none{Matrix(0, 0), {}, proto::LINEAR};
    layers.push_back(none);
    inverses.assign(2, none);
    feedback_.assign(2, Matrix(0, 0));
    direct_.push_back(Matrix(0, 0));
    const std::size_t top = sizes_.size() - 1;
    for (std::size_t l = 1; l <= top; ++l) {
      const std::size_t out = sizes_[l];
      const std::size_t in = sizes_[l - 1];
      layers.push_back(
          {Matrix::by_input(glorot(key(l, Purpose::kInitialWeights), in, out), out, in),
           Vector(out), activations[l]});
      direct_.push_back(Matrix::by_input(
          glorot({seed_, static_cast<std::uint32_t>(l), Purpose::kFeedbackWeights, 1}, sizes_[top],
                 out),
          out, sizes_[top]));
      if (l == 1) continue;
      feedback_.push_back(
          Matrix::by_input(glorot(key(l, Purpose::kFeedbackWeights), in, out), out, in));
      const std::size_t seen = out + (is_beside_z(l) ? kAuxiliary : 0);
      inverses.push_back(
          {Matrix::by_output(glorot(key(l, Purpose::kInverseWeights), seen, in), in, seen),
           Vector(in), activations[l - 1]});
    }
    features_ = {
        Matrix::by_input(glorot(key(0, Purpose::kAuxiliaryWeights), sizes_[top - 1], kAuxiliary),
                         kAuxiliary, sizes_[top - 1]),
        Vector(kAuxiliary), activations[top - 1]};
  }

  std::size_t top() const { return sizes_.size() - 1; }
  std::size_t highest_inverse() const {
    if (algorithm_ == proto::BP || algorithm_ == proto::FA || algorithm_ == proto::DFA) return 1;
    return algorithm_ == proto::DTP ? top() - 1 : top();
  }

  void train(const std::vector<Vector>& images, const std::vector<Vector>& targets) {
    const std::size_t examples = images.size();
    // By layer, then example.
    std::vector<std::vector<Vector>> h(sizes_.size(), images);
    std::vector<std::vector<Vector>> e(sizes_.size(), images);
    for (std::size_t n = 0; n < examples; ++n) {
      const auto of = [&](std::size_t l) -> Vector& { return h[l][n]; };
      for (std::size_t l = 1; l <= top(); ++l) of(l) = layers[l](of(l - 1));
      softmax(of(top()));
      e[top()][n] = minus(of(top()), targets[n]);
      const std::vector<Vector> goal = hidden_targets(of, targets[n], e[top()][n]);
      for (std::size_t l = top() - 1; l >= 1; --l) {
        Vector& error = e[l][n];
        if (algorithm_ == proto::BP) {
          error = layers[l + 1].weights.transposed_times(e[l + 1][n]);
        } else if (algorithm_ == proto::FA) {
          error = feedback_[l + 1].transposed_times(e[l + 1][n]);
        } else if (algorithm_ == proto::DFA) {
          error = direct_[l].times(e[top()][n]);
        } else {
          error = minus(of(l), goal[l]);
          for (double& each : error) each *= 2;
        }
        for (std::size_t i = 0; i < error.size(); ++i) {
          error[i] *= slope(layers[l].activation, of(l)[i]);
        }
      }
    }
    const std::vector<Layer> before = layers;
    for (std::size_t l = 1; l <= top(); ++l) layers[l].step(kRate, h[l - 1], e[l]);
    for (std::size_t l = 2; l <= highest_inverse(); ++l) teach_inverse(l, before[l], h[l - 1]);
  }

  std::vector<Layer> layers;
  std::vector<Layer> inverses;

 private:
  StreamKey key(std::size_t l, Purpose purpose) const {
    return {seed_, static_cast<std::uint32_t>(l), purpose, 0};
  }
  bool is_beside_z(std::size_t l) const { return algorithm_ == proto::AO_SDTP && l == top(); }

  static Vector minus(Vector a, const Vector& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
    return a;
  }
  static void softmax(Vector& a) {
    double sum = 0;
    for (double& each : a) sum += each = std::exp(each);
    for (double& each : a) each /= sum;
  }

  std::vector<Vector> hidden_targets(const std::function<Vector&(std::size_t)>& h,
                                     const Vector& label, const Vector& output_error) const {
    std::vector<Vector> goal(sizes_.size());
    if (highest_inverse() < 2) return goal;
    goal[top()] = label;
    for (std::size_t l = top() - 1; l >= 1; --l) {
      if (algorithm_ == proto::DTP && l == top() - 1) {
        Vector step = layers[top()].weights.transposed_times(output_error);
        for (double& each : step) each *= kAlpha;
        goal[l] = minus(h(l), step);
        continue;
      }
      const auto g = [&](const Vector& above) {
        return inverses[l + 1](is_beside_z(l + 1) ? beside(above, features_(h(l))) : above);
      };
      goal[l] = g(goal[l + 1]);
      if (algorithm_ == proto::TP) continue;
      const Vector change = minus(goal[l], g(h(l + 1)));
      goal[l] = h(l);
      for (std::size_t i = 0; i < change.size(); ++i) goal[l][i] += change[i];
    }
    return goal;
  }

  // With noise of its own in each batch; `f` is the layer before it has learned.
  void teach_inverse(std::size_t l, const Layer& f, const std::vector<Vector>& below) {
    const std::size_t units = sizes_[l - 1];
    std::vector<float> noise(below.size() * units);
    // In whole tiles of 8,192 numbers, of which a draw gives four.
    RandomStream stream(key(l, Purpose::kInverseNoise), 2048 * tiles_[l]);
    stream.normals(kSigma, noise);
    tiles_[l] += (noise.size() + 8191) / 8192;
    std::vector<Vector> seen;
    std::vector<Vector> errors;
    for (std::size_t n = 0; n < below.size(); ++n) {
      Vector noisy = below[n];
      for (std::size_t i = 0; i < units; ++i) noisy[i] += noise[n * units + i];
      Vector above = f(noisy);
      if (l == top()) softmax(above);
      seen.push_back(is_beside_z(l) ? beside(above, features_(noisy)) : above);
      const Vector guess = inverses[l](seen.back());
      Vector error = minus(guess, loss_ == proto::NOISE_PRESERVING ? noisy : below[n]);
      for (std::size_t i = 0; i < units; ++i) {
        error[i] *= 2 * slope(inverses[l].activation, guess[i]);
      }
      errors.push_back(error);
    }
    inverses[l].step(kInverseRate, seen, errors);
  }

  proto::Algorithm algorithm_;
  proto::InverseLoss loss_;
  std::vector<std::size_t> sizes_;
  std::uint64_t seed_;
  std::vector<Matrix> feedback_;
  std::vector<Matrix> direct_;
  Layer features_{Matrix(0, 0), {}, proto::LINEAR};                    // of which z is
  std::vector<std::uint64_t> tiles_ = std::vector<std::uint64_t>(10);  // of noise, drawn up to now
};

std::vector<Vector> rows_of(ConstBatchView view) {
  std::vector<Vector> rows;
  for (std::size_t n = 0; n < view.batch; ++n) {
    const auto row = view.row(n);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

class RateEquations
    : public testing::TestWithParam<std::tuple<proto::Algorithm, proto::InverseLoss>> {};

// A network whose first layer has so many units.
void expect_same_parameters(proto::Algorithm algorithm, proto::InverseLoss loss,
                            std::size_t units = 9) {
  proto::Experiment experiment = dense_network();
  experiment.mutable_rate_network()->mutable_layer(0)->mutable_dense()->set_units(
      static_cast<int>(units));
  SmallRateNetwork small(experiment);
  proto::RateLearning& settings = small.settings();
  settings.set_algorithm(algorithm);
  settings.set_inverse_loss(loss);
  settings.set_alpha(kAlpha);
  settings.set_sigma(kSigma);
  settings.set_auxiliary_outputs(kAuxiliary);
  settings.mutable_optimizer()->mutable_sgd()->set_learning_rate(kRate);
  settings.mutable_optimizer()->mutable_sgd()->set_momentum(0);
  settings.mutable_inverse_optimizer()->mutable_sgd()->set_learning_rate(kInverseRate);
  settings.mutable_inverse_optimizer()->mutable_sgd()->set_momentum(0);
  Equations expected(algorithm, loss, {kSmallImage.size(), units, 8, 7, 3},
                     {proto::LINEAR, proto::TANH, proto::SIGMOID, proto::TANH, proto::LINEAR},
                     small.context().seed);

  const auto rule = make_rate_rule(small.context());
  RateSimulation simulation(small.context(), small.parameters, *rule, small.loss());
  constexpr std::uint32_t kBatches = 5;
  const RateParameters before = small.parameters;
  for (std::uint32_t b = 0; b < kBatches; ++b) {
    small.fill(simulation.batch(), b % 2 == 0 ? 6 : 4, b);
    expected.train(rows_of(simulation.batch().h(0)),
                   rows_of(simulation.batch().target.of(simulation.batch().size)));
    simulation.run({});
  }

  constexpr double kRounding = 2e-6;  // of sums of some twenty products near 1
  for (std::size_t l = 1; l <= expected.top(); ++l) {
    const Layer& layer = expected.layers[l];
    const AlignedFloats& found = small.parameters[l - 1];
    const std::size_t inputs = layer.weights.inputs();
    const std::size_t outputs = layer.weights.outputs();
    double moved = 0;
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) {
        const std::size_t at = i * outputs + o;
        ASSERT_NEAR(found[at], layer.weights.rows[o][i], kRounding) << "W_" << l;
        moved = std::max(moved, std::abs(static_cast<double>(found[at]) - before[l - 1][at]));
      }
      ASSERT_NEAR(found[inputs * outputs + o], layer.biases[o], kRounding) << "b_" << l;
    }
    EXPECT_GT(moved, 100 * kRounding) << "W_" << l;
  }
  if (expected.highest_inverse() < 2) return;
  auto& targets = dynamic_cast<TargetRule&>(*rule);
  for (std::size_t l = 2; l <= expected.highest_inverse(); ++l) {
    const Layer& inverse = expected.inverses[l];
    const std::span<const float> found = targets.inverse(l).parameters();
    const std::size_t inputs = inverse.weights.inputs();
    const std::size_t outputs = inverse.weights.outputs();
    ASSERT_EQ(found.size(), (inputs + 1) * outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) {
        ASSERT_NEAR(found[o * inputs + i], inverse.weights.rows[o][i], kRounding) << "V_" << l;
      }
      ASSERT_NEAR(found[inputs * outputs + o], inverse.biases[o], kRounding) << "c_" << l;
    }
  }
}

TEST_P(RateEquations, LeadToTheSameParameters) {
  const auto [algorithm, loss] = GetParam();
  expect_same_parameters(algorithm, loss);
}

// The noise of a batch of 6 fills more than one tile of 8,192 numbers, that of one of 4 does not.
TEST(RateEquationsOfWideLayers, LeadToTheSameParameters) {
  expect_same_parameters(proto::DTP, proto::DENOISING, 1500);
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, RateEquations,
    testing::Combine(testing::Values(proto::TP, proto::DTP, proto::SDTP, proto::AO_SDTP),
                     testing::Values(proto::NOISE_PRESERVING, proto::DENOISING)),
    [](const auto& tested) {
      return proto::Algorithm_Name(std::get<0>(tested.param)) + "_" +
             proto::InverseLoss_Name(std::get<1>(tested.param));
    });
INSTANTIATE_TEST_SUITE_P(WithoutInverses, RateEquations,
                         testing::Combine(testing::Values(proto::BP, proto::FA, proto::DFA),
                                          testing::Values(proto::DENOISING)),
                         [](const auto& tested) {
                           return proto::Algorithm_Name(std::get<0>(tested.param));
                         });

}  // namespace
}  // namespace apical
