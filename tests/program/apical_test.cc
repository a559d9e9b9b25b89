// The whole program, as a person runs it, on a small sample of digits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/program/program.h"
#include "tests/simulator/sonata_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class ApicalTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  Finished apical(std::vector<std::string> arguments,
                  const std::function<void(pid_t)>& meanwhile = {}) {
    arguments.insert(arguments.begin(), (root_ / "tools/apical").string());
    return run_command_line(arguments, folder_, meanwhile);
  }

  // Runs the quickstart with a small hidden layer into `out`.
  Finished run(const std::string& out, const std::vector<std::string>& more = {},
               const std::function<void(pid_t)>& meanwhile = {}) {
    std::vector<std::string> arguments = {
        "run",   quickstart(), "--data", digits().string(),
        "--out", out,          "--set",  "network.population[hidden].size=60"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical(arguments, meanwhile);
  }

  nlohmann::json summary(const std::string& out) const {
    return nlohmann::json::parse(content_of(folder_ / out / "summary.json"));
  }

  std::string quickstart() const { return (root_ / "models/zoo/quickstart.textproto").string(); }
  fs::path digits() const { return root_ / "tests/data/digits"; }

  fs::path root_ = fs::current_path();  // of the runfiles
  fs::path folder_;
};

TEST_F(ApicalTest, ATinyRunWritesItsFolder) {
  const Finished finished = run("out");
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const nlohmann::json summary = this->summary("out");
  EXPECT_EQ(summary["train_examples"], 500);
  EXPECT_EQ(summary["test_examples"], 400);  // before training and after
  EXPECT_EQ(summary["epochs"], 1);
  EXPECT_EQ(summary["seed"], 1);
  EXPECT_EQ(summary["complete"], true);
  for (const char* key :
       {"test_error_percent", "train_error_percent", "train_ms_per_example", "test_ms_per_example",
        "wall_seconds", "cpu_seconds", "events", "spikes", "synaptic_events", "threads"}) {
    EXPECT_GT(summary[key], 0) << key;
  }
  EXPECT_THAT(finished.out, HasSubstr("test error"));
  EXPECT_THAT(
      measurements(folder_ / "out/metrics.csv"),
      StartsWith("train_examples,epoch,test_examples,test_error_percent,train_error_percent,"));
  // What was run runs again, to the same result.
  const Finished again = apical({"run", "out/experiment.textproto", "--data", digits().string(),
                                 "--out", "again", "--quiet"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.err,
            "note: data.train_examples is 10000; there are 500 images, and all are taken\n");
  EXPECT_EQ(measurements(folder_ / "again/metrics.csv"), measurements(folder_ / "out/metrics.csv"));
}

TEST_F(ApicalTest, SpikesAreRecordedWithTheirTrials) {
  ASSERT_EQ(run("out").exit_code, 0);
  const RecordedSpikes recorded = read_sonata_spikes(folder_ / "out/spikes.h5");
  ASSERT_EQ(recorded.populations.size(), 3);
  ASSERT_EQ(recorded.trials.size(), 3);
  EXPECT_EQ(recorded.populations[1].neurons, 60);
  for (const SpikeTrain& train : recorded.populations) {
    ASSERT_FALSE(train.times_ms.empty()) << train.population;
    EXPECT_GE(train.times_ms.front(), recorded.trials.start_ms.front());
    EXPECT_LE(train.times_ms.back(), recorded.trials.end_ms.back());
  }
  EXPECT_EQ(recorded.trials.end_ms[0], recorded.trials.start_ms[1]);
  // In the target phase the right class fires near its maximal rate, 0.2 per ms; with 4 sigma of
  // a Poisson count a correct program fails once in 30,000 seeds.
  const SpikeTrain& output = recorded.populations[2];
  double right = 0;
  double length = 0;
  for (std::size_t t = 0; t < recorded.trials.size(); ++t) {
    const double from = recorded.trials.target_start_ms[t] + 5;
    length += recorded.trials.end_ms[t] - from;
    for (std::size_t s = 0; s < output.times_ms.size(); ++s) {
      right += output.times_ms[s] >= from && output.times_ms[s] < recorded.trials.end_ms[t] &&
               output.node_ids[s] == static_cast<std::uint64_t>(recorded.trials.label[t]);
    }
  }
  EXPECT_NEAR(right, 0.2 * length, 4 * std::sqrt(0.2 * length));
}

TEST_F(ApicalTest, TheSameSeedGivesTheSameBits) {
  ASSERT_EQ(run("one", {"--threads", "1"}).exit_code, 0);
  ASSERT_EQ(run("two", {"--threads", "2"}).exit_code, 0);
  ASSERT_EQ(run("unrecorded", {"--set", "recording={}"}).exit_code, 0);
  ASSERT_EQ(run("other", {"--seed", "2"}).exit_code, 0);
  const std::string one = measurements(folder_ / "one/metrics.csv");
  EXPECT_EQ(measurements(folder_ / "two/metrics.csv"), one);
  EXPECT_EQ(measurements(folder_ / "unrecorded/metrics.csv"), one);
  EXPECT_FALSE(fs::exists(folder_ / "unrecorded/spikes.h5"));
  EXPECT_NE(measurements(folder_ / "other/metrics.csv"), one);
  for (const char* key : {"events", "spikes", "synaptic_events"}) {
    EXPECT_EQ(summary("one")[key], summary("two")[key]) << key;
  }
  const RecordedSpikes first = read_sonata_spikes(folder_ / "one/spikes.h5");
  const RecordedSpikes second = read_sonata_spikes(folder_ / "two/spikes.h5");
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(first.populations[p].times_ms, second.populations[p].times_ms);
    EXPECT_EQ(first.populations[p].node_ids, second.populations[p].node_ids);
  }
}

