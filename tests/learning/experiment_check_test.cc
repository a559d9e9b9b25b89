#include "learning/experiment_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const std::array kDataSets = {DataShape{"mnist", 784, 10}, DataShape{"fashion-mnist", 784, 10}};

constexpr const char* kExperiment = R"(network {
  population { name: "input" size: 784 poisson_source {} }
  population {
    name: "output"
    size: 10
    output {}
  }
  projection { source: "input" target: "output" compartment: DENDRITE }
}
trial {
  phase_length_ms: 50
  extra_length_mean_ms: 2
  extra_length_shape_ms: 1
  settling_time_ms: 30
}
data { name: "mnist" }
training {
  epochs: 60
}
recording {
  spikes { population: "input" }
}
)";

std::vector<std::string> lines(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> lines;
  std::ranges::transform(mistakes, std::back_inserter(lines), to_string);
  return lines;
}

std::vector<std::string> check(const std::string& text) {
  return lines(check_experiment(ExperimentFile::parse(text, "f"), kDataSets));
}

std::string replaced(std::string text, const std::string& old_text, const std::string& new_text) {
  const std::size_t position = text.find(old_text);
  EXPECT_NE(position, std::string::npos) << old_text;
  return text.replace(position, old_text.size(), new_text);
}

std::vector<std::string> check_replaced(const std::string& old_text, const std::string& new_text) {
  return check(replaced(kExperiment, old_text, new_text));
}

const std::array kZooDataSets = {DataShape{"mnist", 784, 10, 28, 28, 1},
                                 DataShape{"cifar10", 3072, 10, 32, 32, 3},
                                 DataShape{"imagenet", 150528, 1000, 224, 224, 3}};

TEST(ExperimentCheck, OnlyFoldersOfImagesMayHaveAnyNumberOfClasses) {
  const std::string data = "data { name: \"mnist\"";
  EXPECT_THAT(check(replaced(kExperiment, data, data + " classes: 7")),
              ElementsAre("f:16: `data.classes` goes with a `rate_network` only; remove it"));
  EXPECT_THAT(check("rate_network { layer { name: \"o\" dense { units: 10 } } }\n"
                    "data { name: \"mnist\" classes: 7 }\n"
                    "training { rate_learning { algorithm: BP } }\n"),
              ElementsAre("f:2: `classes` is 7 with mnist, which has 10; remove it"));
}

TEST(ExperimentCheck, FindsNothingInTheZoo) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("models/zoo")) {
    if (entry.is_directory()) continue;
    const ExperimentFile file = read_checked_experiment(entry.path(), {}, kZooDataSets);
    EXPECT_EQ(file.experiment().name(), entry.path().stem()) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 62);
}

// The cells of both published tables.
TEST(ExperimentCheck, TheZooHasEveryPublishedAlgorithmOnEveryNetwork) {
  const std::array algorithms = {"bp",
                                 "fa",
                                 "dfa",
                                 "dtp_parallel",
                                 "dtp_alternating",
                                 "sdtp_parallel",
                                 "sdtp_alternating",
                                 "ao_sdtp_parallel",
                                 "ao_sdtp_alternating"};
  std::vector<std::string> names;
  for (const std::string network : {"mnist_fc", "mnist_lc", "cifar10_fc", "cifar10_lc"}) {
    for (const std::string algorithm : algorithms) names.push_back(network + "_" + algorithm);
  }
  for (const char* algorithm : {"bp", "fa", "dtp_parallel", "dtp_alternating", "sdtp_parallel"}) {
    names.push_back(std::string("imagenet_lc_") + algorithm);
  }
  for (const char* data : {"mnist", "cifar10", "imagenet"}) {
    names.push_back(std::string(data) + "_conv_bp");
  }
  for (const std::string& name : names) {
    EXPECT_TRUE(std::filesystem::exists("models/zoo/" + name + ".textproto")) << name;
  }
}

TEST(ExperimentCheck, FindsNothingInAGoodExperiment) { EXPECT_THAT(check(kExperiment), IsEmpty()); }

TEST(ExperimentCheck, TellsWhatIsMissing) {
  EXPECT_THAT(check(""), ElementsAre(StartsWith("f:1: no data; add data { name: \"mnist\" }"),
                                     StartsWith("f:1: no network; ")));
  EXPECT_THAT(check_replaced("name: \"mnist\"", ""),
              ElementsAre(StartsWith("f:16: data without a name; add data { name: \"mnist\" }")));
  EXPECT_THAT(check("network {}\ndata { name: \"mnist\" }"),
              ElementsAre(StartsWith("f:1: no populations; ")));
}

