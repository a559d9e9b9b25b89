// Runs that are ended in every way and go on, as a person sees them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/program/program.h"
#include "tests/tools/test_folder.h"

// How often a run is killed.
#ifndef APICAL_KILLS
#define APICAL_KILLS 12
#endif

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

class ResumeTest : public TestWithFolder {
 protected:
  Finished apical(std::vector<std::string> arguments,
                  const std::function<void(pid_t)>& meanwhile = {}) const {
    arguments.insert(arguments.begin(), (root_ / "tools/apical").string());
    return run_command_line(arguments, folder_, meanwhile);
  }

  std::vector<std::string> spiking(const std::string& out) const {
    return {"run",    (root_ / "models/zoo/quickstart.textproto").string(),
            "--data", (root_ / "tests/data/digits").string(),
            "--out",  out,
            "--set",  "network.population[hidden].size=60",
            "--set",  "trial.test_length_ms=100",
            "--set",  "training.evaluate_every_examples=150",
            "--set",  "training.interim_test_examples=20"};
  }

  std::vector<std::string> rates(const std::string& out) const {
    return {"run",    (root_ / "models/zoo/mnist_fc_ao_sdtp_alternating.textproto").string(),
            "--data", (root_ / "tests/data/digits").string(),
            "--out",  out,
            "--set",  "training.rate_learning.batch_size=20",
            "--set",  "training.evaluate_every_examples=150",
            "--set",  "training.interim_test_examples=20"};
  }

  Finished run(std::vector<std::string> arguments, const std::vector<std::string>& more,
               const std::function<void(pid_t)>& meanwhile = {}) const {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical(arguments, meanwhile);
  }

  static std::vector<std::string> epochs(int count) {
    return {"--set", "training.epochs=" + std::to_string(count)};
  }
  static std::vector<std::string> resumed(int epochs) {
    return {"--resume", "--set", "training.epochs=" + std::to_string(epochs)};
  }

  nlohmann::json summary(const std::string& out) const {
    return nlohmann::json::parse(content_of(folder_ / out / "summary.json"));
  }

  std::vector<float> values(const std::string& out, const std::string& dataset) const {
    const Hdf5File checkpoint = Hdf5File::open(folder_ / out / "checkpoint.h5");
    std::vector<float> result(checkpoint.size_of(dataset));
    checkpoint.read_into(dataset, std::span(result));
    return result;
  }

  // Two finished runs are the same but for times.
  void expect_same(const std::string& one, const std::string& other) const {
    EXPECT_EQ(measurements(folder_ / one / "metrics.csv"),
              measurements(folder_ / other / "metrics.csv"));
    for (const char* key :
         {"complete", "test_error_percent", "train_error_percent", "train_examples",
          "test_examples", "events", "spikes", "synaptic_events", "epochs"}) {
      EXPECT_EQ(summary(one)[key], summary(other)[key]) << key;
    }
    for (const std::string dataset :
         {"/session/network/parameters/projection/input_to_hidden/weights",
          "/session/network/parameters/projection/hidden_to_output/weights",
          "/session/network/parameters/population/hidden/biases",
          "/session/network/population/hidden/modes/membrane",
          "/session/network/parameters/hidden_1", "/session/network/parameters/hidden_5",
          "/session/network/rule/inverse_2/mean",
          "/session/network/simulation/optimizer_1/square"}) {
      if (!Hdf5File::open(folder_ / one / "checkpoint.h5").has(dataset)) continue;
      EXPECT_EQ(values(one, dataset), values(other, dataset)) << dataset;
    }
    if (fs::exists(folder_ / one / "spikes.h5")) {
      EXPECT_EQ(content_of(folder_ / one / "spikes.h5"), content_of(folder_ / other / "spikes.h5"));
    }
  }

  // Kills runs at random moments, resumes each, and compares those that reach the end.
  void expect_survives_kills(const std::function<std::vector<std::string>(std::string)>& arguments,
                             int epoch_count) const {
    ASSERT_EQ(run(arguments("unbroken"), epochs(epoch_count)).exit_code, 0);
    std::mt19937 random(1);
    std::vector<std::string> options = resumed(epoch_count);
    options.insert(options.end(), {"--quiet", "--set", "training.checkpoint_minutes=0.0005"});
    const auto go_on = [&](int kills, int patience_ms) {
      std::vector<std::string> more = options;
      more.insert(more.end(), {"--threads", std::to_string(1 + kills % 2)});
      const Finished finished = run(arguments("broken"), more, [&](pid_t child) {
        if (patience_ms < 0) return;
        sleep_ms(patience_ms);
        kill(child, SIGKILL);
      });
      if (finished.exit_code != 128 + SIGKILL) {
        EXPECT_EQ(finished.exit_code, 0) << finished.err;
      }
      return finished.exit_code == 0;
    };
    int ended = 0;
    for (int kills = 0; kills < APICAL_KILLS;) {
      const int patience_ms = std::uniform_int_distribution(20, 900)(random);
      if (!go_on(kills, patience_ms)) {
        ++kills;
        continue;
      }
      expect_same("unbroken", "broken");
      fs::remove_all(folder_ / "broken");
      ASSERT_LT(++ended, 1000);
    }
    ASSERT_TRUE(go_on(0, -1));
    expect_same("unbroken", "broken");
  }

