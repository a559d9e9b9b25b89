// `apical batch` as a person uses it, on a small sample of digits: a sweep that is run, broken off,
// and wrong; and the studies of the zoo, each in a version that takes seconds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/program/program.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Batch : public TestWithFolder {
 protected:
  Finished batch(const fs::path& sweep, const fs::path& out,
                 const std::vector<std::string>& more = {},
                 const std::function<void(pid_t)>& meanwhile = {}) const {
    std::vector<std::string> command = {
        root() / "tools/apical",     "batch", sweep, "--out", out, "--data",
        root() / "tests/data/digits"};
    command.insert(command.end(), more.begin(), more.end());
    return run_command_line(command, root(), meanwhile);
  }

  fs::path sweep(const std::string& text) const {
    const fs::path file = folder_ / "sweep.textproto";
    std::ofstream(file) << "experiment: \""
                        << (root() / "models/zoo/segregated_500.textproto").string()
                        << "\"\nset: \"network.population[hidden].size=20\"\n"
                        << "set: \"data.train_examples=30\"\nset: \"data.test_examples=10\"\n"
                        << "set: \"training.epochs=2\"\n"
                        << text;
    return file;
  }

  static fs::path root() { return fs::current_path(); }

  static std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }
};

constexpr const char* kTwo =
    "seeds: 2\nvariant { name: \"a\" }\n"
    "variant { name: \"b\" set: \"trial.settling_time_ms=30\" set: \"trial.phase_length_ms=50\" "
    "}\n";

TEST_F(Batch, GivesTheRunsThatAloneWouldBe) {
  const Finished both = batch(sweep(kTwo), folder_ / "out");
  ASSERT_EQ(both.exit_code, 0) << both.err;
  EXPECT_THAT(both.out, AllOf(HasSubstr("| `a` | 2 |"), HasSubstr("| `b` | 2 |")));
  EXPECT_EQ(content_of(folder_ / "out/batch.md"), both.out);
  EXPECT_EQ(lines_of(content_of(folder_ / "out/batch.csv")), 5U);
  const Finished alone = run_command_line(
      {root() / "tools/apical", "run", root() / "models/zoo/segregated_500.textproto", "--data",
       root() / "tests/data/digits", "--out", folder_ / "alone", "--seed", "2", "--set",
       "network.population[hidden].size=20", "--set", "data.train_examples=30", "--set",
       "data.test_examples=10", "--set", "training.epochs=2"},
      root());
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_EQ(measurements(folder_ / "out/a/seed_2/metrics.csv"),
            measurements(folder_ / "alone/metrics.csv"));
  // What is done is left.
  const auto written = fs::last_write_time(folder_ / "out/a/seed_1/summary.json");
  EXPECT_EQ(batch(sweep(kTwo), folder_ / "out", {"--jobs", "1"}).out, both.out);
  EXPECT_EQ(fs::last_write_time(folder_ / "out/a/seed_1/summary.json"), written);
}