TEST_F(ApicalTest, RecordsWhatIsAskedForAndReplaysIt) {
  const std::vector<std::string> everything = {
      "--set", "recording.spikes[0].trials=0",
      "--set", "recording.report[0]={population: \"hidden\" neurons: \"0-2\"}",
      "--set", "recording.trials={}",
      "--set", "recording.weights={}",
      "--set", "recording.tests=true"};
  ASSERT_EQ(run("all", everything).exit_code, 0);
  ASSERT_EQ(run("none", {"--set", "recording={}"}).exit_code, 0);
  EXPECT_EQ(measurements(folder_ / "all/metrics.csv"), measurements(folder_ / "none/metrics.csv"));
  for (const char* name : {"spikes.h5", "report.h5", "trials.h5", "weights.h5", "tests.h5"}) {
    EXPECT_TRUE(fs::exists(folder_ / "all" / name)) << name;
    EXPECT_FALSE(fs::exists(folder_ / "all" / (std::string(name) + ".partial"))) << name;
    EXPECT_FALSE(fs::exists(folder_ / "none" / name)) << name;
  }
  std::size_t spikes = 0;
  for (const SpikeTrain& train : read_sonata_spikes(folder_ / "all/spikes.h5").populations) {
    spikes += train.times_ms.size();
  }
  EXPECT_EQ(summary("all")["train_spikes"], spikes);
  const std::string replay = "network.population[input].poisson_source.replay.file=";
  ASSERT_EQ(run("replayed", {"--set", replay + (folder_ / "all/spikes.h5").string()}).exit_code, 0);
  EXPECT_EQ(measurements(folder_ / "replayed/metrics.csv"),
            measurements(folder_ / "all/metrics.csv"));
  const Finished failed = run("failed", {"--set", replay + "missing.h5"});
  EXPECT_EQ(failed.exit_code, 4);
  EXPECT_THAT(failed.err, HasSubstr("missing.h5: there is no such file"));
  EXPECT_FALSE(fs::exists(folder_ / "failed"));
}

TEST_F(ApicalTest, FieldsAreSetFromTheCommandLine) {
  ASSERT_EQ(run("out", {"--set", "training.epochs=2", "--set", "data.train_examples=40", "--set",
                        "data.test_examples=20", "--set", "training.evaluate_every_examples=30",
                        "--set", "training.interim_test_examples=5"})
                .exit_code,
            0);
  EXPECT_EQ(summary("out")["train_examples"], 80);
  EXPECT_EQ(summary("out")["epochs"], 2);
  // Tests after 0, 30, 40, 60 and 80 images, those within an epoch on fewer images.
  const std::string rows = measurements(folder_ / "out/metrics.csv");
  EXPECT_EQ(std::ranges::count(rows, '\n'), 6) << rows;
  EXPECT_THAT(rows, HasSubstr("\n0,0,5,"));
  EXPECT_THAT(rows, HasSubstr("\n60,1.5,5,"));
  EXPECT_THAT(rows, HasSubstr("\n80,2,20,"));
}

