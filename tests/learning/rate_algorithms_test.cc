// The laws that the rate algorithms obey.

#include "learning/rate_algorithms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "learning/auxiliary_output_target_propagation.h"
#include "learning/backpropagation.h"
#include "learning/difference_target_propagation.h"
#include "learning/direct_feedback_alignment.h"
#include "learning/feedback_alignment.h"
#include "learning/rate_simulation.h"
#include "learning/simplified_difference_target_propagation.h"
#include "learning/target_propagation.h"
#include "models/rate/dense_map.h"
#include "tests/learning/small_rate_networks.h"

namespace apical {
namespace {

// Computes activities, the output's loss and, by the rule, all errors.
void compute(SmallRateNetwork& small, RateRule* rule, RateBatch& batch) {
  const std::size_t top = small.network.layers();
  for (std::size_t l = 1; l < top; ++l) {
    small.network.layer(l).apply(small.parameters[l - 1], batch.h(l - 1), batch.h(l));
  }
  Activities logits(batch.size, small.network.size(top));
  batch.loss = output_loss(small.loss(), small.network.layer(top), small.parameters[top - 1], batch,
                           logits.of(batch.size));
  for (std::size_t l = top - 1; rule != nullptr && l >= 1; --l) rule->find_error(l, batch);
}

std::vector<float> values(ConstBatchView view) {
  const auto all = view.all();
  return {all.begin(), all.end()};
}

class Gradients : public testing::TestWithParam<std::string> {
 protected:
  static proto::Experiment experiment() {
    if (GetParam() == "dense") return dense_network();
    proto::Experiment local =
        local_network(GetParam() == "squared_error" ? "locally_connected" : GetParam());
    if (GetParam() == "squared_error") {
      local.mutable_rate_network()->set_loss(proto::SQUARED_ERROR);
      local.mutable_rate_network()->mutable_layer(3)->set_activation(proto::TANH);
    }
    return local;
  }
};

// Central differences of the mean loss. In single precision a difference of losses near 1 is right
// to about 1e-6 / 2e-2; the third derivatives add as much.
TEST_P(Gradients, OfWholeNetworksAreThoseOfFiniteDifferences) {
  SmallRateNetwork small(experiment());
  RateBatch batch(small.network, 6);
  small.fill(batch, 6);
  Backpropagation rule(small.context());
  compute(small, &rule, batch);
  std::vector<AlignedFloats> gradients;
  for (std::size_t l = 1; l <= small.network.layers(); ++l) {
    AlignedFloats gradient(small.parameters[l - 1].size());
    small.network.layer(l).gradient_in_parts(
        batch.h(l - 1), batch.e(l), [&](std::size_t first, std::span<const float> part) {
          for (const float sum : part) gradient[first++] = sum / static_cast<float>(batch.size);
        });
    gradients.push_back(std::move(gradient));
  }
  constexpr float kStep = 1e-2F;
  for (std::size_t l = 0; l < gradients.size(); ++l) {
    for (std::size_t i = 0; i < gradients[l].size(); ++i) {
      float& parameter = small.parameters[l][i];
      const float before = parameter;
      const auto loss_at = [&](float value) {
        parameter = value;
        compute(small, nullptr, batch);
        return batch.loss / static_cast<double>(batch.size);
      };
      const double difference = loss_at(before + kStep) - loss_at(before - kStep);
      parameter = before;
      EXPECT_NEAR(gradients[l][i], difference / (2 * kStep), 5e-4)
          << "layer " << l + 1 << ", " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Gradients,
                         testing::Values("dense", "locally_connected", "convolutional",
                                         "squared_error"),
                         [](const auto& tested) { return tested.param; });

// Runs batches of both kinds of size through the simulation.
void train(SmallRateNetwork& small, RateRule& rule, int batches, RateUpdates updates = {}) {
  RateSimulation simulation(small.context(), small.parameters, rule, small.loss());
  for (int b = 0; b < batches; ++b) {
    small.fill(simulation.batch(), b % 2 == 0 ? 6 : 4, static_cast<std::uint32_t>(b));
    simulation.run(updates);
  }
}

TEST(FeedbackAlignment, WithTheTransposedWeightsIsBackpropagationBitForBit) {
  for (const std::string network : {"dense", "locally_connected", "convolutional"}) {
    const proto::Experiment experiment =
        network == "dense" ? dense_network() : local_network(network);
    SmallRateNetwork one(experiment);
    SmallRateNetwork other(experiment);
    Backpropagation exact(one.context());
    FeedbackAlignment aligned(other.context());
    RateSimulation exactly(one.context(), one.parameters, exact, one.loss());
    RateSimulation by_feedback(other.context(), other.parameters, aligned, other.loss());
    for (std::uint32_t b = 0; b < 4; ++b) {
      for (std::size_t l = 2; l <= other.network.layers(); ++l) {
        std::ranges::copy(other.context().weights_of(l), aligned.feedback(l).begin());
      }
      one.fill(exactly.batch(), 6, b);
      other.fill(by_feedback.batch(), 6, b);
      exactly.run({});
      by_feedback.run({});
      EXPECT_EQ(one.parameters, other.parameters) << network << ", batch " << b;
    }
  }
}

TEST(FeedbackAlignment, DrawsWeightsOfItsOwn) {
  SmallRateNetwork small(dense_network());
  FeedbackAlignment rule(small.context());
  EXPECT_NE(rule.feedback(2)[0], small.parameters[1][0]);
}

// The error of each layer is a fixed linear function of the output's error alone.
TEST(DirectFeedbackAlignment, IsLinearInTheOutputsErrorAndForgetsTheWeights) {
  proto::Experiment linear = dense_network();
  for (int l = 0; l < 3; ++l) {  // slopes of 1
    linear.mutable_rate_network()->mutable_layer(l)->set_activation(proto::LINEAR);
  }
  SmallRateNetwork small(linear);
  DirectFeedbackAlignment rule(small.context());
  RateBatch batch(small.network, 6);
  small.fill(batch, 4);
  const BatchView output = batch.e(4);
  std::ranges::fill(output.all(), 0.0F);
  for (std::size_t i = 0; i < 3; ++i) output.row(i)[i] = 1;
  const float weights[] = {0.5F, -2, 0.25F};
  std::ranges::copy(weights, output.row(3).begin());
  for (std::size_t l = 3; l >= 1; --l) {
    rule.find_error(l, batch);
    const ConstBatchView e = batch.e(l);
    bool any = false;
    for (std::size_t i = 0; i < e.size; ++i) {
      const float sum = 0.5F * e.row(0)[i] - 2 * e.row(1)[i] + 0.25F * e.row(2)[i];
      EXPECT_NEAR(e.row(3)[i], sum, 1e-6);
      any = any || sum != 0;
    }
    EXPECT_TRUE(any);
    const std::vector<float> before = values(e);
    for (AlignedFloats& parameters : small.parameters) parameters[0] += 1;
    rule.find_error(l, batch);
    EXPECT_EQ(values(batch.e(l)), before);
  }
}

// A linear network whose layers permute and scale, so that their inverses are exact in floats:
// output k of each is scale_k times input k + 1.
class LinearNetwork : public testing::Test {
 protected:
  static constexpr std::size_t kUnits = 4;

  static proto::Experiment experiment(const std::string& more) {
    return rate_experiment(R"(
      rate_network {
        layer { name: "a" dense { units: 4 } activation: LINEAR }
        layer { name: "b" dense { units: 4 } activation: LINEAR }
        layer { name: "c" dense { units: 4 } activation: LINEAR }
        layer { name: "o" dense { units: 4 } activation: LINEAR }
        loss: SQUARED_ERROR
      }
      training { rate_learning { batch_size: 5 )" +
                           more + "} }");
  }

  static float scale(std::size_t k) { return std::ldexp(1.0F, static_cast<int>(k) - 1); }

  // Sets layers 2 .. 4, with biases, and those of their inverses that there are.
  void make_exact(SmallRateNetwork& small, TargetRule& rule, std::size_t highest_inverse) {
    for (std::size_t l = 2; l <= 4; ++l) {
      AlignedFloats& p = small.parameters[l - 1];
      std::ranges::fill(p, 0.0F);
      for (std::size_t k = 0; k < kUnits; ++k) {
        const std::size_t input = (k + 1) % kUnits;
        p[input * kUnits + k] = scale(k);  // weights are stored by input
        p[kUnits * kUnits + k] = 0.5F;     // bias
        if (l > highest_inverse) continue;
        const auto inverse = rule.inverse(l).parameters();
        std::fill_n(inverse.begin() + static_cast<std::ptrdiff_t>(input * kUnits), kUnits, 0.0F);
        inverse[input * kUnits + k] = 1 / scale(k);
        inverse[kUnits * kUnits + input] = -0.5F / scale(k);
      }
    }
  }

  // W_l^{-1} v.
  static std::vector<float> inverted(std::span<const float> v) {
    std::vector<float> result(kUnits);
    for (std::size_t k = 0; k < kUnits; ++k) result[(k + 1) % kUnits] = v[k] / scale(k);
    return result;
  }
};

TEST_F(LinearNetwork, DtpGivesTheClosedFormTarget) {
  SmallRateNetwork small(experiment("algorithm: DTP alpha: 0.25"));
  DifferenceTargetPropagation rule(small.context());
  make_exact(small, rule, 3);
  RateBatch batch(small.network, 5);
  small.fill(batch, 5);
  compute(small, &rule, batch);
  for (std::size_t n = 0; n < 5; ++n) {
    // h^_3 - h_3 = -alpha W_4^T dL/da_4, and below times the inverse weights.
    std::vector<float> step(kUnits);
    for (std::size_t k = 0; k < kUnits; ++k) {
      step[(k + 1) % kUnits] = -0.25F * scale(k) * batch.e(4).row(n)[k];
    }
    for (std::size_t l = 3; l >= 1; --l) {
      for (std::size_t k = 0; k < kUnits; ++k) {
        EXPECT_NEAR(batch.e(l).row(n)[k], -2 * step[k], 2e-5) << l;
      }
      step = inverted(step);
    }
  }
}

TEST_F(LinearNetwork, SdtpAndTpBringTheOutputToItsTarget) {
  for (const bool difference : {true, false}) {
    SmallRateNetwork small(experiment("algorithm: SDTP"));
    std::unique_ptr<TargetRule> rule;
    if (difference) {
      rule = std::make_unique<SimplifiedDifferenceTargetPropagation>(small.context());
    } else {
      rule = std::make_unique<TargetPropagation>(small.context());
    }
    make_exact(small, *rule, 4);
    RateBatch batch(small.network, 5);
    small.fill(batch, 5);
    compute(small, rule.get(), batch);
    // With each layer's activity at its target, the output is at the label: exact inverses of an
    // exact chain.
    for (std::size_t n = 0; n < 5; ++n) {
      std::vector<float> step(kUnits);
      for (std::size_t k = 0; k < kUnits; ++k) {
        step[k] = batch.target.of(5).row(n)[k] - batch.h(4).row(n)[k];
      }
      for (std::size_t l = 3; l >= 1; --l) {
        step = inverted(step);
        for (std::size_t k = 0; k < kUnits; ++k) {
          EXPECT_NEAR(batch.e(l).row(n)[k], -2 * step[k], 1e-4) << l;
        }
      }
    }
  }
}

// What is the same in both terms of the difference, such as z, cancels in a linear network:
// h^_3 = h_3 + V_o (o^ - o), with V_o the columns of the inverse that see the output.
TEST_F(LinearNetwork, AuxiliaryOutputsCancel) {
  constexpr std::size_t kAuxiliary = 6;
  SmallRateNetwork small(experiment("algorithm: AO_SDTP auxiliary_outputs: 6"));
  AuxiliaryOutputTargetPropagation rule(small.context());
  make_exact(small, rule, 3);
  RateBatch batch(small.network, 5);
  small.fill(batch, 5);
  compute(small, &rule, batch);
  const auto v = rule.inverse(4).parameters();
  for (std::size_t n = 0; n < 5; ++n) {
    std::vector<float> step(kUnits);
    for (std::size_t j = 0; j < kUnits; ++j) {
      for (std::size_t i = 0; i < kUnits; ++i) {
        step[j] += v[j * (kUnits + kAuxiliary) + i] *
                   (batch.target.of(5).row(n)[i] - batch.h(4).row(n)[i]);
      }
    }
    for (std::size_t l = 3; l >= 1; --l) {
      for (std::size_t k = 0; k < kUnits; ++k) {
        EXPECT_NEAR(batch.e(l).row(n)[k], -2 * step[k], 1e-4) << l;
      }
      step = inverted(step);
    }
  }
}

proto::Experiment with_algorithm(proto::Experiment experiment, proto::Algorithm algorithm) {
  experiment.mutable_training()->mutable_rate_learning()->set_algorithm(algorithm);
  return experiment;
}

TEST(AuxiliaryOutputs, NoneAtAllAreSdtpBitForBit) {
  proto::Experiment experiment = local_network("locally_connected");
  experiment.mutable_training()->mutable_rate_learning()->set_auxiliary_outputs(0);
  SmallRateNetwork one(experiment);
  SmallRateNetwork other(experiment);
  SimplifiedDifferenceTargetPropagation simplified(one.context());
  AuxiliaryOutputTargetPropagation auxiliary(other.context());
  const RateParameters before = one.parameters;
  train(one, simplified, 5);
  train(other, auxiliary, 5);
  EXPECT_NE(one.parameters, before);
  EXPECT_EQ(one.parameters, other.parameters);
  for (std::size_t l = 2; l <= 4; ++l) {
    EXPECT_TRUE(
        std::ranges::equal(simplified.inverse(l).parameters(), auxiliary.inverse(l).parameters()));
  }
}

TEST(AuxiliaryOutputs, WidenTheInverseOfTheOutput) {
  SmallRateNetwork small(dense_network());
  small.settings().set_auxiliary_outputs(11);
  AuxiliaryOutputTargetPropagation rule(small.context());
  EXPECT_EQ(rule.inverse(4).inputs(), 3 + 11);
  EXPECT_EQ(rule.inverse(3).inputs(), 7);
}

// With z = s(A h_3), whose A is drawn once and does not learn, and s = tanh:
//   h^_3 = h_3 + s(V_o o^ + V_z z + c) - s(V_o o + V_z z + c)
TEST(AuxiliaryOutputs, AreFixedFeaturesOfThePenultimateLayer) {
  constexpr std::size_t kHidden = 7;
  constexpr std::size_t kOutputs = 3;
  constexpr std::size_t kAuxiliary = 11;
  SmallRateNetwork small(dense_network());
  small.settings().set_auxiliary_outputs(kAuxiliary);
  AuxiliaryOutputTargetPropagation rule(small.context());
  train(small, rule, 5);
  RateBatch batch(small.network, 6);
  small.fill(batch, 6);
  compute(small, &rule, batch);
  AffineLayer features(std::make_unique<DenseMap>(Shape{1, 1, kHidden}, Shape{1, 1, kAuxiliary}),
                       proto::TANH, kAuxiliary);
  RandomStream stream({small.context().seed, 0, Purpose::kAuxiliaryWeights, 0});
  const AlignedFloats a = features.initial_parameters(stream);
  AlignedFloats z(6 * kAuxiliary);
  features.apply(a, batch.h(3), {z.data(), 6, kAuxiliary});
  const auto v = rule.inverse(4).parameters();
  constexpr std::size_t kSeen = kOutputs + kAuxiliary;
  double largest_without_z = 0;
  for (std::size_t n = 0; n < 6; ++n) {
    for (std::size_t j = 0; j < kHidden; ++j) {
      const auto inverse = [&](std::span<const float> output, bool with_z) {
        double sum = v[kHidden * kSeen + j];
        for (std::size_t i = 0; i < kOutputs; ++i) sum += v[j * kSeen + i] * output[i];
        for (std::size_t i = 0; with_z && i < kAuxiliary; ++i) {
          sum += v[j * kSeen + kOutputs + i] * z[n * kAuxiliary + i];
        }
        return std::tanh(sum);
      };
      const auto error = [&](bool with_z) {
        const double h = batch.h(3).row(n)[j];
        const double step =
            inverse(batch.target.of(6).row(n), with_z) - inverse(batch.h(4).row(n), with_z);
        return -2 * step * (1 - h * h);
      };
      const double found = batch.e(3).row(n)[j];
      EXPECT_NEAR(found, error(true), 1e-5);
      largest_without_z = std::max(largest_without_z, std::fabs(found - error(false)));
    }
  }
  EXPECT_GT(largest_without_z, 0.01);
}

class EveryTargetRule : public testing::TestWithParam<proto::Algorithm> {
 protected:
  std::vector<std::vector<float>> inverses(TargetRule& rule) const {
    std::vector<std::vector<float>> all;
    for (std::size_t l = 2; l <= highest(); ++l) {
      const auto parameters = rule.inverse(l).parameters();
      all.emplace_back(parameters.begin(), parameters.end());
    }
    return all;
  }
  static std::size_t highest() { return GetParam() == proto::DTP ? 3 : 4; }
};

TEST_P(EveryTargetRule, ChangesWhatTheScheduleSaysAndNothingElse) {
  SmallRateNetwork small(with_algorithm(local_network("locally_connected"), GetParam()));
  const auto rule = make_rate_rule(small.context());
  auto& targets = dynamic_cast<TargetRule&>(*rule);
  const RateParameters layers_before = small.parameters;
  const auto inverses_before = inverses(targets);
  train(small, *rule, 1, {.layers = false, .rule = true});
  EXPECT_EQ(small.parameters, layers_before);
  const auto inverses_learned = inverses(targets);
  for (std::size_t g = 0; g < inverses_before.size(); ++g) {
    EXPECT_NE(inverses_learned[g], inverses_before[g]) << g;
  }
  train(small, *rule, 1, {.layers = true, .rule = false});
  EXPECT_EQ(inverses(targets), inverses_learned);
  for (std::size_t l = 0; l < layers_before.size(); ++l) {
    EXPECT_NE(small.parameters[l], layers_before[l]) << l;
  }
  const RateParameters layers_learned = small.parameters;
  train(small, *rule, 1, {.layers = true, .rule = true});
  EXPECT_NE(small.parameters, layers_learned);
  EXPECT_NE(inverses(targets), inverses_learned);
}

// Without noise both losses of the inverse models are the same.
TEST_P(EveryTargetRule, NoiseIsWhatTheInverseLossesDifferIn) {
  const auto learned = [](double sigma, proto::InverseLoss loss) {
    SmallRateNetwork small(with_algorithm(dense_network(), GetParam()));
    small.settings().set_sigma(sigma);
    small.settings().set_inverse_loss(loss);
    const auto rule = make_rate_rule(small.context());
    train(small, *rule, 3);
    return small.parameters;
  };
  EXPECT_EQ(learned(0, proto::NOISE_PRESERVING), learned(0, proto::DENOISING));
  EXPECT_NE(learned(0.1, proto::NOISE_PRESERVING), learned(0.1, proto::DENOISING));
}

// In parallel the layers' errors come from inverse models of before the batch.
TEST_P(EveryTargetRule, FirstBatchTeachesLayersTheSameInBothSchedules) {
  const auto learned = [](bool inverses) {
    SmallRateNetwork small(with_algorithm(dense_network(), GetParam()));
    const auto rule = make_rate_rule(small.context());
    train(small, *rule, 1, {.layers = true, .rule = inverses});
    return small.parameters;
  };
  EXPECT_EQ(learned(true), learned(false));
}

TEST_P(EveryTargetRule, InverseModelsLearnToInvert) {
  SmallRateNetwork small(with_algorithm(dense_network(), GetParam()));
  small.settings().set_sigma(0.05);
  small.settings().mutable_inverse_optimizer()->mutable_adam()->set_learning_rate(0.01);
  const auto rule = make_rate_rule(small.context());
  auto& targets = dynamic_cast<TargetRule&>(*rule);
  RateBatch batch(small.network, 6);
  small.fill(batch, 6);
  compute(small, nullptr, batch);
  const auto error = [&] {
    Activities below(6, small.network.size(2));
    targets.inverse(3).apply(batch.h(3), below.of(6));
    double sum = 0;
    for (std::size_t i = 0; i < below.of(6).all().size(); ++i) {
      sum += std::pow(below.of(6).all()[i] - batch.h(2).all()[i], 2);
    }
    return sum;
  };
  const double before = error();
  train(small, *rule, 400, {.layers = false, .rule = true});
  EXPECT_LT(error(), 0.3 * before);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EveryTargetRule,
                         testing::Values(proto::TP, proto::DTP, proto::SDTP, proto::AO_SDTP),
                         [](const auto& tested) { return proto::Algorithm_Name(tested.param); });

// One and the same loss falls with every algorithm that follows a descent direction or close to.
class EveryAlgorithm : public testing::TestWithParam<proto::Algorithm> {};

TEST_P(EveryAlgorithm, LearnsASmallBatchByHeart) {
  SmallRateNetwork small(with_algorithm(dense_network(), GetParam()));
  small.settings().mutable_optimizer()->mutable_adam()->set_learning_rate(0.003);
  small.settings().mutable_inverse_optimizer()->mutable_adam()->set_learning_rate(0.01);
  const auto rule = make_rate_rule(small.context());
  RateSimulation simulation(small.context(), small.parameters, *rule, small.loss());
  double first = 0;
  for (int step = 0; step < 600; ++step) {
    small.fill(simulation.batch(), 6);
    simulation.run({});
    if (step == 0) first = simulation.batch().loss;
  }
  EXPECT_LT(simulation.batch().loss, 0.2 * first);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EveryAlgorithm,
                         testing::Values(proto::BP, proto::FA, proto::DFA, proto::TP, proto::DTP,
                                         proto::SDTP, proto::AO_SDTP),
                         [](const auto& tested) { return proto::Algorithm_Name(tested.param); });

// The synchronous mode's clock: 2 L + 1 ticks a batch, and three acts a layer.
TEST(RateSimulation, TakesTicksAsItsGraphImplies) {
  SmallRateNetwork small(dense_network());
  Backpropagation rule(small.context());
  RateSimulation simulation(small.context(), small.parameters, rule, small.loss());
  for (int b = 1; b <= 3; ++b) {
    small.fill(simulation.batch(), 6);
    simulation.run({});
    EXPECT_EQ(simulation.now(), b * 9);
    EXPECT_EQ(simulation.events(), static_cast<std::uint64_t>(b) * 12);
  }
}

}  // namespace
}  // namespace apical