TEST_F(Batch, RunsAPartOfASweep) {
  const Finished part = batch(sweep(kTwo), folder_ / "out", {"--variant", "b", "--seeds", "2-3"});
  ASSERT_EQ(part.exit_code, 0) << part.err;
  EXPECT_THAT(part.out, HasSubstr("| `b` | 2 |"));
  EXPECT_THAT(part.out, testing::Not(HasSubstr("`a`")));
  for (const char* run : {"b/seed_2", "b/seed_3"}) EXPECT_TRUE(fs::exists(folder_ / "out" / run));
  EXPECT_FALSE(fs::exists(folder_ / "out/b/seed_1"));
  // The whole sweep goes on with what is there.
  const auto written = fs::last_write_time(folder_ / "out/b/seed_2/summary.json");
  const Finished whole = batch(sweep(kTwo), folder_ / "out");
  EXPECT_THAT(whole.out, AllOf(HasSubstr("| `a` | 2 |"), HasSubstr("| `b` | 2 |")));
  EXPECT_EQ(fs::last_write_time(folder_ / "out/b/seed_2/summary.json"), written);

  const Finished unknown = batch(sweep(kTwo), folder_ / "none", {"--variant", "bb"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("no variant of this name"), HasSubstr("`b`")));
  for (const char* seeds : {"0", "3-2", "-2", "2-", "x", "10001", "99999999999999999999"}) {
    const Finished wrong = batch(sweep(kTwo), folder_ / "none", {std::string("--seeds=") + seeds});
    EXPECT_EQ(wrong.exit_code, 2) << seeds;
    EXPECT_EQ(lines_of(wrong.err), 1U) << wrong.err;
  }
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(Batch, GoesOnAfterCtrlC) {
  const fs::path file = sweep(kTwo);
  const std::vector<std::string> longer = {"--set", "data.train_examples=500", "--jobs", "1"};
  // While the first of four runs goes on.
  const Finished broken = batch(file, folder_ / "out", longer, [&](pid_t process) {
    while (!fs::exists(folder_ / "out/a/seed_1/experiment.textproto")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    kill(process, SIGINT);
  });
  EXPECT_EQ(broken.exit_code, 130) << broken.err;
  EXPECT_THAT(broken.err, HasSubstr("stopped"));
  EXPECT_EQ(batch(file, folder_ / "out", longer).exit_code, 0);
  EXPECT_EQ(batch(file, folder_ / "whole", longer).exit_code, 0);
  for (const char* run : {"a/seed_1", "a/seed_2", "b/seed_1", "b/seed_2"}) {
    EXPECT_EQ(measurements(folder_ / "out" / run / "metrics.csv"),
              measurements(folder_ / "whole" / run / "metrics.csv"));
  }
}

// An error of the batch's own: its runs are stopped and saved, not left to themselves.
TEST_F(Batch, LeavesNoRunBehindWhenItFails) {
  const Finished failed =
      batch(sweep(kTwo), folder_ / "out", {"--set", "data.train_examples=5000", "--jobs", "2"},
            [&](pid_t /*process*/) {
              while (!fs::exists(folder_ / "out/b/seed_1/experiment.textproto") &&
                     !fs::exists(folder_ / "out/a/seed_2/experiment.textproto")) {
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
              }
              fs::remove(folder_ / "out/batch.csv");
              fs::create_directories(folder_ / "out/batch.csv/in_the_way");
            });
  EXPECT_EQ(failed.exit_code, 5) << failed.err;
  EXPECT_THAT(failed.err, HasSubstr("batch.csv"));
  int saved = 0;
  for (const char* run : {"a/seed_1", "a/seed_2", "b/seed_1", "b/seed_2"}) {
    const fs::path summary = folder_ / "out" / run / "summary.json";
    if (fs::exists(folder_ / "out" / run / "experiment.textproto")) {
      EXPECT_TRUE(fs::exists(summary)) << run;
      ++saved;
    }
  }
  EXPECT_GE(saved, 2);
}

// What is done stays in the tables of a batch that adds to it, however that ends.
TEST_F(Batch, KeepsWhatIsDoneWhenMoreIsBrokenOff) {
  const fs::path file = sweep(kTwo);
  const Finished done = batch(file, folder_ / "out");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const Finished more =
      batch(file, folder_ / "out", {"--seeds", "40", "--jobs", "1"}, [&](pid_t process) {
        while (!fs::exists(folder_ / "out/a/seed_3")) {
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        kill(process, SIGINT);
      });
  EXPECT_EQ(more.exit_code, 130) << more.err;
  const std::string table = content_of(folder_ / "out/batch.csv");
  for (const char* run : {"a,1,done", "b,1,done", "a,2,done", "b,2,done", "b,40,not_done"}) {
    EXPECT_THAT(table, HasSubstr(run));
  }
}

TEST_F(Batch, ChecksAllBeforeAnythingRuns) {
  const Finished wrong =
      batch(sweep("variant { name: \"a\" }\nvariant { name: \"b\" set: \"training.epoch=3\" }\n"),
            folder_ / "out");
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("sweep.textproto:7 (variant `b`): unknown field `epoch`"),
                               HasSubstr("did you mean `epochs`?")));
  EXPECT_EQ(lines_of(wrong.err), 1U);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_EQ(batch(sweep("varian { name: \"a\" }\n"), folder_ / "out").exit_code, 3);
  const Finished seed = batch(sweep("variant { name: \"a\" set: \"seed=7\" }\n"), folder_ / "out");
  EXPECT_EQ(seed.exit_code, 3);
  EXPECT_THAT(seed.err, HasSubstr("sweep.textproto:6: `set` is \"seed=7\""));
  const Finished missing =
      batch(sweep("variant { name: \"a\" experiment: \"none.textproto\" }\n"), folder_ / "out");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("sweep.textproto:6: `experiment` is \"none.textproto\""));
  const Finished experiment =
      batch(root() / "models/zoo/segregated_500.textproto", folder_ / "out");
  EXPECT_EQ(experiment.exit_code, 3);
  EXPECT_THAT(experiment.err, HasSubstr("segregated_500.textproto: is an experiment, not a sweep"));
  EXPECT_EQ(lines_of(experiment.err), 1U);
  EXPECT_EQ(batch(sweep(""), folder_ / "out").exit_code, 3);
  EXPECT_EQ(batch(folder_ / "none.textproto", folder_ / "out").exit_code, 3);
}