TEST(ExperimentCheck, TellsWhatCannotBeRecorded) {
  const auto recording = [](const std::string& text) {
    return check_replaced("spikes { population: \"input\" }", text);
  };
  for (const char* good :
       {"spikes { neurons: \"0,9\" }", "spikes { population: \"input\" neurons: \"0-783\" }",
        "report { population: \"output\" neurons: \"1-3,9\" } trials {} weights {} tests: true"}) {
    EXPECT_THAT(recording(good), IsEmpty());
  }
  const std::vector<std::array<std::string, 2>> cases = {
      {"spikes { population: \"imput\" }", "no population is named `imput`; did you mean `input`?"},
      {"spikes { population: \"output\" neurons: \"3-10\" }",
       "`neurons` \"3-10\" are no ids of population `output`, which has 10 neurons; give ids from "
       "0 to 9"},
      {"spikes { neurons: \"10\" }", "`neurons` \"10\" are no ids of population `output`"},
      {"spikes { from_ms: 30 to_ms: 20 }",
       "`to_ms` 20 is not after `from_ms` 30; give a later one"},
      {"spikes { every_trials: 0 }", "`every_trials` is 0; "},
      {"report {}", "report without a population; "},
      {"report { population: \"input\" }",
       "population `input` has no potentials; choose a pyramidal or output population"},
      {"report { population: \"output\" step_ms: 0 }", "`step_ms` is 0; "},
      {"report { population: \"output\" } report { population: \"output\" }",
       "second report of population `output`; keep one"},
      {"weights { every_epochs: 0 }", "`every_epochs` is 0; "},
      {"weights { epochs: \"1,90\" }",
       "`epochs` \"1,90\" is no list of epochs from 0 to 60; give numbers and ranges"},
  };
  for (const auto& [text, mistake] : cases) {
    EXPECT_THAT(recording(text), ElementsAre(StartsWith("f:21: " + mistake))) << text;
  }
}

TEST(ExperimentCheck, TheRateModeHasNoTimesToRecord) {
  const auto in_rate_mode = [](const std::string& text) {
    return check(replaced(replaced(kExperiment, "spikes { population: \"input\" }", text),
                          "network {", "network { mode: RATE"));
  };
  EXPECT_THAT(in_rate_mode("spikes {} weights {} tests: true"), IsEmpty());
  EXPECT_THAT(in_rate_mode("report { population: \"output\" } trials {}"),
              ElementsAre(StartsWith("f:21: `recording.report` goes with `mode` SPIKING only"),
                          StartsWith("f:21: `recording.trials` goes with `mode` SPIKING only")));
  EXPECT_THAT(in_rate_mode("metrics { plateau_times: true losses: true }"),
              ElementsAre(HasSubstr("`recording.metrics.plateau_times` goes with `mode`")));
}

TEST(ExperimentCheck, TellsWhatCannotBeReplayed) {
  const auto source = [](const std::string& text) {
    return check_replaced("poisson_source {}", text);
  };
  EXPECT_THAT(source("poisson_source { replay { file: \"s.h5\" } }"), IsEmpty());
  EXPECT_THAT(source("poisson_source { replay {} }"),
              ElementsAre(StartsWith("f:2: replay without a file; add file: ")));
  EXPECT_THAT(source("replay { file: \"s.h5\" }"),
              ElementsAre(StartsWith("f:1: no input: no population is a poisson_source")));
  EXPECT_THAT(check_replaced("poisson_source {} }",
                             "poisson_source {} } population { name: \"b\" size: 3 replay { file: "
                             "\"s.h5\" } } projection { source: \"b\" target: \"output\" "
                             "compartment: DENDRITE transmission: RATES }"),
              ElementsAre(StartsWith("f:2: `transmission` RATES from `b`, which replays spikes")));
}

