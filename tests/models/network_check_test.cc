#include "models/network_check.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "models/field_ranges.h"

namespace apical {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// One field a line, so that each has a line of its own.
constexpr const char* kNetwork = R"(network {
  population {
    name: "input"
    size: 784
    poisson_source {
      max_rate_hz: 200
    }
  }
  population {
    name: "hidden"
    size: 500
    pyramidal {
      leak_conductance_per_ms: 0.1
      basal_conductance_per_ms: 0.6
      apical_conductance_per_ms: 0
      postsynaptic_potential { tau_leak_ms: 10 tau_synapse_ms: 3 }
      bias { mean: 0.8 sd: 0.001 }
    }
  }
  population {
    name: "output"
    size: 10
    output {
      teaching_conductance_per_ms: 1
    }
  }
  projection {
    source: "input"
    target: "hidden"
    compartment: BASAL
    plasticity { segregated_dendrites { learning_rate: 0.21 } }
  }
  projection {
    source: "hidden"
    target: "output"
    compartment: DENDRITE
    delay_ms: 0
    plasticity { segregated_dendrites { learning_rate: 0.21 } }
  }
  projection {
    source: "output"
    target: "hidden"
    compartment: APICAL
    initializer { matched_moments { fan_in_of: "hidden_to_output" } }
  }
}
)";

std::vector<std::string> check(const ExperimentFile& file) {
  std::vector<Mistake> mistakes = file.mistakes();
  check_network(file, mistakes);
  sort_mistakes(mistakes);
  std::vector<std::string> lines;
  std::ranges::transform(mistakes, std::back_inserter(lines), to_string);
  return lines;
}

// The network with one piece of its text replaced.
std::vector<std::string> check_replaced(const std::string& old_text, const std::string& new_text) {
  std::string text = kNetwork;
  const std::size_t position = text.find(old_text);
  EXPECT_NE(position, std::string::npos) << old_text;
  return check(ExperimentFile::parse(text.replace(position, old_text.size(), new_text), "f"));
}

std::vector<std::string> check_set(const std::vector<std::string>& assignments) {
  std::vector<Override> overrides;
  std::ranges::transform(assignments, std::back_inserter(overrides), Override::from_set);
  return check(ExperimentFile::parse(kNetwork, "f", overrides));
}

struct Replacement {
  std::string old_text;
  std::string new_text;
  std::string mistake;  // how the only one begins
};

void expect_mistakes(const std::vector<Replacement>& cases) {
  for (const Replacement& one : cases) {
    EXPECT_THAT(check_replaced(one.old_text, one.new_text), ElementsAre(StartsWith(one.mistake)))
        << one.new_text;
  }
}

TEST(NetworkCheck, FindsNothingInAGoodNetwork) {
  EXPECT_THAT(check(ExperimentFile::parse(kNetwork, "f")), IsEmpty());
  EXPECT_THAT(check(ExperimentFile::parse("", "f")), IsEmpty());
  EXPECT_THAT(check(ExperimentFile::parse("network {}", "f")),
              ElementsAre(StartsWith("f:1: no populations; ")));
}

TEST(NetworkCheck, NamesOfPopulations) {
  EXPECT_THAT(check_replaced("\"input\"", "\"in put\""),
              Contains(StartsWith("f:3: `in put` cannot be a population's name; use letters, ")));
  EXPECT_THAT(check_replaced("\"input\"", "\"\""),
              Contains(StartsWith("f:3: population without a name; add name")));
  EXPECT_THAT(check_replaced("name: \"input\"", ""),
              Contains(StartsWith("f:2: population without a name; add name")));
  EXPECT_THAT(check_replaced("name: \"output\"", "name: \"input\""),
              Contains("f:21: second population named `input`; the first is at f:3; give each a "
                       "name of its own"));
}

