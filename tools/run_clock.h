#pragma once

#include "simulator/checkpoint.h"

namespace apical {

// The time that a run takes, over all the parts that it is made in: what was lost when a part was
// killed is not in it.
class RunClock {
 public:
  RunClock();

  double wall_seconds() const;
  double cpu_seconds() const;

  void checkpoint(const Checkpoint& state);

 private:
  double start_;  // of this part
  double wall_before_ = 0;
  double cpu_before_ = 0;
};

}  // namespace apical