TEST(ExperimentCheck, TellsWhatIsWrong) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"\"mnist\"", "\"mist\"", "f:16: unknown data set `mist`; did you mean `mnist`?"},
      {"\"mnist\"", "\"cats\"", "f:16: unknown data set `cats`; known: `mnist`, `fashion-mnist`"},
      {"size: 784", "size: 700",
       "f:2: size mismatch: population `input` has 700 neurons, an image of mnist has 784 values; "
       "set size: 784"},
      {"size: 10", "size: 9",
       "f:5: size mismatch: population `output` has 9 neurons, mnist has 10 classes; set size: 10"},
      {"  projection", "  population { name: \"b\" size: 1 poisson_source {} }\n  projection",
       "f:8: second poisson_source population `b`; keep one as the input; the first is at f:2"},
      {"  projection {",
       "  population { name: \"b\" size: 10 output {} }\n"
       "  projection { source: \"input\" target: \"b\" compartment: DENDRITE }\n  projection {",
       "f:8: second output population `b`; keep one as the output; the first is at f:3"},
      {"poisson_source {}",
       "pyramidal {} } projection { source: \"output\" target: \"input\" compartment: BASAL",
       "f:1: no input: no population is a poisson_source; add one with poisson_source {}"},
      {"phase_length_ms: 50", "phase_length_ms: 0", "f:11: `phase_length_ms` is 0; give a value "},
      {"phase_length_ms: 50", "phase_length_ms: 30",
       "f:14: `settling_time_ms` 30 leaves nothing to average of `phase_length_ms` 30; give less "
       "than 30"},
      {"settling_time_ms: 30", "settling_time_ms: -1", "f:14: `settling_time_ms` is -1; "},
      {"settling_time_ms: 30", "test_length_ms: 20",
       "f:14: `test_settling_time_ms` 30 leaves nothing to average of `test_length_ms` 20; "},
      {"settling_time_ms: 30", "test_settling_time_ms: nan",
       "f:14: `test_settling_time_ms` is nan; "},
      {"extra_length_mean_ms: 2", "extra_length_mean_ms: -2", "f:12: `extra_length_mean_ms` is"},
      {"extra_length_shape_ms: 1", "extra_length_shape_ms: 0",
       "f:13: `extra_length_shape_ms` is 0 with `extra_length_mean_ms` 2; give a shape above 0"},
      {"extra_length_shape_ms: 1", "extra_length_shape_ms: -1",
       "f:13: `extra_length_shape_ms` is -1; "},
      {"epochs: 60", "epochs: -1", "f:18: `epochs` is -1; give a value of 0 or more"},
      {"epochs: 60", "learning_rate_decay: 0",
       "f:18: `learning_rate_decay` is 0; give a value above 0 and at most 1"},
      {"epochs: 60", "learning_rate_decay: 1.01", "f:18: `learning_rate_decay` is 1.01; "},
      {"epochs: 60", "learning_rate_decay: nan", "f:18: `learning_rate_decay` is nan; "},
      {"epochs: 60", "evaluate_every_examples: -1", "f:18: `evaluate_every_examples` is -1; "},
      {"name: \"mnist\"", "name: \"mnist\" train_examples: -1", "f:16: `train_examples` is -1; "},
      {"population: \"input\"", "population: \"imput\"",
       "f:21: no population is named `imput`; did you mean `input`?"},
      {"population: \"input\"", "trials: -1", "f:21: `trials` is -1; give a value of 0 or more"},
      {"population: \"input\"", "first_trial: -1", "f:21: `first_trial` is -1; "},
  };
  for (const auto& [old_text, new_text, mistake] : cases) {
    EXPECT_THAT(check_replaced(old_text, new_text), ElementsAre(StartsWith(mistake))) << new_text;
  }
}

TEST(ExperimentCheck, ClassesMayHaveSeveralNeurons) {
  for (const char* size : {"size: 10", "size: 20", "size: 500"}) {
    EXPECT_THAT(check_replaced("size: 10", size), IsEmpty()) << size;
  }
  for (const char* size : {"1", "15", "105"}) {
    EXPECT_THAT(check_replaced("size: 10", std::string("size: ") + size),
                ElementsAre(std::string("f:5: size mismatch: population `output` has ") + size +
                            " neurons, mnist has 10 classes; set size: 10, or a multiple of it for "
                            "several neurons per class"));
  }
}

