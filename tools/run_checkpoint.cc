#include "tools/run_checkpoint.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/experiment_defaults.h"
#include "models/experiment_file.h"
#include "simulator/checkpoint.h"
#include "tools/command_error.h"
#include "tools/experiment_difference.h"
#include "tools/run_summary.h"
#include "tools/version.h"

namespace apical {
namespace {

constexpr const char* kFile = "checkpoint.h5";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Throws unless `text`, which is in the file at `path`, is the experiment that is asked for, but
// for the number of epochs. Returns that.
int check_same(const std::filesystem::path& path, const std::string& text,
               const proto::Experiment& asked) {
  const proto::Experiment there =
      with_defaults(ExperimentFile::parse(text, path.string()).experiment());
  if (const std::string what = difference(there, asked); !what.empty()) {
    throw UsageError(fmt::format(
        "{}: the run there is of another experiment: {}; resume it with its own, or --out names "
        "another folder",
        path.string(), what));
  }
  return there.training().epochs();
}

}  // namespace

EarlierRun earlier_run(RunFolder& folder, const proto::Experiment& asked) {
  const std::filesystem::path file = folder.path() / kFile;
  const std::filesystem::path experiment = folder.path() / "experiment.textproto";
  std::error_code ignored;  // reading it says what is wrong
  const bool has_checkpoint = std::filesystem::exists(file, ignored);
  if (std::filesystem::exists(experiment, ignored)) {
    const int epochs = check_same(experiment, content_of(experiment), asked);
    if (epochs == asked.training().epochs() && says_complete(read_run_summary(folder.path()))) {
      return EarlierRun::kFinished;
    }
  }
  if (!has_checkpoint) return EarlierRun::kNothing;
  std::string text;
  CheckpointReader(file).root().text("experiment", text);
  check_same(file, text, asked);
  return EarlierRun::kCheckpoint;
}

RunCheckpoint::RunCheckpoint(const proto::Experiment& experiment, RunFolder& folder,
                             RunClock& clock, Session& session, Recorders& recorders)
    : experiment_(to_text(experiment)),
      folder_(&folder),
      clock_(&clock),
      session_(&session),
      recorders_(&recorders) {}

void RunCheckpoint::save() {
  CheckpointWriter writer(folder_->file(kFile));
  const Checkpoint root = writer.root();
  std::string version(kVersion);
  root.text("program_version", version);
  root.text("experiment", experiment_);
  checkpoint(root);
  writer.commit();
}

void RunCheckpoint::restore() {
  CheckpointReader reader(folder_->file(kFile));
  checkpoint(reader.root());
}

void RunCheckpoint::checkpoint(const Checkpoint& state) {
  clock_->checkpoint(state);
  session_->checkpoint(state.in("session"));
  recorders_->checkpoint(state.in("recording"));
  folder_->checkpoint(state.in("folder"));
}

}  // namespace apical
