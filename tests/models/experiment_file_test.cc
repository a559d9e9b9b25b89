#include "models/experiment_file.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "models/experiment_defaults.h"

namespace apical {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// Lines are counted from the one after `R"(`, which is 1.
constexpr const char* kNetwork = R"(name: "two"
network {
  population {
    name: "input"
    size: 4
    poisson_source {}
  }
  population { name: "hidden" size: 3 pyramidal {
    bias { mean: 0.5 }
  } }
  projection {
    source: "input"
    target: "hidden"
    compartment: BASAL
  }
}
)";

std::vector<std::string> lines(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> lines;
  std::ranges::transform(mistakes, std::back_inserter(lines), to_string);
  return lines;
}

std::vector<std::string> mistakes_of(const std::string& text,
                                     const std::vector<Override>& overrides = {}) {
  try {
    return lines(ExperimentFile::parse(text, "f", overrides).mistakes());
  } catch (const ModelFileError& error) {
    return lines(error.mistakes());
  }
}

ExperimentFile with(const std::string& assignment) {
  const std::vector<Override> overrides = {Override::from_set(assignment)};
  return ExperimentFile::parse(kNetwork, "f", overrides);
}

std::vector<std::string> mistakes_with(const std::string& assignment) {
  return lines(with(assignment).mistakes());
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Zoo : public testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path path() const { return "models/zoo/" + GetParam() + ".textproto"; }
};

INSTANTIATE_TEST_SUITE_P(Files, Zoo,
                         testing::Values("segregated_500", "segregated_0_hidden", "quickstart"),
                         [](const auto& test) { return test.param; });

TEST_P(Zoo, ReadsAsProtobufReadsIt) {
  proto::Experiment expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(file_text(path()), &expected));
  const ExperimentFile file = ExperimentFile::read(path());
  EXPECT_TRUE(MessageDifferencer::Equals(file.experiment(), expected));
  EXPECT_EQ(file.experiment().name(), GetParam());
}

TEST_P(Zoo, DefaultsReadBackTheSame) {
  const proto::Experiment full = with_defaults(ExperimentFile::read(path()).experiment());
  const std::string text = to_text(full);
  const ExperimentFile again = ExperimentFile::parse(text, "f");
  EXPECT_THAT(lines(again.mistakes()), IsEmpty());
  EXPECT_TRUE(MessageDifferencer::Equals(again.experiment(), full));
  EXPECT_TRUE(MessageDifferencer::Equals(with_defaults(full), full));
  EXPECT_EQ(to_text(again.experiment()), text);
}

TEST(ExperimentFile, ReadsAllThatTextFormatAllows) {
  const std::string text = R"(# a comment
    name: 'a' "b\n\"c\""  description: "\303\274" seed: 0x10;
    network <
      population: [{ size: 2, name: "a" }, { name: "b"; size: 010 output: {} }]
      population { poisson_source { max_rate_hz: 1e2f } }
      projection: { compartment: 2 delay_ms: - 5 initializer { constant { weight: -inf } } }
    >
    trial { clear_state_between_trials: True phase_length_ms: nan settling_time_ms: 7 }
    recording { spikes { first_trial: -9000000000 } }
  )";
  proto::Experiment expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &expected));
  const ExperimentFile file = ExperimentFile::parse(text, "f");
  EXPECT_THAT(lines(file.mistakes()), IsEmpty());
  EXPECT_EQ(file.experiment().SerializeAsString(), expected.SerializeAsString());
}

class Quiet : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int /*line*/, int /*column*/, const std::string& /*message*/) override {}
};

