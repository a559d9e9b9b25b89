#include "tools/plot_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/sonata_files.h"
#include "tests/tools/test_folder.h"
#include "tools/exit_code.h"

namespace apical {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PlotCommand : public TestWithFolder {
 protected:
  PlotCommand() {
    put(file("metrics.csv"),
        "train_examples,epoch,test_error_percent,train_error_percent\n0,0,90,\n1000,1,20,18\n");
    write_sonata_spikes(
        file("spikes.h5"), std::vector<SpikeTrain>{{"input", 2, {1, 2}, {0, 1}}},
        {.start_ms = {0}, .target_start_ms = {50}, .end_ms = {100}, .index = {0}, .label = {4}});
  }

  // Exit code and what is on standard error.
  static std::pair<ExitCode, std::string> plot(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStderr();
    const int code = plot_command(arguments);
    return {static_cast<ExitCode>(code), testing::internal::GetCapturedStderr()};
  }

  void expect_failure(const std::vector<std::string>& arguments, ExitCode code,
                      const std::string& message) {
    const auto [actual, text] = plot(arguments);
    EXPECT_EQ(actual, code) << text;
    EXPECT_THAT(text, testing::AllOf(StartsWith("apical: "), HasSubstr(message)));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
  }

  const std::string metrics_ = file("metrics.csv");
  const std::string spikes_ = file("spikes.h5");
  const std::string picture_ = file("picture.png");
};

TEST_F(PlotCommand, DrawsByTheKindOfFile) {
  EXPECT_EQ(plot({metrics_, "-o", file("curve.svg"), "--title", "My title"}).first,
            ExitCode::kDone);
  EXPECT_THAT(content(file("curve.svg")), HasSubstr("My title"));
  EXPECT_EQ(plot({folder_, metrics_, "-o", file("curves.svg")}).first, ExitCode::kDone);
  EXPECT_EQ(plot({spikes_, "--trial", "0", "-o", file("raster.svg")}).first, ExitCode::kDone);
  EXPECT_THAT(content(file("raster.svg")), HasSubstr("label 4"));
  EXPECT_EQ(plot({spikes_, "-o", picture_}).first, ExitCode::kDone);
  EXPECT_THAT(content(picture_), StartsWith("\x89PNG"));
}

TEST_F(PlotCommand, DrawsTheKindThatIsNamed) {
  expect_failure({spikes_, "--kind", "rates", "-o", file("rates.svg")}, ExitCode::kBadData,
                 "experiment.textproto beside it");
  put(file("experiment.textproto"), "recording { spikes {} }");
  EXPECT_EQ(plot({spikes_, "--kind", "rates", "-o", file("rates.svg")}).first, ExitCode::kDone);
  EXPECT_THAT(content(file("rates.svg")), HasSubstr("Firing rate"));
  EXPECT_EQ(plot({folder_, "--kind", "raster", "-o", file("raster.pdf")}).first, ExitCode::kDone);
  EXPECT_THAT(content(file("raster.pdf")), StartsWith("%PDF"));
  testing::internal::CaptureStdout();
  EXPECT_EQ(plot({"--help"}).first, ExitCode::kDone);
  const std::string help = testing::internal::GetCapturedStdout();
  for (const char* kind : {"learning-curve", "sweep", "raster", "rates", "potentials",
                           "receptive-fields", "confusion"}) {
    EXPECT_THAT(help, HasSubstr(kind));
  }
}

TEST_F(PlotCommand, ChosenPopulationsAndTimesAreDrawn) {
  write_sonata_spikes(
      spikes_,
      std::vector<SpikeTrain>{{"input", 2, {}, {}}, {"hidden", 2, {}, {}}, {"output", 1, {}, {}}},
      {.start_ms = {0}, .target_start_ms = {50}, .end_ms = {100}, .index = {0}, .label = {4}});
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"--population", "hidden,output"},
        {"--population", "hidden", "--population", "output"}}) {
    std::vector<std::string> arguments = {spikes_,     "-o", file("raster.svg"), "--force",
                                          "--from-ms", "10", "--to-ms",          "20.5"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    EXPECT_EQ(plot(arguments).first, ExitCode::kDone);
    const std::string svg = content(file("raster.svg"));
    EXPECT_THAT(svg, testing::AllOf(HasSubstr(">hidden<"), HasSubstr(">output<")));
    EXPECT_THAT(svg, testing::Not(HasSubstr(">input<")));
  }
  expect_failure({spikes_, "-o", picture_, "--population", "hiden"}, ExitCode::kBadData,
                 "it holds input, hidden, output");
  expect_failure({spikes_, "-o", picture_, "--from-ms", "30", "--to-ms", "20"},
                 ExitCode::kWrongUsage, "--to-ms: is not after --from-ms");
  expect_failure({spikes_, "-o", picture_, "--from-ms", "100"}, ExitCode::kBadData,
                 "ends at 100.0 ms");
}