TEST_F(Batch, AllVariantsMistakesAreToldAtOnceAndEachOnlyOnce) {
  const fs::path file = sweep(
      "set: \"training.epoch=3\"\nvariant { name: \"a\" set: \"trial.phase_length=1\" }\n"
      "variant { name: \"b\" set: \"seed=1\" set: \"trial.phase_length=1\" set: \"x\" }\n"
      "variant { name: \"c\" }\n");
  const Finished wrong = batch(file, folder_ / "out");
  EXPECT_EQ(wrong.exit_code, 3);
  const std::string start = "apical: " + file.string() + ":";
  EXPECT_THAT(wrong.err, AllOf(HasSubstr(start + "6: unknown field `epoch`"),
                               HasSubstr(start + "7 (variant `a`): unknown field `phase_length`"),
                               HasSubstr(start + "8 (variant `b`): unknown field `phase_length`"),
                               HasSubstr(start + "8 (variant `b`): `set` is \"seed=1\""),
                               HasSubstr(start + "8 (variant `b`): `set` is \"x\"")));
  EXPECT_EQ(lines_of(wrong.err), 5U);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  const Finished checked = run_command_line({root() / "tools/apical", "check", file}, root());
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_EQ(checked.err, wrong.err);
}

TEST_F(Batch, ASweepCanBeCheckedAndIsNotTakenForAnExperiment) {
  const fs::path file = sweep(kTwo);
  const Finished checked = run_command_line({root() / "tools/apical", "check", file}, root());
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.out, file.string() + ": no mistakes in 2 variants\n");
  const Finished seeded =
      run_command_line({root() / "tools/apical", "check", file, "--seed", "3"}, root());
  EXPECT_EQ(seeded.exit_code, 2);
  const Finished run_once = run_command_line({root() / "tools/apical", "run", file}, root());
  EXPECT_EQ(run_once.exit_code, 3);
  EXPECT_EQ(run_once.err, "apical: " + file.string() +
                              ": is a sweep, not an experiment; give it to apical batch\n");
  // Also with a field of the other kind.
  const fs::path stray = sweep("training { epochs: 3 }\nvariant { name: \"a\" }\n");
  const Finished strayed = run_command_line({root() / "tools/apical", "check", stray}, root());
  EXPECT_THAT(strayed.err, HasSubstr(":6: unknown field `training` in a sweep"));
  EXPECT_EQ(lines_of(strayed.err), 1U);
}

TEST_F(Batch, NotesAreToldOnceAndOfWhichVariants) {
  const fs::path file = folder_ / "sweep.textproto";
  std::ofstream(file) << "experiment: \"" << (root() / "models/zoo/mnist_fc_bp.textproto").string()
                      << "\"\nset: \"training.rate_learning.sigma=0.3\"\nvariant { name: \"a\" }\n"
                      << "variant { name: \"b\" set: \"training.rate_learning.algorithm=DTP\" }\n"
                      << "variant { name: \"c\" set: \"training.rate_learning.alpha=0.2\" }\n";
  const Finished checked = run_command_line({root() / "tools/apical", "check", file}, root());
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_THAT(checked.out, AllOf(HasSubstr(":2 (variants `a`, `c`): `sigma` changes nothing"),
                                 HasSubstr(":5 (variant `c`): `alpha` changes nothing")));
  EXPECT_EQ(lines_of(checked.out), 3U);
}

TEST_F(Batch, AFailingRunDoesNotStopTheOthers) {
  const Finished failing =
      batch(sweep("seeds: 1\nvariant { name: \"a\" set: \"network.weights_from.file=none.h5\" }\n"
                  "variant { name: \"b\" }\n"),
            folder_ / "out");
  EXPECT_EQ(failing.exit_code, 4);
  EXPECT_THAT(failing.err, HasSubstr("a/seed_1: exit code 4: apical: none.h5"));
  EXPECT_THAT(failing.out, AllOf(HasSubstr("| `a` | 0 |"), HasSubstr("| `b` | 1 |")));
  // Its log stays, where a picture of */* does not meet it.
  EXPECT_THAT(content_of(folder_ / "out/a.seed_1.log"), HasSubstr("none.h5"));
  EXPECT_FALSE(fs::exists(folder_ / "out/b.seed_1.log"));
}