// Every slip of one key in a file is a mistake to us exactly if it is one to protobuf.
TEST(ExperimentFile, AcceptsWhatProtobufAccepts) {
  const std::string good = file_text("models/zoo/quickstart.textproto");
  google::protobuf::TextFormat::Parser parser;
  Quiet quiet;
  parser.RecordErrorsTo(&quiet);
  int accepted = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char* key : {"", "}", "{", " ", "\n", "\"", "-", ":", "3", "[", "]"}) {
      const std::string text = good.substr(0, i) + key + good.substr(i + 1);
      proto::Experiment expected;
      const bool is_good = parser.ParseFromString(text, &expected);
      ASSERT_EQ(mistakes_of(text).empty(), is_good) << text;
      if (is_good) {
        ++accepted;
        ASSERT_TRUE(
            MessageDifferencer::Equals(ExperimentFile::parse(text, "f").experiment(), expected))
            << text;
      }
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(ExperimentFile, KnowsWhereFieldsWereSet) {
  const ExperimentFile file = ExperimentFile::parse(kNetwork, "dir/f.textproto");
  EXPECT_EQ(file.where("name"), "dir/f.textproto:1");
  EXPECT_EQ(file.where("network"), "dir/f.textproto:2");
  EXPECT_EQ(file.where("network.population[0].size"), "dir/f.textproto:5");
  EXPECT_EQ(file.where("network.population[1].size"), "dir/f.textproto:8");
  EXPECT_EQ(file.where("network.population[1].pyramidal.bias.mean"), "dir/f.textproto:9");
  // What is not there is missed where the message around it begins.
  EXPECT_EQ(file.where("network.projection[0].delay_ms"), "dir/f.textproto:11");
  EXPECT_EQ(file.where("network.population[1].pyramidal.bias.sd"), "dir/f.textproto:9");
  EXPECT_EQ(file.where("data.name"), "dir/f.textproto:1");
}

TEST(ExperimentFile, CountsLinesOfWindowsAndAfterAByteOrderMark) {
  const ExperimentFile file =
      ExperimentFile::parse("\xEF\xBB\xBFname: \"a\"\r\n\r\ntrial {\r\n}\r\n", "f");
  EXPECT_THAT(lines(file.mistakes()), IsEmpty());
  EXPECT_EQ(file.where("trial"), "f:3");
}

TEST(ExperimentFile, TellsWhatDoesNotFitTheSchema) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"sed: 3", "f:2: unknown field `sed` in an experiment; did you mean `seed`?"},
      {"trial { phase_lenght_ms: 3 }",
       "f:2: unknown field `phase_lenght_ms` in `trial`; did you mean `phase_length_ms`?"},
      {"data { colour: 3 }",
       "f:2: unknown field `colour` in `data`; known: `name`, `train_examples`, `test_examples`"},
      {"[apical.x]: 3", "f:2: unknown field `[apical.x]` in an experiment; known: `name`"},
      {"network {\n projection {\n compartment: BASIL } }",
       "f:4: `compartment` cannot be `BASIL`; did you mean `BASAL`?"},
      {"network { projection { compartment:\n SOMA\n delay_ms: 1 } }",
       "f:3: `compartment` cannot be `SOMA`; known: `BASAL`, `APICAL`, `DENDRITE`"},
      {"seed: 1\n\nseed: 1", "f:4: `seed` is given twice; remove one of them"},
      {"trial {}\ntrial {}", "f:3: `trial` is given twice; remove one of them"},
      {"network { population { output {}\n pyramidal {} } }",
       "f:3: `output` and `pyramidal` exclude each other; remove one of them"},
      {"seed: -1", "f:2: `seed` cannot be `-1`; give a whole number, 0 or more"},
      {"seed: \"1\"", "f:2: `seed` cannot be `\"1\"`; give a whole number, 0 or more"},
      {"network { population { size: 3.5 } }", "f:2: `size` cannot be `3.5`; give a whole number"},
      {"network { population { size: 9999999999 } }", "f:2: `size` cannot be `9999999999`; give a"},
      {"trial { phase_length_ms: long }", "f:2: `phase_length_ms` cannot be `long`; give a number"},
      {"training { shuffle: yes }", "f:2: `shuffle` cannot be `yes`; give true or false"},
      {"data { name: mnist }", "f:2: `name` cannot be `mnist`; put text in quotes"},
      {"trial: 3", "f:2: `trial` has no single value; write `trial { ... }`"},
      {"seed { }", "f:2: `seed` is one value, not a message; give a whole number"},
      {"seed 3", "f:2: no `:` after `seed`; write `seed: 3`"},
      {"seed: [3]", "f:2: `seed` is not a list; give one value"},
      {"seed:\ntrial {}", "f:2: `seed` has no value; give a whole number"},
      {"trial { phase_length_ms: }", "f:2: `phase_length_ms` has no value; give a number"},
      {"seed:", "f:2: `seed` has no value"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_THAT(mistakes_of("# first\n" + text), ElementsAre(StartsWith(expected))) << text;
  }
}