TEST_F(PlotCommand, ADamagedFileKeepsAnOlderPicture) {
  put(picture_, "old");
  const std::string whole = content(spikes_);
  for (const std::size_t size : {std::size_t{9}, whole.size() / 2, whole.size() - 9}) {
    put(file("cut.h5"), whole.substr(0, size));
    expect_failure({file("cut.h5"), "-o", picture_, "--force"}, ExitCode::kBadData, "cut.h5");
    EXPECT_EQ(content(picture_), "old");
  }
}

TEST_F(PlotCommand, ReplacesAPictureOnlyIfTold) {
  put(picture_, "old");
  expect_failure({metrics_, "-o", picture_}, ExitCode::kCannotWrite, "--force");
  EXPECT_EQ(content(picture_), "old");
  EXPECT_EQ(plot({metrics_, "-o", picture_, "--force"}).first, ExitCode::kDone);
  EXPECT_THAT(content(picture_), StartsWith("\x89PNG"));
}

TEST_F(PlotCommand, WrongUsageIsExplained) {
  const ExitCode wrong = ExitCode::kWrongUsage;
  expect_failure({}, wrong, "no file named");
  expect_failure({metrics_}, wrong, "add -o PICTURE.png");
  expect_failure({metrics_, "-o", "a.gif"}, wrong, ".png, .svg or .pdf");
  expect_failure({metrics_, spikes_, "-o", picture_}, wrong, "of another kind");
  expect_failure({spikes_, spikes_, "-o", picture_}, wrong, "name one");
  put(file("a.txt"), "no file of a run");
  expect_failure({file("a.txt"), "-o", picture_}, wrong, "a.txt");
  expect_failure({metrics_, "-o", picture_, "--colour"}, wrong, "--colour");
  expect_failure({spikes_, "-o", picture_, "--trial", "x"}, wrong, "give a whole number");
  expect_failure({spikes_, "-o", picture_, "--from-ms", "x"}, wrong, "give a number");
  expect_failure({metrics_, "-o", picture_, "--trial", "1"}, wrong, "means nothing");
  expect_failure({spikes_, "-o", picture_, "--kind", "rastor"}, wrong, "did you mean `raster`?");
}

TEST_F(PlotCommand, UnreadableFilesAreNamed) {
  put(file("bad.h5"), "no HDF5");
  put(file("bad.csv"), "no metrics");
  std::filesystem::create_directories(file("batch"));
  put(file("batch/batch.csv"), "variant,seed\n");
  for (const char* name : {"none", "none.csv", "none.h5"}) {
    expect_failure({file(name), "-o", picture_}, ExitCode::kBadData, "there is no such file");
  }
  expect_failure({file("none"), "--kind", "sweep", "-o", picture_}, ExitCode::kBadData,
                 "there is no such file");
  expect_failure({file("bad.csv"), "-o", picture_}, ExitCode::kBadData, "is no metrics.csv");
  expect_failure({file("batch"), "-o", picture_}, ExitCode::kBadData, "batch/VARIANT/seed_1");
  expect_failure({file("bad.h5"), "-o", picture_}, ExitCode::kBadData, "not an HDF5 file");
  expect_failure({spikes_, "--trial", "1", "-o", picture_}, ExitCode::kBadData, "trial 1");
  EXPECT_FALSE(std::filesystem::exists(picture_));
}

TEST_F(PlotCommand, UnwritablePicturesAreNamed) {
  expect_failure({metrics_, "-o", file("none") / "a.png"}, ExitCode::kCannotWrite, "a.png");
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  expect_failure({metrics_, "-o", picture_}, ExitCode::kCannotWrite, "gnuplot is not installed");
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace apical