// More epochs than a run has had: what it has said of itself is no longer the answer.
TEST_F(Batch, ARunOfFewerEpochsIsNotDone) {
  const fs::path one = sweep("seeds: 1\nvariant { name: \"a\" }\n");
  ASSERT_EQ(batch(one, folder_ / "out").exit_code, 0);
  // Stopped at once.
  const Finished stopped =
      batch(one, folder_ / "out", {"--set", "training.epochs=2000"}, [&](pid_t process) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        kill(process, SIGINT);
      });
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_THAT(content_of(folder_ / "out/batch.csv"), HasSubstr("a,1,not_done"));
}

TEST_F(Batch, NamesOfVariantsAreNamesOfFolders) {
  for (const std::string name : {".hidden", "..", "batch.csv", "a/b"}) {
    const fs::path file = sweep("variant { name: \"" + name + "\" }\n");
    const Finished checked = run_command_line({root() / "tools/apical", "check", file}, root());
    EXPECT_EQ(checked.exit_code, 3) << name;
    EXPECT_THAT(checked.err, HasSubstr("`name` is \"" + name)) << name;
  }
  const Finished into_a_file = batch(sweep(kTwo), folder_ / "sweep.textproto");
  EXPECT_EQ(into_a_file.exit_code, 5);
  EXPECT_THAT(into_a_file.err, HasSubstr("is a file; name a folder"));
}

class Study : public Batch, public testing::WithParamInterface<const char*> {};

TEST_P(Study, RunsInSeconds) {
  const fs::path file = fs::path("models/zoo/studies") / (std::string(GetParam()) + ".textproto");
  const Finished study = batch(file, folder_ / "out",
                               {"--seeds", "1", "--set", "training.epochs=1", "--set",
                                "data.train_examples=20", "--set", "data.test_examples=5"});
  ASSERT_EQ(study.exit_code, 0) << study.err;
  const std::string text = content_of(file);
  std::size_t variants = 0;
  for (std::size_t at = 0; (at = text.find("\nvariant {", at)) != std::string::npos; ++at) {
    ++variants;
  }
  EXPECT_GE(variants, 3U);
  EXPECT_EQ(lines_of(study.out), variants + 4);  // and the head, and what ± is
  EXPECT_THAT(study.out, testing::Not(HasSubstr("| 0 |")));
}

INSTANTIATE_TEST_SUITE_P(Zoo, Study,
                         testing::Values("angle", "factors", "feedback_weights", "headline",
                                         "layerwise", "limits", "published", "rates", "settling",
                                         "sixty_epochs", "two_hidden_layers", "variants"),
                         [](const auto& each) { return std::string(each.param); });

TEST_F(Batch, LengthsOfATestAreThoseOfOneTrainedNetwork) {
  const std::string program = root() / "tools/apical";
  const std::string script =
      "apical() { " + program + " \"$@\" --data tests/data/digits --quiet; }; export -f apical; " +
      "bash models/zoo/studies/test_length.sh " + (folder_ / "out").string() +
      " --set data.train_examples=20 --set data.test_examples=5 --set training.epochs=1";
  const Finished tried = run_command_line({"bash", "-c", script}, root());
  ASSERT_EQ(tried.exit_code, 0) << tried.err;
  EXPECT_EQ(lines_of(tried.out), 3U * (1 + 4 + 1));
  for (const std::string seed : {"1", "2", "3"}) {
    for (const std::string length : {"100", "250", "500", "1000"}) {
      const fs::path run = fs::path("test_" + length) / ("seed_" + seed);
      EXPECT_THAT(content_of(folder_ / "out" / run / "experiment.textproto"),
                  AllOf(HasSubstr("test_length_ms: " + length + "\n"),
                        HasSubstr("trained/seed_" + seed + "/weights.h5")));
    }
    EXPECT_THAT(content_of(folder_ / "out/test_seeds" / ("seed_" + seed) / "experiment.textproto"),
                AllOf(HasSubstr("seed: " + seed + "\n"), HasSubstr("trained/seed_2/weights.h5")));
  }
}

}  // namespace
}  // namespace apical