// A window takes the place of the settling time, whatever that is.
TEST(ExperimentCheck, WindowsFitIntoAPhase) {
  const auto with = [](const std::string& window) {
    return check_replaced("settling_time_ms: 30", window);
  };
  EXPECT_THAT(with("window_ms: 20"), IsEmpty());
  EXPECT_THAT(with("window_ms: 50 settling_time_ms: 70"), IsEmpty());
  EXPECT_THAT(with("window_ms: 0 settling_time_ms: 70"),
              ElementsAre(StartsWith("f:14: `settling_time_ms` 70 leaves nothing to average")));
  EXPECT_THAT(with("window_ms: 50.5"),
              ElementsAre("f:14: `window_ms` 50.5 is longer than `phase_length_ms` 50; give at "
                          "most 50, or 0 for windows from settling_time_ms on"));
  EXPECT_THAT(with("window_ms: -1"), ElementsAre(StartsWith("f:14: `window_ms` is -1; ")));
  EXPECT_THAT(with("window_ms: nan"), ElementsAre(StartsWith("f:14: `window_ms` is nan; ")));
}

TEST(ExperimentCheck, StochasticPlateausFitIntoAPhase) {
  const auto with = [](const std::string& plateaus) {
    return check_replaced("settling_time_ms: 30", "stochastic_plateaus { " + plateaus + " }");
  };
  EXPECT_THAT(with(""), IsEmpty());
  EXPECT_THAT(with("window_ms: 45"), IsEmpty());
  EXPECT_THAT(with("window_ms: 45.1"),
              ElementsAre("f:14: `window_ms` 45.1 and `max_jitter_ms` 5 do not fit into "
                          "`phase_length_ms` 50; make them shorter, or the phase longer"));
  EXPECT_THAT(with("window_ms: 0"), ElementsAre(StartsWith("f:14: `window_ms` is 0; ")));
  EXPECT_THAT(with("jitter_sd_ms: -1"), ElementsAre(StartsWith("f:14: `jitter_sd_ms` is -1; ")));
}

TEST(ExperimentCheck, TheAngleToBackpropagationNeedsNoLoop) {
  const std::string asked = "recording {\n  metrics { angle_to_backpropagation: true }";
  EXPECT_THAT(check_replaced("recording {", asked), IsEmpty());
  const std::string looping =
      replaced(kExperiment, "projection {",
               "projection { source: \"output\" target: \"output\" compartment: DENDRITE }\n"
               "projection {");
  EXPECT_THAT(check(replaced(looping, "recording {", asked)),
              ElementsAre(testing::HasSubstr("`angle_to_backpropagation` with BASAL or DENDRITE "
                                             "projections that form a loop; ")));
}

TEST(ExperimentCheck, AllowsNoExtraLengthOfNoShape) {
  EXPECT_THAT(check_replaced("extra_length_mean_ms: 2\n  extra_length_shape_ms: 1",
                             "extra_length_mean_ms: 0 extra_length_shape_ms: 0"),
              IsEmpty());
}

TEST(ExperimentCheck, NeedsNoDataSets) {
  const std::string text = replaced(kExperiment, "size: 784", "size: 3");
  const ExperimentFile file = ExperimentFile::parse(replaced(text, "\"mnist\"", "\"own\""), "f");
  EXPECT_THAT(lines(check_experiment(file, {})), IsEmpty());
}

TEST(ExperimentCheck, TellsMistakesOfEveryKindInTheOrderOfLines) {
  std::string text = kExperiment;
  for (const auto& [old_text, new_text] : std::vector<std::pair<std::string, std::string>>{
           {"size: 784", "size: 700"},
           {"output {}", "output { max_rate: 100 }"},
           {"source: \"input\"", "source: \"inptu\""},
           {"phase_length_ms: 50", "phase_length_ms: -50"},
           {"epochs: 60", "epochs: many"}}) {
    text = replaced(text, old_text, new_text);
  }
  const std::vector<Override> overrides = {
      Override::from_set("recording.spikes[0].trials=-1"),
      Override::from_set("data.nam=x"),
      Override::from_set("network.population[output].size=11"),
  };
  const ExperimentFile file = ExperimentFile::parse(text, "f", overrides);
  EXPECT_THAT(
      lines(check_experiment(file, kDataSets)),
      ElementsAre(StartsWith("f:2: size mismatch: "), StartsWith("f:6: unknown field `max_rate`"),
                  StartsWith("f:8: no population is named `inptu`; did you mean `input`?"),
                  StartsWith("f:11: `phase_length_ms` is -50"),
                  StartsWith("f:18: `epochs` cannot be `many`"),
                  StartsWith("--set recording.spikes[0].trials=-1: `trials` is -1; "),
                  StartsWith("--set data.nam=x: unknown field `nam`; did you mean `name`?"),
                  StartsWith("--set network.population[output].size=11: size mismatch: ")));
}