TEST_F(ApicalTest, ErrorsAreOneLineWithTheirExitCode) {
  const auto expect = [&](const Finished& finished, int code, const std::string& text) {
    EXPECT_EQ(finished.exit_code, code) << finished.err;
    EXPECT_THAT(finished.err, StartsWith("apical: "));
    EXPECT_THAT(finished.err, HasSubstr(text));
    EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
    EXPECT_EQ(finished.out, "");
  };
  expect(apical({"rum"}), 2, "did you mean `run`?");
  expect(apical({"run"}), 2, "no experiment");
  expect(run("out", {"--no-such-option"}), 2, "no-such-option");
  expect(run("out", {"--threads", "0"}), 2, "--threads");
  expect(apical({"run", "missing.textproto"}), 3, "missing.textproto");
  expect(run("out", {"--set", "training.epoch=1"}), 3, "--set training.epoch=1");
  expect(run("out", {"--set", "training.epochs=-1"}), 3, "epochs");
  expect(run("out", {"--seed", "x"}), 3, "--seed x");
  expect(run("out", {"--data", "nowhere"}), 2, "--data");  // twice
  expect(apical({"run", quickstart(), "--data", "nowhere", "--out", "out"}), 4,
         "apical data get mnist");
  EXPECT_FALSE(fs::exists(folder_ / "out"));  // nothing is begun before all is known to be there
  std::ofstream(folder_ / "file") << "not a folder";
  expect(run("file"), 5, "file");
  expect(run("file/below"), 5, "file");
  const std::string too_long(300, 'x');
  expect(apical({"run", too_long}), 3, "File name too long");
  expect(apical({"check", too_long}), 3, "File name too long");
  expect(run(too_long), 5, "File name too long");
  expect(run(too_long, {"--resume"}), 5, "File name too long");
  fs::create_symlink("loop", folder_ / "loop");
  expect(apical({"check", "loop"}), 3, "loop");
  expect(run("loop", {"--resume"}), 5, "loop");
}

