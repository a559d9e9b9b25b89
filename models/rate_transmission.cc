#include "models/rate_transmission.h"

namespace apical {

void RateTransmission::advance(Horizon horizon) {
  while (horizon.admits(next(), id())) {
    const Time now = next();
    source_->catch_up(now);
    source_->firing_rates(now, rates_);
    receiver_->receive_rates(now, rates_);
    ++sent_;
  }
}

}  // namespace apical