  const fs::path root_ = fs::current_path();  // of the runfiles
};

TEST_F(ResumeTest, ASpikingRunSurvivesKills) {
  expect_survives_kills([&](const std::string& out) { return spiking(out); }, 3);
}

TEST_F(ResumeTest, ARateRunSurvivesKills) {
  expect_survives_kills([&](const std::string& out) { return rates(out); }, 5);
}

TEST_F(ResumeTest, SignalsMakeACheckpoint) {
  constexpr int kEpochs = 10;  // longer than the three signals take, on a fast machine too
  ASSERT_EQ(run(spiking("unbroken"), epochs(kEpochs)).exit_code, 0);
  std::vector<std::string> options = resumed(kEpochs);
  options.insert(options.end(), {"--set", "training.checkpoint_minutes=0.0005"});
  const fs::path checkpoint = folder_ / "broken/checkpoint.h5";
  const auto written = [&] {
    std::error_code none;
    return fs::last_write_time(checkpoint, none);
  };
  int delay_ms = 0;
  for (const int signal : {SIGINT, SIGTERM, SIGINT}) {
    const auto before = written();
    const Finished finished = run(spiking("broken"), options, [&](pid_t child) {
      // A new checkpoint says that it runs.
      for (int i = 0; i < 3000 && written() == before; ++i) sleep_ms(10);
      sleep_ms(delay_ms += 20);
      kill(child, signal);
    });
    ASSERT_EQ(finished.exit_code, 130) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("--resume"));
    EXPECT_TRUE(fs::exists(checkpoint));
    EXPECT_EQ(summary("broken")["complete"], false);
  }
  const Finished blocked = run(spiking("broken"), epochs(kEpochs));
  EXPECT_EQ(blocked.exit_code, 5);
  EXPECT_THAT(blocked.err, HasSubstr("--resume"));
  ASSERT_EQ(run(spiking("broken"), resumed(kEpochs)).exit_code, 0);
  expect_same("unbroken", "broken");
}

TEST_F(ResumeTest, AFinishedRunIsLeftAlone) {
  ASSERT_EQ(run(spiking("out"), resumed(1)).exit_code, 0) << "a new folder is begun";
  const auto written = fs::last_write_time(folder_ / "out/summary.json");
  const Finished again = run(spiking("out"), resumed(1));
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("is finished; there is nothing to resume"));
  EXPECT_EQ(fs::last_write_time(folder_ / "out/summary.json"), written);
}

// What the run that is replaced said of its end is not said of the new one.
TEST_F(ResumeTest, AReplacementThatIsKilledIsNotFinished) {
  const std::vector<std::string> other = {
      "--seed", "2", "--set", "training.epochs=2", "--set", "training.checkpoint_minutes=0.0005"};
  std::vector<std::string> recorded = epochs(2);
  recorded.insert(recorded.end(), {"--set", "recording.tests=true"});
  ASSERT_EQ(run(spiking("out"), recorded).exit_code, 0);
  ASSERT_TRUE(fs::exists(folder_ / "out/tests.h5"));
  ASSERT_EQ(run(spiking("unbroken"), other).exit_code, 0);
  std::vector<std::string> more = other;
  more.push_back("--force");
  const auto old_metrics = fs::last_write_time(folder_ / "out/metrics.csv");
  const Finished killed = run(spiking("out"), more, [&](pid_t child) {
    while (fs::last_write_time(folder_ / "out/metrics.csv") == old_metrics) sleep_ms(2);
    kill(child, SIGKILL);
  });
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder_ / "out/summary.json"));
  more.back() = "--resume";
  const Finished resumed = run(spiking("out"), more);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, testing::Not(HasSubstr("nothing to resume")));
  EXPECT_FALSE(fs::exists(folder_ / "out/tests.h5"));  // the new one has none
  expect_same("unbroken", "out");
}

TEST_F(ResumeTest, MoreEpochsAreAsIfThereHadBeenNoEnd) {
  ASSERT_EQ(run(spiking("unbroken"), epochs(2)).exit_code, 0);
  ASSERT_EQ(run(spiking("out"), epochs(1)).exit_code, 0);
  ASSERT_EQ(run(spiking("out"), resumed(2)).exit_code, 0);
  expect_same("unbroken", "out");
  EXPECT_THAT(apical({"info", "out/checkpoint.h5"}).out,
              HasSubstr(fmt::format("after {} training images",
                                    summary("out")["train_examples"].get<int>())));
  const Finished fewer = run(spiking("out"), resumed(1));
  EXPECT_EQ(fewer.exit_code, 4);
  EXPECT_THAT(fewer.err, HasSubstr("checkpoint.h5: the run has trained on"));
}