TEST(ExperimentFile, TellsWhereTextStopsMakingSense) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"network {\n population {\n }\n", "f:2: `network {` is never closed; add the missing `}`"},
      {"network <\n }", "f:3: `}` closes nothing"},
      {"trial {\n}\n}", "f:4: `}` closes nothing; remove it"},
      {"name: \"two\nseed: 1", "f:2: String literals cannot cross line boundaries; "},
      {"seed: 1\n 5", "f:3: `5` stands where a field must begin"},
      {"seed: 12x", "f:2: Need space between number and identifier"},
      {"seed: 1 + 2", "f:2: `+` stands where"},
      {"network { population: [ {}\n", "f:2: `population: [` is never closed"},
      {"network { population: [ {} {} ] }", "f:2: `{` stands in a list"},
      {"network { population: [ , ] }", "f:2: `,` stands in a list"},
      {std::string("name: \"\0\"", 9), "f:2: "},
      {"[", "f:2: "},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_THAT(mistakes_of("# first\n" + text), ElementsAre(StartsWith(expected))) << text;
  }
  std::string deep;
  for (int i = 0; i < 1000000; ++i) {
    deep += "a{";
  }
  EXPECT_THAT(mistakes_of(deep), ElementsAre(StartsWith("f:1: more than 100 messages")));
  EXPECT_THAT(mistakes_of(std::string(std::size_t{20} << 20, ' ')), SizeIs(1));
}

TEST(ExperimentFile, TellsAllMistakesAtOnceAndReadsTheRest) {
  const std::string text = R"(
nam: "x"
seed: many
network { populatoin { name: "a" } projection { delay: 3
  compartment: BASL source: "b" } }
trial { phase_length_ms: 4 phase_length_ms: 5 }
)";
  EXPECT_THAT(
      mistakes_of(text),
      ElementsAre(StartsWith("f:2: unknown field `nam`"), StartsWith("f:3: `seed`"),
                  StartsWith("f:4: unknown field `populatoin`"),
                  StartsWith("f:4: unknown field `delay`"), StartsWith("f:5: `compartment`"),
                  StartsWith("f:6: `phase_length_ms` is given twice")));
  const ExperimentFile file = ExperimentFile::parse(text, "f");
  EXPECT_EQ(file.experiment().network().projection(0).source(), "b");
  EXPECT_EQ(file.experiment().trial().phase_length_ms(), 4);
  EXPECT_TRUE(file.is_lost("name"));
  EXPECT_TRUE(file.is_lost("network.population"));
  EXPECT_TRUE(file.is_lost("network.projection[0].compartment"));
  EXPECT_FALSE(file.is_lost("network.projection[0].target"));
}

TEST(ExperimentFile, ReadThrowsAllMistakes) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "bad.textproto";
  std::ofstream(path) << "sed: 1\nnam: 2\n";
  const std::vector<Override> overrides = {Override::from_set("x")};
  try {
    ExperimentFile::read(path, overrides);
    FAIL() << "nothing was thrown";
  } catch (const ModelFileError& error) {
    EXPECT_THAT(error.mistakes(), SizeIs(3));
    EXPECT_EQ(error.mistakes()[1].where, path.string() + ":2");
    EXPECT_THAT(error.what(), AllOf(HasSubstr("`sed`"), HasSubstr("\n--set x: no `=`")));
  }
}