TEST(NetworkCheck, NamesOfProjections) {
  expect_mistakes({
      {"compartment: BASAL", "compartment: BASAL name: \"a-b\"",
       "f:30: `a-b` cannot be a projection's name; "},
      {"source: \"output\"", "name: \"input_to_hidden\" source: \"output\"",
       "f:41: second projection named `input_to_hidden`; the first is at f:27"},
  });
}

TEST(NetworkCheck, WhatPopulationsNeed) {
  expect_mistakes({
      {"size: 784", "", "f:2: population `input` has no size; "},
      {"poisson_source {\n      max_rate_hz: 200\n    }", "",
       "f:2: population `input` has no model; add poisson_source {}, pyramidal {} or output {}"},
  });
}

TEST(NetworkCheck, ValuesOutOfRange) {
  expect_mistakes({
      {"size: 784", "size: 0", "f:4: `size` is 0; give a value from 1 to 10000000"},
      {"size: 784", "size: -3", "f:4: `size` is -3; "},
      {"size: 784", "size: 10000001", "f:4: `size` is 10000001; "},
      {"max_rate_hz: 200", "max_rate_hz: 0", "f:6: `max_rate_hz` is 0; give a value above 0"},
      {"max_rate_hz: 200", "max_rate_hz: inf", "f:6: `max_rate_hz` is inf; "},
      {"max_rate_hz: 200", "max_rate_hz: nan", "f:6: `max_rate_hz` is nan; "},
      {"leak_conductance_per_ms: 0.1", "leak_conductance_per_ms: -0.1",
       "f:13: `leak_conductance_per_ms` is -0.1; give a value from 0 to 1000"},
      {"tau_synapse_ms: 3", "\ntau_synapse_ms: 0", "f:17: `tau_synapse_ms` is 0; "},
      {"sd: 0.001", "\nsd: -1", "f:18: `sd` is -1; give a value of 0 or more"},
      {"mean: 0.8", "mean: -inf", "f:17: `mean` is -inf; give a value that is finite"},
      {"teaching_conductance_per_ms: 1", "teaching_conductance_per_ms: -1",
       "f:24: `teaching_conductance_per_ms` is -1; "},
      {"learning_rate: 0.21", "\nlearning_rate: -1", "f:32: `learning_rate` is -1; "},
      {"delay_ms: 0", "delay_ms: -1", "f:37: `delay_ms` is -1; give a value from 0 to 1000000"},
      {"delay_ms: 0", "delay_ms: 1e300",
       "f:37: `delay_ms` is 1e+300; give a value from 0 to 1000000"},
      {"delay_ms: 0", "delay_ms: inf", "f:37: `delay_ms` is inf; "},
      {"delay_ms: 0", "delay_ms: 0.0001",
       "f:37: `delay_ms` is 0.0001; 0 or at least 0.001 would be right"},
      {"fan_in_of: \"hidden_to_output\"", "\nmean_rate_fraction: 1.5",
       "f:45: `mean_rate_fraction` is 1.5; give a value above 0 and at most 1"},
      {"fan_in_of: \"hidden_to_output\"", "\npotential_sd: 0", "f:45: `potential_sd` is 0; "},
      {"fan_in_of: \"hidden_to_output\"", "\nhalf_width: 0", "f:45: `half_width` is 0; "},
      {"matched_moments { fan_in_of: \"hidden_to_output\" }", "normal { sd: -1 }",
       "f:44: `sd` is -1; "},
  });
}

