#pragma once

namespace apical {

// What `apical` tells the shell. Scripts rely on these numbers.
enum class ExitCode {
  kDone = 0,
  kProgramError = 1,
  kWrongUsage = 2,
  kBadModelFile = 3,
  kBadData = 4,
  kCannotWrite = 5,
  kInterrupted = 130,
};

}  // namespace apical