TEST(ExperimentFile, TellsWhyAFileCannotBeRead) {
  const auto mistake = [](const std::filesystem::path& path) {
    try {
      ExperimentFile::read_with_mistakes(path);
    } catch (const ModelFileError& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  EXPECT_THAT(mistake("no/such.textproto"),
              StartsWith("no/such.textproto: cannot be read: No such file or directory; "));
  EXPECT_THAT(mistake(testing::TempDir()), HasSubstr("cannot be read: it is a folder"));
}

class Include : public testing::Test {
 protected:
  Include() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "parts");
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  ExperimentFile read(const std::vector<Override>& overrides = {}) const {
    return ExperimentFile::read_with_mistakes(folder_ / "main", overrides);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "include";
};

TEST_F(Include, StartsFromOtherFiles) {
  write("main",
        "include: \"parts/one\" include: \"parts/two\"\n"
        "training { epochs: 5 }\nrecording { spikes { trials: 9 } }\n");
  write("parts/one", "include: \"base\"\nseed: 7\ntraining { shuffle: false epochs: 3 }");
  write("parts/base", "seed: 8 name: \"base\"\nrecording { spikes { trials: 1 } }");
  write("parts/two", "trial { phase_length_ms: 60 }\nname: \"two\"");
  const ExperimentFile file = read();
  EXPECT_THAT(lines(file.mistakes()), IsEmpty());
  proto::Experiment expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "seed: 7 name: \"two\" training { shuffle: false epochs: 5 } trial { phase_length_ms: 60 } "
      "recording { spikes { trials: 1 } spikes { trials: 9 } }",
      &expected));
  // It stands alone: nothing is left of the includes.
  EXPECT_TRUE(MessageDifferencer::Equals(file.experiment(), expected));
  EXPECT_EQ(file.where("training.epochs"), path("main") + ":2");
  EXPECT_EQ(file.where("training.shuffle"), path("parts/one") + ":3");
  EXPECT_EQ(file.where("seed"), path("parts/one") + ":2");
  EXPECT_EQ(file.where("recording.spikes[0]"), path("parts/base") + ":2");
  EXPECT_EQ(file.where("recording.spikes[1].trials"), path("main") + ":3");
  EXPECT_EQ(read({Override::from_set("training.epochs=6")}).experiment().training().epochs(), 6);
}

// Populations and projections of equal name are one; a projection may go by its default name.
TEST_F(Include, ElementsOfEqualNameAreMerged) {
  write("main",
        "include: \"parts/base\"\nnetwork {\n"
        "population { name: \"b\" size: 3 }\n"
        "population { name: \"c\" size: 4 }\n"
        "projection { name: \"a_to_b\" initializer { gain: 5 } }\n"
        "projection { name: \"back\" compartment: BASAL }\n}");
  write(
      "parts/base",
      "network { population { name: \"a\" size: 1 } population { name: \"b\" size: 2 output {} }\n"
      "projection { source: \"a\" target: \"b\" initializer { normal { sd: 2 } } }\n"
      "projection { name: \"back\" source: \"b\" target: \"a\" } }");
  const ExperimentFile file = read();
  EXPECT_THAT(lines(file.mistakes()), IsEmpty());
  proto::Experiment expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "network { population { name: \"a\" size: 1 } population { name: \"b\" size: 3 output {} } "
      "population { name: \"c\" size: 4 } projection { name: \"a_to_b\" source: \"a\" target: "
      "\"b\" "
      "initializer { normal { sd: 2 } gain: 5 } } projection { name: \"back\" source: \"b\" "
      "target: \"a\" compartment: BASAL } }",
      &expected));
  EXPECT_TRUE(MessageDifferencer::Equals(file.experiment(), expected));
  EXPECT_EQ(file.where("network.population[1].size"), path("main") + ":3");
  EXPECT_EQ(file.where("network.projection[0].initializer.gain"), path("main") + ":5");
  EXPECT_EQ(file.where("network.projection[0].initializer.normal.sd"), path("parts/base") + ":2");
}