TEST(NetworkCheck, SingularClosedForms) {
  const std::string closer = "let them differ by 1 % or more";
  expect_mistakes({
      {"tau_synapse_ms: 3", "tau_synapse_ms: 9.95",
       "f:16: `tau_leak_ms` 10 and `tau_synapse_ms` 9.95 are the same to within 1 %; " + closer},
      // 0.1 + 0.0005 is half a per cent off 1/tau_leak; 0.332 off 1/tau_synapse.
      {"basal_conductance_per_ms: 0.6", "basal_conductance_per_ms: 0.0005",
       "f:13: `leak_conductance_per_ms` + `basal_conductance_per_ms` + "
       "`apical_conductance_per_ms` is 0.1005, the same as 1/`tau_leak_ms` to within 1 %; "},
      {"basal_conductance_per_ms: 0.6", "basal_conductance_per_ms: 0.232",
       "f:13: `leak_conductance_per_ms` + `basal_conductance_per_ms` + "
       "`apical_conductance_per_ms` is 0.332, the same as 1/`tau_synapse_ms` to within 1 %; "},
      {"teaching_conductance_per_ms: 1", "dendrite_conductance_per_ms: 0",
       "f:24: `leak_conductance_per_ms` + `dendrite_conductance_per_ms` is 0.1, "},
      {"teaching_conductance_per_ms: 1",
       "teaching_conductance_per_ms: 0.2 dendrite_conductance_per_ms: 0.033",
       "f:24: `leak_conductance_per_ms` + `dendrite_conductance_per_ms` + "
       "`teaching_conductance_per_ms` is 0.333, the same as 1/`tau_synapse_ms`"},
      {"leak_conductance_per_ms: 0.1\n      basal_conductance_per_ms: 0.6",
       "leak_conductance_per_ms: 0\n      basal_conductance_per_ms: 0",
       "f:13: `leak_conductance_per_ms` + `basal_conductance_per_ms` + "
       "`apical_conductance_per_ms` is 0; give one of them above 0"},
  });
  EXPECT_THAT(check_replaced("tau_synapse_ms: 3", "tau_synapse_ms: 9.9"), IsEmpty());
  // Pairs that may be as close as 2 %, but not all three of them.
  const std::string model = "network.population[hidden].pyramidal.";
  EXPECT_THAT(
      check_set({model + "postsynaptic_potential.tau_synapse_ms=9.5",
                 model + "basal_conductance_per_ms=0.003"}),
      ElementsAre(testing::HasSubstr("and 1/`tau_leak_ms` and 1/`tau_synapse_ms` are nearly")));
  EXPECT_THAT(check_replaced("apical_conductance_per_ms: 0", "apical_conductance_per_ms: 0.6"),
              IsEmpty());
}

TEST(NetworkCheck, EndsOfProjections) {
  expect_mistakes({
      {"source: \"input\"", "source: \"inputs\"",
       "f:28: no population is named `inputs`; did you mean `input`?"},
      {"target: \"hidden\"", "target: \"cortex\"",
       "f:29: no population is named `cortex`; known: `input`, `hidden`, `output`"},
      {"target: \"hidden\"", "", "f:27: projection without a target; add the name of a population"},
      {"compartment: DENDRITE", "",
       "f:33: projection without a compartment; "
       "add compartment: DENDRITE"},
      {"compartment: DENDRITE", "compartment: BASAL",
       "f:36: population `output` has no compartment BASAL; give DENDRITE"},
      {"compartment: BASAL", "compartment: DENDRITE",
       "f:30: population `hidden` has no compartment DENDRITE; give BASAL or APICAL"},
      {"compartment: APICAL\n",
       "compartment: APICAL } projection { source: \"hidden\" "
       "\ntarget: \"input\" compartment: BASAL\n",
       "f:44: target `input` is a poisson_source, which receives nothing; "},
      {"compartment: APICAL\n",
       "compartment: APICAL }\nprojection { source: \"input\" "
       "target: \"hidden\" name: \"again\" compartment: BASAL\n",
       "f:44: second projection from `input` to BASAL of `hidden`; remove it, or the first at "
       "f:27"},
  });
}

TEST(NetworkCheck, ProjectionWithoutSource) {
  EXPECT_THAT(check_replaced("source: \"input\"", ""),
              ElementsAre(StartsWith("f:27: projection without a source; ")));
}

