#pragma once

#include <string>

#include "learning/recorders.h"
#include "learning/session.h"
#include "proto/experiment.pb.h"
#include "tools/run_clock.h"
#include "tools/run_folder.h"

namespace apical {

// What a folder holds of an earlier run of the same experiment.
enum class EarlierRun {
  kNothing,     // to go on from
  kCheckpoint,  // of a run that is not at its end, or has not said so
  kFinished,
};

// Looks at a folder before data are loaded. Throws UsageError where the folder's run is one of
// another experiment than `asked`, which has its defaults filled in, and FileError where its
// checkpoint is damaged.
EarlierRun earlier_run(RunFolder& folder, const proto::Experiment& asked);

// checkpoint.h5 of a run: the experiment, and the state of all parts of the run.
class RunCheckpoint {
 public:
  // All must outlive this.
  RunCheckpoint(const proto::Experiment& experiment, RunFolder& folder, RunClock& clock,
                Session& session, Recorders& recorders);

  // Both throw FileError, and WriteError.
  void save();
  void restore();

 private:
  void checkpoint(const Checkpoint& state);

  std::string experiment_;  // as text
  RunFolder* folder_;
  RunClock* clock_;
  Session* session_;
  Recorders* recorders_;
};

}  // namespace apical
