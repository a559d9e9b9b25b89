#pragma once

#include "learning/session.h"
#include "simulator/checkpoint.h"

namespace apical {

// An observer that writes a file of a run. It is either started or restored from a checkpoint,
// told of the run, and finished. It listens only, so it changes no result. Throws FileError.
class Recorder : public TrainingObserver {
 public:
  // Makes the file, in place of an older one.
  virtual void start() = 0;
  // Saves how far the file has come, which is then on the disk; or cuts it back to that.
  virtual void checkpoint(const Checkpoint& state) = 0;
  // Between two steps, or images of a test: has the file written if there is much to write or it
  // was long ago.
  virtual void flush_if_due() = 0;
  // At the end of a run, or where it was stopped. All that was recorded is then in the file.
  virtual void finish(bool complete) = 0;
};

}  // namespace apical