TEST_F(ResumeTest, ErrorsAreOneLineAndHarmNothing) {
  ASSERT_EQ(run(spiking("out"), epochs(1)).exit_code, 0);
  const fs::path checkpoint = folder_ / "out/checkpoint.h5";
  const std::string whole = content_of(checkpoint);
  const auto expect = [&](const std::vector<std::string>& more, int code, const std::string& text) {
    const Finished finished = run(spiking("out"), more);
    EXPECT_EQ(finished.exit_code, code) << finished.err;
    EXPECT_THAT(finished.err, StartsWith("apical: "));
    EXPECT_THAT(finished.err, HasSubstr(text));
    EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
  };
  expect({"--resume", "--force"}, 2, "--force and --resume");
  expect({"--resume", "--seed", "2", "--set", "training.epochs=2"}, 2,
         "seed is 1 there and 2 here");
  expect({"--resume", "--set", "network.projection[input_to_hidden].delay_ms=1"}, 2, "delay_ms");
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  put(checkpoint, damaged);
  expect(resumed(2), 4, "checkpoint.h5: is damaged");
  put(checkpoint, whole.substr(0, whole.size() / 2));
  expect(resumed(2), 4, "checkpoint.h5: is damaged");
  std::string other = whole;
  other.replace(0, 27, "apical checkpoint version 9");
  put(checkpoint, other);
  expect(resumed(2), 4, "version 9");
  put(checkpoint, "notes");
  expect(resumed(2), 4, "is not a checkpoint");
  put(checkpoint, whole);
  EXPECT_EQ(run(spiking("out"), resumed(2)).exit_code, 0);
}

TEST_F(ResumeTest, WithoutACheckpointItBeginsAnew) {
  ASSERT_EQ(run(spiking("unbroken"), epochs(1)).exit_code, 0);
  ASSERT_EQ(run(spiking("out"), epochs(1)).exit_code, 0);
  fs::remove(folder_ / "out/checkpoint.h5");
  fs::remove(folder_ / "out/summary.json");
  ASSERT_EQ(run(spiking("out"), resumed(1)).exit_code, 0);
  expect_same("unbroken", "out");
}

TEST_F(ResumeTest, OnAFullDiskTheOlderCheckpointStays) {
  ASSERT_EQ(run(spiking("unbroken"), epochs(2)).exit_code, 0);
  ASSERT_EQ(run(spiking("out"), epochs(1)).exit_code, 0);
  const std::string before = content_of(folder_ / "out/checkpoint.h5");
  {
    const FileSizeLimit limit(600000);
    const Finished finished = run(spiking("out"), resumed(2));
    EXPECT_EQ(finished.exit_code, 5);
    // Whichever grows beyond the limit first.
    EXPECT_THAT(finished.err, AnyOf(HasSubstr("checkpoint.h5"), HasSubstr("spikes.h5")));
    EXPECT_THAT(finished.err, HasSubstr("cannot write"));
  }
  EXPECT_EQ(content_of(folder_ / "out/checkpoint.h5"), before);
  ASSERT_EQ(run(spiking("out"), resumed(2)).exit_code, 0);
  expect_same("unbroken", "out");
}

TEST_F(ResumeTest, AReadOnlyFolderIsNamed) {
  ASSERT_EQ(run(spiking("out"), epochs(1)).exit_code, 0);
  const std::string before = content_of(folder_ / "out/checkpoint.h5");
  std::vector<std::string> command = spiking("out");
  command.insert(command.begin(), (root_ / "tools/apical").string());
  for (const std::string& more : resumed(2)) command.push_back(more);
  if (::geteuid() == 0) {
    // Permissions hold for root too, once it has lost the right to ignore them.
    for (const char* argument : {"-dac_override,-dac_read_search", "--bounding-set", "setpriv"}) {
      command.insert(command.begin(), argument);
    }
    if (run_command_line({"setpriv", "--bounding-set", "-dac_override", "true"}, folder_)
            .exit_code != 0) {
      GTEST_SKIP() << "root may write everywhere here";
    }
  }
  fs::permissions(folder_ / "out", fs::perms::owner_read | fs::perms::owner_exec);
  const Finished finished = run_command_line(command, folder_);
  fs::permissions(folder_ / "out", fs::perms::owner_all);
  EXPECT_EQ(finished.exit_code, 5) << finished.err;
  EXPECT_THAT(finished.err,
              AnyOf(HasSubstr("no permission to write here"), HasSubstr("Permission denied")));
  EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
  EXPECT_EQ(content_of(folder_ / "out/checkpoint.h5"), before);
}

TEST_F(ResumeTest, AFolderHasOneRunAtATime) {
  const Finished first = run(spiking("out"), epochs(1000), [&](pid_t child) {
    for (int i = 0; i < 600 && !fs::exists(folder_ / "out/metrics.csv"); ++i) sleep_ms(20);
    for (const char* option : {"--resume", "--force", "--quiet"}) {
      const Finished second = run(spiking("out"), {option});
      EXPECT_EQ(second.exit_code, 5) << option;
      EXPECT_THAT(second.err, HasSubstr("another run is writing here")) << option;
    }
    kill(child, SIGTERM);
  });
  EXPECT_EQ(first.exit_code, 130);
}

}  // namespace
}  // namespace apical