TEST_F(ApicalTest, ATruncatedDataSetIsNamed) {
  fs::create_directories(folder_ / "data");
  for (const auto& file : fs::directory_iterator(digits())) {
    fs::copy_file(file, folder_ / "data" / file.path().filename());
  }
  const fs::path images = folder_ / "data/t10k-images-idx3-ubyte.gz";
  fs::permissions(images, fs::perms::owner_all);
  fs::resize_file(images, fs::file_size(images) / 2);
  const Finished finished = apical({"run", quickstart(), "--data", "data", "--out", "out"});
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_THAT(finished.err, HasSubstr("t10k-images-idx3-ubyte.gz"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(ApicalTest, AFolderIsOverwrittenOnlyWithForce) {
  ASSERT_EQ(run("out").exit_code, 0);
  const std::string before = content_of(folder_ / "out/metrics.csv");
  const Finished finished = run("out", {"--seed", "2"});
  EXPECT_EQ(finished.exit_code, 5);
  EXPECT_THAT(finished.err, HasSubstr("--force"));
  EXPECT_EQ(content_of(folder_ / "out/metrics.csv"), before);
  EXPECT_EQ(run("out", {"--seed", "2", "--force"}).exit_code, 0);
  EXPECT_EQ(summary("out")["seed"], 2);
}

TEST_F(ApicalTest, CheckReportsEveryMistakeWithItsLine) {
  std::ofstream(folder_ / "bad.textproto") << R"(network {
  population { name: "input" size: 700 poisson_source {} }
  population { name: "output" sise: 10 output { leak_conductance_per_ms: -1 } }
  projection { source: "inputt" target: "output" compartment: BASAL delay_ms: -2 }
}
data { name: "mnist" }
training { epochs: -3 }
)";
  const Finished finished = apical({"check", "bad.textproto"});
  EXPECT_EQ(finished.exit_code, 3);
  for (const char* text :
       {"bad.textproto:2: ", "784", "bad.textproto:3: ", "`sise`", "leak_conductance_per_ms",
        "bad.textproto:4: ", "inputt", "BASAL", "delay_ms", "bad.textproto:7: "}) {
    EXPECT_THAT(finished.err, HasSubstr(text));
  }
  EXPECT_GE(std::ranges::count(finished.err, '\n'), 7) << finished.err;
  EXPECT_EQ(apical({"check", quickstart()}).exit_code, 0);
  // A pipe can be read only once.
  const std::string piped =
      "cat " + quickstart() + " | " + (root_ / "tools/apical").string() + " check /dev/stdin";
  EXPECT_EQ(run_command_line({"bash", "-c", piped}, root_).out, "/dev/stdin: no mistakes\n");
}

// More images than there are is no error, as data sets may be cut short, but is not what was meant.
TEST_F(ApicalTest, MoreImagesThanThereAreAreNoted) {
  const Finished finished = run("out", {"--set", "data.test_examples=70000"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("data.test_examples is 70000; there are "));
}

TEST_F(ApicalTest, AnInterruptStopsAndKeepsWhatWasMeasured) {
  const Finished finished =
      run("out",
          {"--set", "training.epochs=100000", "--set", "data.test_examples=10", "--set",
           "data.train_examples=50"},
          [&](pid_t child) {
            // Until an epoch is over: a header and two rows.
            for (int i = 0; i < 600; ++i) {
              if (std::ranges::count(content_of(folder_ / "out/metrics.csv"), '\n') >= 3) break;
              std::this_thread::sleep_for(std::chrono::milliseconds(50));
            }
            kill(child, SIGINT);
          });
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_EQ(summary("out")["complete"], false);
  EXPECT_GT(summary("out")["train_examples"], 0);
}

TEST_F(ApicalTest, RateNetworksRunLikeAnyOther) {
  const std::string zoo = (root_ / "models/zoo/mnist_fc_ao_sdtp_parallel.textproto").string();
  const auto run_rates = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run",   zoo, "--data", digits().string(),
                                          "--out", out, "--set",  "training.epochs=2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical(arguments);
  };
  const Finished finished = run_rates("one", {"--threads", "1"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  ASSERT_EQ(run_rates("two", {"--threads", "2"}).exit_code, 0);
  const std::string one = measurements(folder_ / "one/metrics.csv");
  EXPECT_EQ(measurements(folder_ / "two/metrics.csv"), one);
  EXPECT_THAT(one, StartsWith("train_examples,epoch,test_examples,test_error_percent,"
                              "train_error_percent,test_loss,train_loss,test_top5_error_percent,"));
  EXPECT_THAT(one, HasSubstr("\n1000,2,200,"));
  const nlohmann::json summary = this->summary("one");
  EXPECT_EQ(summary["train_examples"], 1000);
  EXPECT_EQ(summary["spikes"], 0);
  EXPECT_GT(summary["events"], 0);
  EXPECT_GT(summary["test_loss"], 0);
  // Any other algorithm is one option away; the folder's file needs none of the zoo's.
  for (const char* algorithm : {"BP", "FA", "DFA", "TP", "DTP", "SDTP"}) {
    EXPECT_EQ(run_rates(algorithm,
                        {"--set", std::string("training.rate_learning.algorithm=") + algorithm})
                  .exit_code,
              0)
        << algorithm;
    EXPECT_NE(measurements(folder_ / algorithm / "metrics.csv"), one) << algorithm;
  }
  ASSERT_EQ(
      apical({"run", "one/experiment.textproto", "--data", digits().string(), "--out", "again"})
          .exit_code,
      0);
  EXPECT_EQ(measurements(folder_ / "again/metrics.csv"), one);
  // Divergence is told, with what to change.
  const Finished diverged =
      run_rates("diverged", {"--set", "training.rate_learning.algorithm=BP", "--set",
                             "training.rate_learning.optimizer.sgd.learning_rate=1000", "--set",
                             "rate_network.layer[hidden_1].activation=LINEAR", "--set",
                             "rate_network.layer[hidden_2].activation=LINEAR", "--set",
                             "rate_network.layer[hidden_3].activation=LINEAR", "--set",
                             "rate_network.layer[hidden_4].activation=LINEAR", "--set",
                             "rate_network.layer[hidden_5].activation=LINEAR"});
  EXPECT_EQ(diverged.exit_code, 3);
  EXPECT_THAT(diverged.err, HasSubstr("lower the learning_rate"));
}

// One file, both modes, and columns that are asked for.
TEST_F(ApicalTest, ANetworkRunsInTheRateModeToo) {
  const std::string angle = "angle_to_backpropagation_degrees_hidden";
  ASSERT_EQ(run("spikes").exit_code, 0);
  const auto in_rate_mode = [&](const std::string& out, std::vector<std::string> more) {
    more.insert(more.end(), {"--set", "network.mode=RATE"});
    return run(out, more);
  };
  const Finished finished = in_rate_mode("one", {"--threads", "1"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  ASSERT_EQ(in_rate_mode("two", {"--threads", "2"}).exit_code, 0);
  const std::string one = measurements(folder_ / "one/metrics.csv");
  EXPECT_EQ(measurements(folder_ / "two/metrics.csv"), one);
  EXPECT_NE(measurements(folder_ / "spikes/metrics.csv"), one);
  EXPECT_THAT(one, testing::Not(HasSubstr(angle)));
  EXPECT_FALSE(fs::exists(folder_ / "one/spikes.h5"));
  EXPECT_EQ(summary("one")["spikes"], 0);
  EXPECT_GT(summary("one")["events"], 0);
  // Before training nothing has an angle; measuring it changes nothing.
  ASSERT_EQ(
      in_rate_mode("angle", {"--set", "recording.metrics.angle_to_backpropagation=true"}).exit_code,
      0);
  EXPECT_THAT(measurements(folder_ / "angle/metrics.csv"), HasSubstr("," + angle));
  EXPECT_EQ(summary("angle")["test_error_percent"], summary("one")["test_error_percent"]);
  EXPECT_GT(summary("angle")[angle], 0);
  EXPECT_LT(summary("angle")[angle], 180);
  ASSERT_EQ(
      run("spiking_angle", {"--set", "recording.metrics.angle_to_backpropagation=true"}).exit_code,
      0);
  EXPECT_GT(summary("spiking_angle")[angle], 0);
  // What was run runs again, to the same result.
  ASSERT_EQ(
      apical({"run", "one/experiment.textproto", "--data", digits().string(), "--out", "again"})
          .exit_code,
      0);
  EXPECT_EQ(measurements(folder_ / "again/metrics.csv"), one);
  // Backpropagation, for comparison.
  ASSERT_EQ(in_rate_mode(
                "gradient",
                {"--set",
                 "network.projection[input_to_hidden].plasticity.backpropagation.learning_rate=0.1",
                 "--set", "recording.metrics.angle_to_backpropagation=true"})
                .exit_code,
            0);
  EXPECT_LT(summary("gradient")[angle], 0.1);
}

TEST_F(ApicalTest, DivergenceOfSpikingNetworksIsTold) {
  const Finished finished = run(
      "out", {"--set", "network.projection[hidden_to_output].initializer.constant.weight=1e30"});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, HasSubstr("lower the learning_rate"));
  // Hidden neurons that are no longer numbers do not fire, so that the output stays one.
  const Finished hidden =
      run("out", {"--set", "network.projection[input_to_hidden].initializer.constant.weight=1e38"});
  EXPECT_EQ(hidden.exit_code, 3);
  EXPECT_THAT(hidden.err, HasSubstr("the potentials of `hidden`"));
  // It left nothing to keep, so the next try may have its folder.
  EXPECT_EQ(run("out").exit_code, 0);
}

TEST_F(ApicalTest, SettingNothingIsWrongUsage) {
  const Finished finished = run("out", {"--set", "training.epochs"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("no `=`; write PATH=VALUE"));
}

TEST_F(ApicalTest, OutputThatIsLostIsAnError) {
  const std::string program = root_ / "tools/apical";
  const Finished finished =
      run_command_line({"/bin/sh", "-c", "\"$0\" info --help > /dev/full", program}, folder_);
  EXPECT_EQ(finished.exit_code, 5);
  EXPECT_EQ(finished.err,
            "apical: standard output: the disk is full; free some space or write elsewhere\n");
}

TEST_F(ApicalTest, VersionAndHelp) {
  EXPECT_THAT(apical({"--version"}).out, StartsWith("apical "));
  for (const char* command : {"run", "check", "data", "plot"}) {
    const Finished help = apical({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Usage:")) << command;
  }
  EXPECT_EQ(apical({}).exit_code, 2);
}

}  // namespace
}  // namespace apical