// Within one file a name that comes twice stays two elements, which the check reports.
TEST_F(Include, ElementsOfOneFileAreNotMerged) {
  write("main",
        "include: \"parts/base\"\nnetwork { population { name: \"a\" size: 2 } "
        "population { name: \"a\" size: 3 } }");
  write("parts/base", "network { population { name: \"a\" size: 1 } }");
  const proto::Experiment experiment = read().experiment();
  ASSERT_EQ(experiment.network().population_size(), 2);
  EXPECT_EQ(experiment.network().population(0).size(), 2);
  EXPECT_EQ(experiment.network().population(1).size(), 3);
}

TEST_F(Include, AnotherChoiceReplacesTheIncludedOne) {
  write("main", "include: \"parts/one\"\ntraining { rate_learning { optimizer { sgd {} } } }");
  write("parts/one", "training { rate_learning { optimizer { adam { beta1: 0.5 } } } }");
  const ExperimentFile file = read();
  EXPECT_THAT(lines(file.mistakes()), IsEmpty());
  const proto::Optimizer& optimizer = file.experiment().training().rate_learning().optimizer();
  EXPECT_TRUE(optimizer.has_sgd());
  EXPECT_EQ(file.where("training.rate_learning.optimizer.adam.beta1"), path("main") + ":2");
}

TEST_F(Include, TellsMistakesWhereTheyAre) {
  write("main", "include: \"parts/one\"\nsede: 1\nname: \"a\"\nname: \"b\"");
  write("parts/one", "\ntraining { epoch: 3 }");
  EXPECT_THAT(lines(read().mistakes()),
              ElementsAre(StartsWith(path("parts/one") + ":2: unknown field `epoch`"),
                          StartsWith(path("main") + ":2: unknown field `sede`"),
                          StartsWith(path("main") + ":4: `name` is given twice")));
}

