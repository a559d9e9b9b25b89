#include "models/rate_mode_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/feedforward_order.h"
#include "tests/learning/small_experiments.h"
#include "tests/models/rate_mode_reference.h"

namespace apical {
namespace {

void expect_near(std::span<const float> actual, const std::vector<double>& expected,
                 const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], 3e-6 * (1 + std::abs(expected[i]))) << what << ", " << i;
  }
}

proto::Experiment with_apical_conductance(proto::Experiment experiment, double conductance) {
  for (auto& population : *experiment.mutable_network()->mutable_population()) {
    if (population.has_pyramidal()) {
      population.mutable_pyramidal()->set_apical_conductance_per_ms(conductance);
    }
  }
  return experiment;
}

// Tick by tick, through images, teaching, changes of parameters and a silence.
void expect_the_reference(const proto::Experiment& experiment) {
  const proto::Network& description = experiment.network();
  Parameters parameters = initial_parameters(description, 1);
  RateModeNetwork network(description, parameters, 1);
  RateModeReference reference(description, parameters);
  const ImageSet images = noise_images(4, 12, 3);
  const auto compare = [&](const std::string& at) {
    for (std::size_t p = 1; p < reference.neurons.size(); ++p) {
      const auto& n = reference.neurons[p];
      const std::string where = at + ", population " + std::to_string(p);
      expect_near(network.rates(p), n.phi, where + ", phi");
      expect_near(network.potentials(p), n.v, where + ", V");
      if (n.is_output) continue;
      AlignedFloats v(padded(n.phi.size()));
      network.apical_mean(p, v);
      expect_near(std::span(v).first(n.phi.size()), n.v_apical, where + ", V_a");
    }
  };
  double now = 0;
  for (std::size_t k = 0; k < images.size(); ++k) {
    network.show(images.image(k));
    reference.show(images.image(k));
    for (int tick = 0; tick < 7; ++tick) {
      const bool taught = tick >= 3;
      if (tick == 3) network.teach(images.labels[k]);
      if (tick == 5 && k == 1) {
        parameters.weights[1].row(2)[1] += 3;
        parameters.biases[1][0] -= 1;
        network.parameters_changed();
        reference.read(parameters);
      }
      network.act_at(now, 1);
      network.simulation().run_until(now);
      reference.tick(taught ? images.labels[k] : -1);
      compare("image " + std::to_string(k) + ", tick " + std::to_string(tick));
      now += 1;
    }
    network.stop_teaching();
    if (k != 2) continue;
    network.clear_state();
    for (auto& n : reference.neurons) std::ranges::fill(n.phi, 0.0);
  }
}

TEST(RateModeNetwork, FollowsFromTheEquations) {
  for (const double conductance : {0.0, 0.05, 0.6}) {
    expect_the_reference(with_apical_conductance(one_hidden_layer(), conductance));
    expect_the_reference(with_apical_conductance(two_hidden_layers(), conductance));
  }
}

TEST(RateModeNetwork, HasNoHiddenLayerIfThereIsNone) {
  const proto::Network network = no_hidden_layer().network();
  const Parameters parameters = initial_parameters(network, 1);
  RateModeNetwork rates(network, parameters, 1);
  RateModeReference reference(network, parameters);
  const ImageSet images = noise_images(1, 12, 3);
  rates.show(images.image(0));
  reference.show(images.image(0));
  rates.act_at(0, 1);
  rates.simulation().run_until(0);
  reference.tick();
  expect_near(rates.output_potentials(), reference.neurons[1].v, "V");
}

// What is kept from tick to tick is what would be computed again.
TEST(RateModeNetwork, SameBitsIfEverythingIsComputedAgain) {
  const proto::Experiment experiment = with_apical_conductance(two_hidden_layers(), 0.3);
  const Parameters parameters = initial_parameters(experiment.network(), 1);
  RateModeNetwork one(experiment.network(), parameters, 1);
  RateModeNetwork other(experiment.network(), parameters, 1);
  const ImageSet images = noise_images(3, 12, 3);
  for (std::size_t k = 0; k < images.size(); ++k) {
    for (RateModeNetwork* network : {&one, &other}) {
      network->show(images.image(k));
      const Time now = network->simulation().now() + 1;
      for (int tick = 0; tick < 5; ++tick) {
        if (network == &other) network->parameters_changed();
        network->act_at(now + tick, 1);
        network->simulation().run_until(now + tick);
      }
    }
    for (std::size_t p = 0; p < 4; ++p) {
      EXPECT_TRUE(std::ranges::equal(one.rates(p), other.rates(p))) << p;
    }
  }
}

// A whole stretch of ticks at once, or each on its own; after a restart as at first.
TEST(RateModeNetwork, SameBitsHoweverTicksAreRunAndAfterARestart) {
  const proto::Experiment experiment = with_apical_conductance(two_hidden_layers(), 0.3);
  const Parameters parameters = initial_parameters(experiment.network(), 1);
  RateModeNetwork network(experiment.network(), parameters, 1);
  const ImageSet images = noise_images(2, 12, 3);
  const auto result = [&](bool at_once) {
    network.restart();
    network.show(images.image(0));
    if (at_once) {
      network.act_at(0, 6);
      network.simulation().run_until(5);
    }
    for (int tick = 0; !at_once && tick < 6; ++tick) {
      network.act_at(tick, 1);
      network.simulation().run_until(tick);
    }
    return std::vector<float>(network.output_potentials().begin(),
                              network.output_potentials().end());
  };
  const std::vector<float> first = result(true);
  network.show(images.image(1));
  network.act_at(6, 2);
  network.simulation().run_until(7);
  EXPECT_EQ(result(false), first);
  EXPECT_EQ(result(true), first);
}

// The file's order of populations does not matter, only that of the projections.
TEST(RateModeNetwork, PassesAnImageThroughAllLayersWithinATickWhateverTheFilesOrder) {
  const proto::Experiment experiment = two_hidden_layers();
  proto::Network reversed = experiment.network();
  std::ranges::reverse(*reversed.mutable_population());
  const Parameters parameters = initial_parameters(experiment.network(), 1);
  Parameters of_reversed = parameters;
  std::ranges::reverse(of_reversed.biases);
  RateModeNetwork one(experiment.network(), parameters, 1);
  RateModeNetwork other(reversed, of_reversed, 1);
  const ImageSet images = noise_images(1, 12, 3);
  for (RateModeNetwork* network : {&one, &other}) {
    network->show(images.image(0));
    network->act_at(0, 1);
    network->simulation().run_until(0);
  }
  EXPECT_TRUE(std::ranges::equal(one.output_potentials(), other.output_potentials()));
  EXPECT_EQ(one.events(), 3);
}

TEST(FeedforwardOrder, ComesFromTheInputUp) {
  proto::Network network = two_hidden_layers().network();
  EXPECT_EQ(feedforward_order(network), (std::vector<std::size_t>{0, 1, 2, 3}));
  std::ranges::reverse(*network.mutable_population());
  EXPECT_EQ(feedforward_order(network), (std::vector<std::size_t>{3, 2, 1, 0}));
  auto& back = *network.add_projection();
  back.set_source("second");
  back.set_target("first");
  back.set_compartment(proto::BASAL);
  EXPECT_EQ(feedforward_order(network), std::nullopt);
  back.set_compartment(proto::APICAL);
  EXPECT_TRUE(feedforward_order(network).has_value());
  back.set_target("second");
  back.set_compartment(proto::BASAL);
  EXPECT_EQ(feedforward_order(network), std::nullopt);
}

}  // namespace
}  // namespace apical
