#include "learning/rate_algorithms.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "learning/auxiliary_output_target_propagation.h"
#include "learning/backpropagation.h"
#include "learning/difference_target_propagation.h"
#include "learning/direct_feedback_alignment.h"
#include "learning/feedback_alignment.h"
#include "learning/simplified_difference_target_propagation.h"
#include "learning/target_propagation.h"

namespace apical {
namespace {

struct Entry {
  proto::Algorithm algorithm;
  std::unique_ptr<RateRule> (*make)(const RateRuleContext& context);
};

template <typename Rule>
std::unique_ptr<RateRule> make(const RateRuleContext& context) {
  return std::make_unique<Rule>(context);
}

constexpr std::array kAlgorithms = {
    Entry{proto::BP, make<Backpropagation>},
    Entry{proto::FA, make<FeedbackAlignment>},
    Entry{proto::DFA, make<DirectFeedbackAlignment>},
    Entry{proto::TP, make<TargetPropagation>},
    Entry{proto::DTP, make<DifferenceTargetPropagation>},
    Entry{proto::SDTP, make<SimplifiedDifferenceTargetPropagation>},
    Entry{proto::AO_SDTP, make<AuxiliaryOutputTargetPropagation>},
};

}  // namespace

std::unique_ptr<RateRule> make_rate_rule(const RateRuleContext& context) {
  const auto* const entry =
      std::ranges::find(kAlgorithms, context.settings.algorithm(), &Entry::algorithm);
  assert(entry != kAlgorithms.end());
  return entry->make(context);
}

}  // namespace apical