TEST_F(Include, TellsWhatCannotBeIncluded) {
  const auto mistake = [this] {
    try {
      read();
    } catch (const ModelFileError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  write("main", "\ninclude: \"parts/none\"");
  EXPECT_EQ(mistake(), path("main") +
                           ":2: `include` \"parts/none\" cannot be read: No such file or "
                           "directory; give the path of an experiment, relative to this file's "
                           "folder");
  write("main", "include: \"parts/one\"");
  write("parts/one", "include: \"../main\"");
  EXPECT_EQ(mistake(), path("parts/one") +
                           ":1: `include` \"../main\" leads back to a file that "
                           "includes it; remove one of them");
  write("parts/one", "seed: 1\nname: {");
  EXPECT_THAT(mistake(), StartsWith(path("parts/one") + ":2: "));
  write("main", "include: 3");
  EXPECT_THAT(mistake(), StartsWith(path("main") + ":1: `include` cannot be `3`; "));
  write("main", "seed: 1");
  EXPECT_THAT(lines(read({Override::from_set("include=parts/one")}).mistakes()),
              ElementsAre("--set include=parts/one: `include` cannot be changed by an option; "
                          "change it in the file"));
}

TEST(Override, SetsFields) {
  EXPECT_EQ(with("training.epochs=3").experiment().training().epochs(), 3);
  EXPECT_EQ(with("training.shuffle=false").experiment().training().shuffle(), false);
  EXPECT_EQ(with("data.name=fashion-mnist").experiment().data().name(), "fashion-mnist");
  EXPECT_EQ(with("data.name=\"a=\\\"b\\\"\"").experiment().data().name(), "a=\"b\"");
  EXPECT_EQ(with("data.name='a'").experiment().data().name(), "a");
  EXPECT_EQ(with("description=a = b").experiment().description(), "a = b");
  EXPECT_EQ(with("network.population[1].size=7").experiment().network().population(1).size(), 7);
  EXPECT_EQ(with("network.population[hidden].size=7").experiment().network().population(1).size(),
            7);
  EXPECT_EQ(
      with("network.projection[0].delay_ms=1.5").experiment().network().projection(0).delay_ms(),
      1.5);
  EXPECT_EQ(with("network.projection[input_to_hidden].compartment=APICAL")
                .experiment()
                .network()
                .projection(0)
                .compartment(),
            proto::APICAL);
}

TEST(Override, KeepsWhatItDoesNotSet) {
  const ExperimentFile file = with("network.population[hidden].pyramidal.max_rate_hz=100");
  const proto::Pyramidal& model = file.experiment().network().population(1).pyramidal();
  EXPECT_EQ(model.max_rate_hz(), 100);
  EXPECT_EQ(model.bias().mean(), 0.5);
}

TEST(Override, ReplacesTheModelByAnother) {
  const ExperimentFile file =
      with("network.population[input].pyramidal.apical_conductance_per_ms=0.6");
  const proto::Population& population = file.experiment().network().population(0);
  ASSERT_TRUE(population.has_pyramidal());
  EXPECT_EQ(population.pyramidal().apical_conductance_per_ms(), 0.6);
}

TEST(Override, ReplacesAndAddsWholeMessages) {
  ExperimentFile file = with("network.population[hidden].pyramidal={bias { sd: 2 }}");
  const proto::Bias& bias = file.experiment().network().population(1).pyramidal().bias();
  EXPECT_FALSE(bias.has_mean());
  EXPECT_EQ(bias.sd(), 2);
  EXPECT_THAT(file.where("network.population[1].pyramidal.bias.mean"), StartsWith("--set "));
  file = with("network.population[2]={name: \"output\" output {}}");
  ASSERT_EQ(file.experiment().network().population_size(), 3);
  EXPECT_TRUE(file.experiment().network().population(2).has_output());
  EXPECT_EQ(with("recording.spikes[0].trials=3").experiment().recording().spikes(0).trials(), 3);
}

TEST(Override, AppliesInOrderAndSeedIsOne) {
  const std::vector<Override> overrides = {
      Override::from_set("network.population[hidden].name=middle"),
      Override::from_set("network.population[middle].size=1"),
      Override::from_set("network.population[middle].size=2"),
      Override::from_seed("18446744073709551615")};
  const ExperimentFile file = ExperimentFile::parse(kNetwork, "f", overrides);
  EXPECT_THAT(lines(file.mistakes()), IsEmpty());
  EXPECT_EQ(file.experiment().network().population(1).size(), 2);
  EXPECT_EQ(file.experiment().seed(), 18446744073709551615U);
  EXPECT_EQ(file.where("network.population[1].name"),
            "--set network.population[hidden].name=middle");
  EXPECT_EQ(file.where("network.population[1].size"), "--set network.population[middle].size=2");
  EXPECT_EQ(file.where("seed"), "--seed 18446744073709551615");
  EXPECT_THAT(mistakes_of("", {Override::from_seed("x")}),
              ElementsAre("--seed x: `seed` cannot be `x`; give a whole number, 0 or more"));
}

TEST(Override, IsThePlaceOfWhatItSetAndCreated) {
  const ExperimentFile file = with("trial.phase_length_ms=5");
  EXPECT_EQ(file.where("trial.phase_length_ms"), "--set trial.phase_length_ms=5");
  EXPECT_EQ(file.where("trial.settling_time_ms"), "--set trial.phase_length_ms=5");
  const ExperimentFile sized = with("network.population[0].size=0");
  EXPECT_EQ(sized.where("network.population[0].size"), "--set network.population[0].size=0");
  EXPECT_EQ(sized.where("network.population[0].name"), "f:4");
  EXPECT_EQ(sized.where("network.population[0]"), "f:3");
}

TEST(Override, TellsWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"training", "no `=`; write PATH=VALUE"},
      {"=3", "unknown field ``; known: `name`"},
      {"training.=3", "unknown field ``; known: `epochs`"},
      {"training.epoch=3", "unknown field `epoch`; did you mean `epochs`?"},
      {"trainig.epochs=3", "unknown field `trainig`; did you mean `training`?"},
      {"training.epochs=many", "`epochs` cannot be `many`; give a whole number below 2147483648"},
      {"training.epochs=", "`epochs` cannot be ``; give a whole number below 2147483648"},
      {"training.epochs=3 4", "`epochs` cannot be `3 4`"},
      {"training.shuffle=perhaps", "`shuffle` cannot be `perhaps`; give true or false"},
      {"training=3", "`training` has no single value; name one of its fields, or give {...}"},
      {"training={epochs: 1", "`training` has no single value; close what `{` opens with `}`"},
      {"training.epochs.x=3", "`epochs` is one value and has no fields; end the path at `epochs`"},
      {"training[0].epochs=3", "`training` is not a list; write `training` without [0]"},
      {"network.population.size=3", "`population` is a list; write `population[0]`, or a name"},
      {"network.population[hiden].size=3", "no population is named `hiden`; did you mean `hidden`"},
      {"network.population[x].size=3", "no population is named `x`; known: `input`, `hidden`"},
      {"network.population[].size=3", "no population is named ``"},
      {"network.population[-1].size=3", "no population is named `-1`"},
      {"network.population[3].size=3",
       "`population[3]` is past the end; the next to add is `population[2]`"},
      {"network.population[0.size=3", "`population[0` has no closing `]`"},
      {"network.projection[0].compartment=BASIL", "`compartment` cannot be `BASIL`; did you mean"},
      {"training={epoch: 3}", "unknown field `epoch` in `training`; did you mean `epochs`?"},
      {"training={epochs: }", "`epochs` has no value"},
      {"training={epochs: {}", "`epochs {` is never closed"},
      {"data.name=\"a", "`name` cannot be `\"a`; put text in quotes"},
  };
  for (const auto& [assignment, expected] : cases) {
    EXPECT_THAT(mistakes_with(assignment),
                ElementsAre(AllOf(StartsWith("--set " + assignment), HasSubstr(": " + expected))));
  }
}

