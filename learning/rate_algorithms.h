#pragma once

#include <memory>

#include "learning/rate_rule.h"
#include "proto/rate_learning.pb.h"

namespace apical {

// The rule of `context.settings.algorithm()`, which is not ALGORITHM_UNSPECIFIED. A new algorithm
// is a RateRule in a file of its own, a value of the schema's enum and a line of this table.
std::unique_ptr<RateRule> make_rate_rule(const RateRuleContext& context);

}  // namespace apical
