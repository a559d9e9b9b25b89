#include "learning/output_classes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <vector>

#include "tests/learning/small_experiments.h"

namespace apical {
namespace {

TEST(OutputClasses, OneNeuronPerClassAnswersWithItsIndex) {
  const OutputClasses classes;
  EXPECT_EQ(classes.answer(std::array{-3.0F, 2.0F, -1.0F}), 1U);
  EXPECT_EQ(classes.answer(std::array{-3.0F}), 0U);
  EXPECT_EQ(classes.answer(std::array{2.0F, 5.0F, 5.0F}), 1U);  // the first of equal ones
}

// The highest neuron does not decide, nor does the lowest.
TEST(OutputClasses, TheHighestMeanDecides) {
  const OutputClasses classes{.neurons_per_class = 3};
  EXPECT_EQ(classes.answer(std::array{9.0F, -9.0F, 0.0F, 1.0F, 2.0F, 3.0F, 5.0F, 0.5F, 0.0F}), 1U);
  EXPECT_EQ(classes.answer(std::array{1.0F, 1.0F, 1.0F, 3.0F, 0.0F, 0.0F}), 0U);
  EXPECT_EQ(classes.first_neuron(2), 6U);
}

// Its neurons' potentials repeated, a class is answered as often as before.
TEST(OutputClasses, RepeatedNeuronsGiveTheSameAnswers) {
  const ImageSet numbers = noise_images(50, 12, 3);
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    std::vector<float> once;
    std::vector<float> repeated;
    for (const auto value : numbers.image(n)) {
      once.push_back(0.1F * static_cast<float>(value) - 11);
      repeated.insert(repeated.end(), 7, once.back());
    }
    EXPECT_EQ((OutputClasses{.neurons_per_class = 7}.answer(repeated)),
              OutputClasses{}.answer(once));
  }
}

TEST(OutputClasses, FollowFromTheSizeOfTheOutput) {
  proto::Network network = one_hidden_layer().network();
  EXPECT_EQ(output_classes(network, 3).neurons_per_class, 1U);
  network.mutable_population(2)->set_size(12);
  EXPECT_EQ(output_classes(network, 3).neurons_per_class, 4U);
}

}  // namespace
}  // namespace apical