TEST(Override, LeavesTheExperimentAloneWhenItIsWrong) {
  const proto::Experiment before = ExperimentFile::parse(kNetwork, "f").experiment();
  for (const char* assignment : {"trial.phase_lengt=1", "network.population[input].output.x=1",
                                 "training.epochs=3 4", "trial={phase_length_ms: 3 "}) {
    EXPECT_TRUE(MessageDifferencer::Equals(with(assignment).experiment(), before)) << assignment;
  }
  EXPECT_EQ(to_string(with("a\nb").mistakes()[0]), "--set a b: no `=`; write PATH=VALUE");
}

TEST(WithDefaults, WritesOutWhatTheSchemaSays) {
  const proto::Experiment full = with_defaults(ExperimentFile::parse(kNetwork, "f").experiment());
  const proto::Pyramidal& model = full.network().population(1).pyramidal();
  EXPECT_TRUE(model.has_max_rate_hz());
  EXPECT_EQ(model.postsynaptic_potential().tau_leak_ms(), 10);
  EXPECT_TRUE(model.postsynaptic_potential().has_tau_leak_ms());
  EXPECT_EQ(model.bias().mean(), 0.5);
  EXPECT_TRUE(model.bias().has_sd());
  const proto::Projection& projection = full.network().projection(0);
  EXPECT_EQ(projection.name(), "input_to_hidden");
  EXPECT_TRUE(projection.has_dense());
  EXPECT_TRUE(projection.initializer().matched_moments().has_mean_rate_fraction());
  EXPECT_FALSE(projection.initializer().matched_moments().has_fan_in_of());
  EXPECT_FALSE(projection.has_plasticity());
  EXPECT_EQ(full.seed(), 1U);
  EXPECT_TRUE(full.trial().has_clear_state_between_trials());
  EXPECT_TRUE(full.training().has_epochs());
  EXPECT_FALSE(full.has_description());
  EXPECT_EQ(full.recording().spikes_size(), 0);
  EXPECT_FALSE(full.recording().has_trials());
  EXPECT_FALSE(full.data().has_name());
}