TEST(ExperimentCheck, DoesNotMissWhatCouldNotBeRead) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"network", "netwrk", "f:1: unknown field `netwrk`"},
      {"data", "dta", "f:16: unknown field `dta`"},
      {"name: \"mnist\"", "name: mnist", "f:16: `name` cannot be `mnist`"},
      {"population", "poplation", "f:2: unknown field `poplation`"},
      {"poisson_source", "poison_source", "f:2: unknown field `poison_source`"},
  };
  for (const auto& [old_text, new_text, mistake] : cases) {
    EXPECT_THAT(check_replaced(old_text, new_text), ElementsAre(StartsWith(mistake))) << new_text;
  }
}

TEST(ExperimentCheck, ReadThrowsAllMistakes) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "bad.textproto";
  std::ofstream(path) << replaced(replaced(kExperiment, "size: 10", "size: 9"), "epochs", "epoch");
  try {
    read_checked_experiment(path, {}, kDataSets);
    FAIL() << "nothing was thrown";
  } catch (const ModelFileError& error) {
    ASSERT_THAT(error.mistakes(), SizeIs(2));
    EXPECT_EQ(error.mistakes()[0].where, path.string() + ":5");
    EXPECT_EQ(error.mistakes()[1].where, path.string() + ":18");
  }
}

constexpr const char* kRateExperiment = R"(rate_network {
  layer { name: "hidden" locally_connected { kernel: 3 channels: 2 } }
  layer { name: "output" dense { units: 10 } }
}
data { name: "mnist" }
training {
  rate_learning { algorithm: DTP }
}
)";

std::vector<std::string> check_rate(const std::string& old_text, const std::string& new_text) {
  const std::string text = replaced(kRateExperiment, old_text, new_text);
  return lines(check_experiment(ExperimentFile::parse(text, "f"), kZooDataSets));
}

TEST(ExperimentCheck, FindsNothingInAGoodRateNetwork) {
  EXPECT_THAT(check_rate("DTP", "SDTP"), IsEmpty());
  EXPECT_THAT(check_rate("units: 10 }", "units: 10 } activation: SOFTMAX"), IsEmpty());
  // Every algorithm takes any of the settings.
  EXPECT_THAT(check_rate("DTP", "BP alpha: 0.2 sigma: 0.1 inverse_loss: DENOISING"), IsEmpty());
  EXPECT_THAT(check_rate("units: 10 } }", "units: 784 } } task: AUTOENCODING"), IsEmpty());
  EXPECT_THAT(check_rate("kernel: 3", "kernel: 55 stride: 28"), IsEmpty());
  EXPECT_THAT(check_rate("dense { units: 10 }",
                         "convolutional { kernel: 1 channels: 1 } }\n"
                         "layer { name: \"o\" dense { units: 10 }"),
              IsEmpty());
}

// The values that stand for none are no values.
TEST(ExperimentCheck, NothingCanBeUnspecified) {
  for (const char* value : {"ALGORITHM_UNSPECIFIED", "0"}) {
    EXPECT_THAT(check_rate("DTP", value),
                ElementsAre(StartsWith("f:7: `algorithm` cannot be `" + std::string(value))));
  }
  const std::vector<std::array<std::string, 2>> cases = {
      {"DTP", "DTP schedule: SCHEDULE_UNSPECIFIED"},
      {"DTP", "DTP inverse_loss: INVERSE_LOSS_UNSPECIFIED"},
      {"units: 10 }", "units: 10 } activation: ACTIVATION_UNSPECIFIED"},
      {"units: 10 } }", "units: 10 } } task: TASK_UNSPECIFIED"},
      {"units: 10 } }", "units: 10 } } loss: OUTPUT_LOSS_UNSPECIFIED"},
  };
  for (const auto& [old_text, new_text] : cases) {
    EXPECT_THAT(check_rate(old_text, new_text), ElementsAre(HasSubstr("` cannot be `")))
        << new_text;
  }
}

TEST(ExperimentCheck, AuxiliaryOutputsStandBesideADenseOutput) {
  const std::string local = "locally_connected { kernel: 28 channels: 10 stride: 28 }";
  EXPECT_THAT(check_rate("dense { units: 10 }", local), IsEmpty());
  const std::string text =
      replaced(replaced(kRateExperiment, "dense { units: 10 }", local), "DTP", "AO_SDTP");
  EXPECT_THAT(lines(check_experiment(ExperimentFile::parse(text, "f"), kZooDataSets)),
              ElementsAre(StartsWith("f:3: the output `output` is not dense, with auxiliary")));
  EXPECT_THAT(
      lines(check_experiment(
          ExperimentFile::parse(replaced(text, "AO_SDTP", "AO_SDTP auxiliary_outputs: 0"), "f"),
          kZooDataSets)),
      IsEmpty());
}

