#include "tools/experiment_difference.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace apical {
namespace {

proto::Experiment experiment(const std::string& text) {
  proto::Experiment message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    throw std::invalid_argument(text);
  }
  return message;
}

std::string difference_of(const std::string& there, const std::string& here) {
  return difference(experiment(there), experiment(here));
}

TEST(ExperimentDifference, NamesTheFirstField) {
  const std::string text = "seed: 1 network { population { name: 'a' size: 60 } } ";
  EXPECT_EQ(difference_of(text, text), "");
  EXPECT_EQ(difference_of(text, "seed: 2 network { population { name: 'a' size: 60 } }"),
            "seed is 1 there and 2 here");
  EXPECT_EQ(difference_of(text, "seed: 1 network { population { name: 'a' size: 70 } }"),
            "network.population[0].size is 60 there and 70 here");
  EXPECT_EQ(difference_of(text, text + "data { name: 'mnist' }"),
            "data is not there and { name: \"mnist\" } here");
  EXPECT_EQ(difference_of(text, "seed: 1"),
            "network is { population { name: \"a\" size: 60 } } there and not here");
}

TEST(ExperimentDifference, WhatMayChangeDoesNotCount) {
  EXPECT_EQ(difference_of("training { epochs: 3 checkpoint_minutes: 1 }",
                          "training { epochs: 4 checkpoint_minutes: 2 }"),
            "");
  EXPECT_NE(difference_of("training { epochs: 0 checkpoint_minutes: 1 }",
                          "training { epochs: 4 checkpoint_minutes: 1 }"),
            "");
}

}  // namespace
}  // namespace apical