TEST(WithDefaults, KeepsChoicesThatWereMade) {
  const proto::Experiment full = with_defaults(
      with("network.projection[0]={name: \"p\" initializer { normal { sd: 0.3 } }}").experiment());
  const proto::Projection& projection = full.network().projection(0);
  EXPECT_EQ(projection.name(), "p");
  EXPECT_EQ(projection.initializer().normal().sd(), 0.3);
  EXPECT_TRUE(projection.initializer().normal().has_mean());
}

TEST(WithDefaults, ChoosesWhatDependsOnOtherFieldsOfARateNetwork) {
  const auto full = [](const std::string& more) {
    return with_defaults(
        ExperimentFile::parse("rate_network { layer {} layer {} " + more, "f").experiment());
  };
  const proto::Experiment classifier =
      full("} training { rate_learning { algorithm: SDTP optimizer { sgd {} } } }");
  EXPECT_EQ(classifier.rate_network().loss(), proto::SOFTMAX_CROSS_ENTROPY);
  EXPECT_EQ(classifier.rate_network().layer(0).activation(), proto::TANH);
  EXPECT_EQ(classifier.rate_network().layer(1).activation(), proto::SOFTMAX);
  const proto::RateLearning& learning = classifier.training().rate_learning();
  EXPECT_EQ(learning.inverse_loss(), proto::DENOISING);
  EXPECT_EQ(learning.batch_size(), 128);
  EXPECT_TRUE(learning.optimizer().sgd().has_momentum());
  EXPECT_EQ(learning.inverse_optimizer().adam().beta2(), 0.999);
  EXPECT_FALSE(classifier.has_trial());
  const proto::Experiment autoencoder =
      full("task: AUTOENCODING } training { rate_learning { algorithm: DTP } }");
  EXPECT_EQ(autoencoder.rate_network().loss(), proto::SQUARED_ERROR);
  EXPECT_EQ(autoencoder.rate_network().layer(1).activation(), proto::LINEAR);
  EXPECT_EQ(autoencoder.training().rate_learning().inverse_loss(), proto::NOISE_PRESERVING);
  // A spiking network has no use for any of it.
  EXPECT_FALSE(with_defaults(ExperimentFile::parse(kNetwork, "f").experiment())
                   .training()
                   .has_rate_learning());
}

TEST(ToText, PrintsTheShortestDigitsThatReadBack) {
  for (const double value : {0.21, 0.1, 1.0 / 3, 0.1 + 0.2, 5e-324, 1e300, 1e16, 123456789.0,
                             2.0000000000000004, -0.0}) {
    proto::Experiment experiment;
    experiment.mutable_trial()->set_phase_length_ms(value);
    const std::string text = to_text(experiment);
    const double again = ExperimentFile::parse(text, "f").experiment().trial().phase_length_ms();
    EXPECT_EQ(again, value) << text;
    EXPECT_EQ(std::signbit(again), std::signbit(value));
  }
  proto::Experiment experiment;
  experiment.mutable_trial()->set_phase_length_ms(0.21);
  EXPECT_EQ(to_text(experiment), "trial {\n  phase_length_ms: 0.21\n}\n");
}

TEST(ToText, QuotesTextSoThatItReadsBack) {
  proto::Experiment experiment;
  const std::string text(
      "\"\\\n\t\x01"
      "1\0é'",
      10);
  experiment.set_name(text);
  EXPECT_EQ(ExperimentFile::parse(to_text(experiment), "f").experiment().name(), text);
  experiment.set_name("ü");
  EXPECT_EQ(to_text(experiment), "name: \"ü\"\n");
}

}  // namespace
}  // namespace apical