TEST(NetworkCheck, PopulationsThatReceiveNothing) {
  EXPECT_THAT(
      check_replaced("source: \"hidden\"\n    target: \"output\"\n    compartment: DENDRITE",
                     "name: \"hidden_to_output\" source: \"hidden\" target: \"hidden\" "
                     "compartment: BASAL"),
      ElementsAre("f:20: population `output` receives nothing on DENDRITE; add a projection with "
                  "target: \"output\" compartment: DENDRITE"));
}

TEST(NetworkCheck, Initializers) {
  const std::string feedback = "matched_moments { fan_in_of: \"hidden_to_output\" }";
  expect_mistakes({
      {"\"hidden_to_output\"", "\"hiden_to_output\"",
       "f:44: no projection is named `hiden_to_output`; did you mean `hidden_to_output`?"},
      {feedback, "", "f:44: initializer without a distribution; add matched_moments {}, "},
      {feedback, "uniform { low: 0.2\n }", "f:44: `low` 0.2 is not below `high` 0.1; "},
      {feedback, "uniform { low: 0.2\nhigh: 0.2 }", "f:44: `low` 0.2 is not below `high` 0.2; "},
      {feedback, "matched_moments {\n potential_mean: 0 }", "f:45: `potential_mean` is 0, "},
  });
}

TEST(NetworkCheck, WeightsAreFromAFile) {
  EXPECT_THAT(check_set({"network.weights_from.file=a.h5"}), IsEmpty());
  EXPECT_THAT(check_set({"network.weights_from.file=a.h5", "network.weights_from.epoch=0"}),
              IsEmpty());
  EXPECT_THAT(check_set({"network.weights_from.epoch=3"}),
              ElementsAre("--set network.weights_from.epoch=3: weights_from without a file; add "
                          "file: \"...\", the weights.h5 of a run"));
  EXPECT_THAT(check_set({"network.weights_from.file=a.h5", "network.weights_from.epoch=-1"}),
              ElementsAre(StartsWith("--set network.weights_from.epoch=-1: `epoch` is -1; give a "
                                     "value of 0 or more")));
}

TEST(NetworkCheck, MomentsThatNoWeightsHave) {
  // The formula of the paper itself, with N = 10 inputs from the output population.
  const auto variance = [](double mean, double bias) {
    const double n = 10;
    const double sd = 3;
    const double nu = 0.25 * 0.2;
    const double weight = (mean - bias) / (nu * n * mean);
    const double moment = sd * sd + mean * mean;
    const double square = (moment + nu * nu * (n - n * n) * weight * weight * mean * mean -
                           2 * n * nu * bias * mean * weight - bias * bias) /
                          (n * nu * nu * moment);
    return square - weight * weight;
  };
  for (const double mean : {0.5, 3.0, -2.0}) {
    for (const double bias : {-20.0, -9.0, -6.6, -6.4, -1.0, 0.0, 2.0, 4.3, 4.4, 12.4, 12.6}) {
      const std::string set = "{matched_moments { potential_mean: " + std::to_string(mean) +
                              " bias_mean: " + std::to_string(bias) + "}}";
      const std::vector<std::string> mistakes =
          check_set({"network.projection[output_to_hidden].initializer=" + set});
      EXPECT_EQ(mistakes.empty(), variance(mean, bias) >= 0) << mean << " " << bias;
    }
  }
  EXPECT_THAT(check_set({"network.projection[2].initializer.matched_moments.bias_mean=80"}),
              ElementsAre("--set network.projection[2].initializer.matched_moments.bias_mean=80: "
                          "no weights of 500 inputs give `potential_mean` 3 with `bias_mean` 80: "
                          "their variance would be negative; give a `bias_mean` within 67.082 of "
                          "`potential_mean`"));
}