TEST(ExperimentCheck, TellsWhatIsWrongInARateNetwork) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"units: 10", "units: 9",
       "f:3: size mismatch: the output `output` has 9 neurons, mnist has 10 classes; set units: "
       "10"},
      {"units: 10 } }", "units: 10 } } task: AUTOENCODING",
       "f:3: size mismatch: the output `output` has 10 neurons, an image of mnist has 784 "
       "values; "},
      {"units: 10", "units: 0", "f:3: `units` is 0; give a value from 1 to "},
      {"units: 10", "", "f:3: dense layer without `units`; "},
      {"kernel: 3", "kernel: 0", "f:2: `kernel` is 0; "},
      {"kernel: 3", "", "f:2: layer without `kernel`; "},
      {"channels: 2", "", "f:2: layer without `channels`; "},
      {"kernel: 3 channels: 2", "kernel: 3 channels: 2 stride: 0", "f:2: `stride` is 0; "},
      {"kernel: 3 channels: 2", "kernel: 27 channels: 90000",
       "f:2: layer `hidden` has 28 x 28 x 90000 neurons on 28 x 28 x 1 and 5.14e+10 weights; "},
      {"channels: 2", "channels: 2 stride: 4",
       "f:2: `stride` is 4 with `kernel` 3: no neuron would see what lies between; give at most 3"},
      {"kernel: 3", "kernel: 56", "f:2: `kernel` of `hidden` is 56 on 28 x 28 neurons; "},
      {"locally_connected { kernel: 3", "convolutional { kernel: 56",
       "f:2: `kernel` of `hidden` is 56 on 28 x 28 neurons; give at most 55; "},
      {"locally_connected { kernel: 3 channels: 2 }", "",
       "f:2: layer `hidden` has no connectivity; add dense { ... }, "},
      {"name: \"hidden\"", "name: \"output\"",
       "f:3: second layer named `output`; the first is at f:2"},
      {"name: \"hidden\"", "", "f:2: layer without a name; "},
      {"name: \"hidden\"", "name: \"a b\"", "f:2: `a b` cannot be a layer's name; "},
      {"channels: 2 }", "channels: 2 } activation: SOFTMAX",
       "f:2: `activation` of `hidden` is SOFTMAX; give TANH, "},
      {"units: 10 }", "units: 10 } activation: TANH",
       "f:3: `activation` of the output `output` is TANH with the loss SOFTMAX_CROSS_ENTROPY; "},
      {"units: 10 } }", "units: 784 } } task: AUTOENCODING loss: SOFTMAX_CROSS_ENTROPY",
       "f:3: `loss` is SOFTMAX_CROSS_ENTROPY with `task` AUTOENCODING; give SQUARED_ERROR"},
      {"algorithm: DTP", "", "f:7: no algorithm for `rate_network`; "},
      {"DTP", "DTT", "f:7: `algorithm` cannot be `DTT`; did you mean `DTP`?"},
      {"DTP", "DTP batch_size: 0", "f:7: `batch_size` is 0; "},
      {"DTP", "DTP optimizer { adam { beta1: 1 } }",
       "f:7: `beta1` is 1; give a value from 0 to 0.999999"},
      {"training {", "trial {}\ntraining {", "f:6: `trial` goes with a `network` only; remove it"},
      {"training {", "recording { spikes {} }\ntraining {",
       "f:6: `recording.spikes` goes with a `network` only; remove it"},
      {"training {", "recording { metrics {} }\ntraining {",
       "f:6: `recording.metrics` goes with a `network` only; remove it"},
      {"training {", "recording { trials {} }\ntraining {",
       "f:6: `recording.trials` goes with a `network` only; remove it"},
  };
  for (const auto& [old_text, new_text, mistake] : cases) {
    EXPECT_THAT(check_rate(old_text, new_text), ElementsAre(StartsWith(mistake))) << new_text;
  }
  EXPECT_THAT(check_replaced("  epochs: 60", "  rate_learning { algorithm: BP }"),
              ElementsAre(StartsWith("f:18: `training.rate_learning` goes with a `rate_network`")));
}

}  // namespace
}  // namespace apical
