// Runs that are ended in every way and go on, as a person sees them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "simulator/checkpoint.h"
#include "simulator/hdf5_file.h"
#include "tests/program/program.h"
#include "tests/simulator/same_datasets.h"
#include "tests/tools/test_folder.h"

// How many kills a test needs.
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

  // These two take seconds, and record all the while.
  std::vector<std::string> long_spiking(const std::string& out) const {
    std::vector<std::string> arguments = spiking(out);
    for (const char* setting :
         {"training.epochs=10", "recording.spikes[0].population=hidden",
          "recording.spikes[0].neurons=0-9", "recording.spikes[0].trials=0", "recording.trials={}",
          "recording.weights={}", "recording.tests=true"}) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    return arguments;
  }

  std::vector<std::string> long_rates(const std::string& out) const {
    return {"run",    (root_ / "models/zoo/mnist_fc_ao_sdtp_alternating.textproto").string(),
            "--data", (root_ / "tests/data/digits").string(),
            "--out",  out,
            "--set",  "training.epochs=12",
            "--set",  "training.rate_learning.batch_size=5",
            "--set",  "training.evaluate_every_examples=150",
            "--set",  "training.interim_test_examples=20",
            "--set",  "recording.weights={}",
            "--set",  "recording.tests=true"};
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

  // Two finished runs are the same but for times.
  void expect_same(const std::string& one, const std::string& other) const {
    EXPECT_EQ(measurements(folder_ / one / "metrics.csv"),
              measurements(folder_ / other / "metrics.csv"));
    for (const char* key :
         {"complete", "test_error_percent", "train_error_percent", "train_examples",
          "test_examples", "events", "spikes", "synaptic_events", "epochs"}) {
      EXPECT_EQ(summary(one)[key], summary(other)[key]) << key;
    }
    expect_same_datasets(folder_ / one / "checkpoint.h5", folder_ / other / "checkpoint.h5",
                         "/session");
    for (const char* records : {"spikes.h5", "trials.h5", "weights.h5", "tests.h5"}) {
      ASSERT_EQ(fs::exists(folder_ / other / records), fs::exists(folder_ / one / records));
      if (!fs::exists(folder_ / one / records)) continue;
      expect_same_datasets(folder_ / one / records, folder_ / other / records);
    }
  }

  // Training images that the last checkpoint of `broken` knows of; -1 if there is none.
  std::int64_t saved_images() const {
    const fs::path checkpoint = folder_ / "broken/checkpoint.h5";
    if (!fs::exists(checkpoint)) return -1;
    std::int64_t images = 0;
    CheckpointReader(checkpoint).root().in("session").number("train_images_shown", images);
    return images;
  }

  // A file of records that grows during a run, and its first table.
  struct GrowingFile {
    std::string name;
    std::string table;
  };

  // Whether it has rows that the last checkpoint does not know of.
  bool is_ahead_of_checkpoint(const GrowingFile& records) const {
    std::uint64_t saved = 0;
    CheckpointReader reader(folder_ / "broken/checkpoint.h5");
    reader.root().in("recording").in(records.name).number("rows_0", saved);
    return Hdf5File::open(folder_ / "broken" / (records.name + ".h5")).size_of(records.table) >
           saved;
  }

  // Kills a run at random moments, half of them just after its records have grown, and resumes it
  // again and again. No launch has the time for much of the run, so that it only ends if each goes
  // on where the last one was; then another is begun.
  void expect_survives_kills(const std::function<std::vector<std::string>(std::string)>& arguments,
                             const GrowingFile& records) const {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(run(arguments("unbroken"), {"--quiet"}).exit_code, 0);
    const std::chrono::duration<double, std::milli> whole =
        std::chrono::steady_clock::now() - start;
    const auto grown = [&] {
      std::error_code none;
      return fs::last_write_time(folder_ / "broken" / (records.name + ".h5"), none);
    };
    const auto go_on = [&](int threads, const std::function<void(pid_t)>& meanwhile) {
      return run(arguments("broken"),
                 {"--resume", "--quiet", "--threads", std::to_string(threads), "--set",
                  "training.checkpoint_minutes=0.0005"},
                 meanwhile);
    };
    std::mt19937 random(1);
    std::uniform_real_distribution part(0.06, 0.26);
    int kills = 0;  // of resumed runs, which had come further since they were last killed
    int cuts = 0;   // of resumed runs whose records were ahead of the checkpoint
    for (int launches = 0; kills < APICAL_KILLS; ++launches) {
      ASSERT_LT(launches, 10 * APICAL_KILLS);
      const std::int64_t before = saved_images();
      const bool is_ahead = before >= 0 && is_ahead_of_checkpoint(records);
      const int patience_ms = static_cast<int>(part(random) * whole.count());
      const Finished finished = go_on(1 + launches % 2, [&](pid_t child) {
        sleep_ms(patience_ms);
        const auto then = grown();
        const auto latest = std::chrono::steady_clock::now() + whole / 4;
        while (launches % 2 == 1 && grown() == then && std::chrono::steady_clock::now() < latest) {
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
        kill(child, SIGKILL);
      });
      if (finished.exit_code == 0) {
        expect_same("unbroken", "broken");
        fs::remove_all(folder_ / "broken");
        continue;
      }
      ASSERT_EQ(finished.exit_code, 128 + SIGKILL) << finished.err;
      const std::int64_t after = saved_images();
      ASSERT_GE(after, before);
      if (before < 0) continue;
      kills += after > before ? 1 : 0;
      cuts += is_ahead && after > before ? 1 : 0;
    }
    EXPECT_GE(cuts, APICAL_KILLS / 6);
    const Finished last = go_on(2, {});
    ASSERT_EQ(last.exit_code, 0) << last.err;
    expect_same("unbroken", "broken");
  }

  const fs::path root_ = fs::current_path();  // of the runfiles
};

TEST_F(ResumeTest, ASpikingRunSurvivesKills) {
  expect_survives_kills([&](const std::string& out) { return long_spiking(out); },
                        {"spikes", "/spikes/hidden/timestamps"});
}

TEST_F(ResumeTest, ARateRunSurvivesKills) {
  expect_survives_kills([&](const std::string& out) { return long_rates(out); },
                        {"weights", "/epochs"});
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
  EXPECT_EQ(content_of(folder_ / "out/spikes.h5"), content_of(folder_ / "unbroken/spikes.h5"));
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
