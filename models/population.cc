#include "models/population.h"

namespace apical {

void Population::send() {
  if (outgoing_.empty()) return;
  spikes_ += outgoing_.size();
  for (SpikeReceiver* receiver : receivers_) receiver->receive(outgoing_);
  outgoing_.clear();
}

}  // namespace apical
