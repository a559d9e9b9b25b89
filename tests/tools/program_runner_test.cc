#include "tools/program_runner.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "tests/datasets/idx_files.h"

namespace apical {
namespace {

class Runner : public testing::Test {
 protected:
  ProgramResult sh(const std::string& script) { return runner_.run({"sh", "-c", script}, folder_); }

  const std::filesystem::path folder_ = testing_data::fresh_folder("runner");
  ProgramRunner runner_;
};

TEST_F(Runner, OutputAndErrorsComeAsTheyAreWritten) {
  const ProgramResult result = sh("echo one; echo two >&2; echo three");
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(Runner, MoreOutputThanAPipeHolds) {
  EXPECT_EQ(sh("head -c 1000000 /dev/zero").output.size(), 1000000u);
}

TEST_F(Runner, ExitCodesAreThoseOfAShell) {
  EXPECT_EQ(sh("exit 7").exit_code, 7);
  EXPECT_EQ(sh("kill -KILL $$").exit_code, 128 + SIGKILL);
}

TEST_F(Runner, ProgramsRunInTheFolderAndWithoutInput) {
  EXPECT_EQ(sh("cat; pwd").output, std::filesystem::canonical(folder_).native() + "\n");
}

TEST_F(Runner, NoShellReadsTheWords) {
  EXPECT_EQ(runner_.run({"echo", "$HOME", "a  b;", "`ls`"}, folder_).output, "$HOME a  b; `ls`\n");
}

TEST_F(Runner, AProgramThatIsNotInstalled) {
  try {
    runner_.run({"no-such-program-of-apical"}, folder_);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
  }
  EXPECT_EQ(sh("echo still usable").output, "still usable\n");
}

TEST_F(Runner, ASignalEndsTheProgramAndAllThatItStarted) {
  EXPECT_FALSE(runner_.interrupted());
  const auto start = std::chrono::steady_clock::now();
  const ProgramResult result = sh("sleep 30 & kill -INT $PPID; wait");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_TRUE(runner_.interrupted());
}

TEST_F(Runner, ASecondSignalEndsAStubbornProgram) {
  const ProgramResult result =
      sh("trap '' TERM; kill -INT $PPID; sleep 0.3; kill -INT $PPID; sleep 30; sleep 30");
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST_F(Runner, ASignalBetweenProgramsIsNoted) {
  raise(SIGTERM);
  EXPECT_TRUE(runner_.interrupted());
}

}  // namespace
}  // namespace apical