TEST(NetworkCheck, Plasticity) {
  expect_mistakes({
      {"segregated_dendrites { learning_rate: 0.21 }", "", "f:31: plasticity without a rule; "},
      {"learning_rate: 0.21", "", "f:31: no learning rate; add learning_rate: ..."},
      {"compartment: APICAL",
       "compartment: APICAL plasticity { segregated_dendrites { learning_rate: 1 } }",
       "f:43: APICAL synapses cannot learn by segregated_dendrites; "},
      {"compartment: APICAL", "compartment: APICAL plasticity { learned_feedback {} }",
       "f:43: no learning rate; add learning_rate: ..."},
      {"segregated_dendrites { learning_rate: 0.21 }", "learned_feedback { learning_rate: 0.21 }",
       "f:31: a projection onto BASAL is no feedback; remove it, or give compartment: APICAL"},
      {"compartment: APICAL", "compartment: BASAL",
       "f:31: `input_to_hidden` cannot learn, since nothing drives the plateau potentials of "
       "`hidden`; add a projection with target: \"hidden\" compartment: APICAL, or remove "
       "plasticity"},
  });
}

TEST(NetworkCheck, SymmetricFeedbackNeedsOneWayBack) {
  const std::string symmetric =
      "network.projection[output_to_hidden].plasticity={symmetric_feedback {}}";
  EXPECT_THAT(check_set({symmetric}), IsEmpty());
  EXPECT_THAT(
      check_set({symmetric, "network.projection[output_to_hidden].initializer.zeroed_share=1"}),
      ElementsAre(testing::HasSubstr("takes the place of the initializer")));
  const std::vector<std::string> none =
      check_set({symmetric, "network.projection[output_to_hidden].name=back",
                 "network.projection[back].source=input"});
  EXPECT_THAT(none, ElementsAre(testing::HasSubstr(
                        "not exactly one way leads over BASAL and DENDRITE projections from "
                        "`hidden` to `input`; ")));
  EXPECT_THAT(check_set({symmetric,
                         "network.projection[3]={name: \"b\" source: \"hidden\" target: \"other\" "
                         "compartment: BASAL}",
                         "network.projection[4]={name: \"c\" source: \"other\" target: \"output\" "
                         "compartment: DENDRITE}",
                         "network.population[3]={name: \"other\" size: 3 pyramidal {}}"}),
              ElementsAre(testing::HasSubstr("not exactly one way leads")));
}

TEST(NetworkCheck, RatesAndBackpropagationNeedAnOrder) {
  const std::string rate = "network.mode=RATE";
  const std::string by_gradient =
      "network.projection[hidden_to_output].plasticity.backpropagation.learning_rate=0.1";
  const std::string loop =
      "network.projection[3]={source: \"hidden\" target: \"hidden\" compartment: BASAL}";
  EXPECT_THAT(check_set({rate, by_gradient}), IsEmpty());
  EXPECT_THAT(check_set({loop}), IsEmpty());
  EXPECT_THAT(check_set({rate, loop}),
              ElementsAre("--set network.mode=RATE: `mode` RATE with BASAL or DENDRITE projections "
                          "that form a loop; remove it, or the projection that leads back"));
  EXPECT_THAT(check_set({by_gradient, loop}),
              ElementsAre(testing::HasSubstr("`backpropagation` with BASAL or DENDRITE projections "
                                             "that form a loop; ")));
  EXPECT_THAT(check_set({"network.mode=NETWORK_MODE_UNSPECIFIED"}),
              ElementsAre(testing::HasSubstr("known: `SPIKING`, `RATE`")));
  EXPECT_THAT(
      check_set(
          {"network.projection[output_to_hidden].plasticity.backpropagation.learning_rate=1"}),
      ElementsAre(testing::HasSubstr("APICAL synapses cannot learn by backpropagation")));
  EXPECT_THAT(check_set({"network.projection[hidden_to_output].plasticity={backpropagation {}}"}),
              ElementsAre(testing::HasSubstr("no learning rate; add learning_rate: ...")));
}

TEST(NetworkCheck, Transmission) {
  const std::string rates = "network.projection[output_to_hidden].transmission=RATES";
  EXPECT_THAT(check_set({rates}), IsEmpty());
  EXPECT_THAT(check_set({rates, "network.projection[output_to_hidden].rate_interval_ms=1"}),
              IsEmpty());
  EXPECT_THAT(check_set({rates, "network.projection[output_to_hidden].delay_ms=1"}),
              ElementsAre(testing::HasSubstr("`delay_ms` is 1 with `transmission` RATES; ")));
  EXPECT_THAT(check_set({"network.projection[output_to_hidden].rate_interval_ms=1"}),
              ElementsAre(testing::HasSubstr("goes with `transmission` RATES only; ")));
}

TEST(NetworkCheck, ReportsOptionsAtOptions) {
  EXPECT_THAT(
      check_set({"network.population[hidden].pyramidal.apical_conductance_per_ms=-1",
                 "network.population[hidden].pyramidal.basal_conductance_per_ms=0",
                 "network.population[hidden].pyramidal.apical_conductance_per_ms=0",
                 "network.projection[1].source=hiden"}),
      ElementsAre(StartsWith("--set network.population[hidden].pyramidal.apical_conductance_per_ms"
                             "=0: `leak_conductance_per_ms` + "),
                  StartsWith("--set network.projection[1].source=hiden: no population is named")));
}

TEST(NetworkCheck, DoesNotMissWhatCouldNotBeRead) {
  expect_mistakes({
      {"name: \"hidden\"", "nam: \"hidden\"", "f:10: unknown field `nam`"},
      {"size: 500", "size: many", "f:11: `size` cannot be `many`"},
      {"learning_rate: 0.21", "learning_rte: 0.21", "f:31: unknown field `learning_rte`"},
      {"target: \"hidden\"", "target: hidden", "f:29: `target` cannot be `hidden`"},
      {"compartment: BASAL", "compartment: BASIL", "f:30: `compartment` cannot be `BASIL`"},
      {"projection", "projetion", "f:27: unknown field `projetion`"},
      {"matched_moments", "matchd_moments", "f:44: unknown field `matchd_moments`"},
      {"poisson_source", "poison_source", "f:5: unknown field `poison_source`"},
  });
}

TEST(NetworkCheck, TellsFiveMistakesAtOnce) {
  std::string text = kNetwork;
  for (const auto& [old_text, new_text] : std::vector<std::pair<std::string, std::string>>{
           {"size: 784", "size: 0"},
           {"max_rate_hz: 200", "max_rate_hz: -1"},
           {"size: 500", "sise: 500"},
           {"tau_synapse_ms: 3", "tau_synapse_ms: 10"},
           {"fan_in_of: \"hidden_to_output\"", "fan_in_of: \"nothing\""}}) {
    text.replace(text.find(old_text), old_text.size(), new_text);
  }
  EXPECT_THAT(check(ExperimentFile::parse(text, "f")),
              ElementsAre(StartsWith("f:4: "), StartsWith("f:6: "), StartsWith("f:11: "),
                          StartsWith("f:16: "), StartsWith("f:44: ")));
}

bool is_number(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
}

void collect_types(const Descriptor& type, std::set<const Descriptor*>& types) {
  if (!types.insert(&type).second) {
    return;
  }
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->message_type() != nullptr) {
      collect_types(*type.field(i)->message_type(), types);
    }
  }
}

TEST(FieldRanges, HaveEveryNumberOfTheSchemaAndItsDefault) {
  std::set<const Descriptor*> types;
  collect_types(*proto::Experiment::descriptor(), types);
  int numbers = 0;
  for (const Descriptor* type : types) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      if (!is_number(field)) {
        continue;
      }
      ++numbers;
      const FieldRange* range = find_range(field);
      ASSERT_NE(range, nullptr) << field.full_name();
      if (field.has_default_value() && field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        EXPECT_TRUE(range->contains(field.default_value_double())) << field.full_name();
      }
    }
  }
  EXPECT_GT(numbers, 30);
}

}  // namespace
}  // namespace apical
