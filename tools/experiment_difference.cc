#include "tools/experiment_difference.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <string_view>

namespace apical {
namespace {

// A line of MessageDifferencer, `modified: PATH: OLD -> NEW`, `added: PATH: NEW` or `deleted: PATH:
// OLD`, in our words.
std::string in_words(std::string_view line) {
  const auto take = [&](std::string_view end) {
    const auto at = std::min(line.find(end), line.size());
    const std::string part(line.substr(0, at));
    line.remove_prefix(std::min(at + end.size(), line.size()));
    return part;
  };
  const std::string kind = take(": ");
  const std::string path = take(": ");
  if (kind == "added") return path + " is not there and " + std::string(line) + " here";
  if (kind == "deleted") return path + " is " + std::string(line) + " there and not here";
  const std::string old = take(" -> ");
  return path + " is " + old + " there and " + std::string(line) + " here";
}

}  // namespace

std::string difference(const proto::Experiment& there, const proto::Experiment& here) {
  proto::Experiment adapted = there;
  if (there.has_training() && here.has_training()) {
    proto::Training& training = *adapted.mutable_training();
    training.set_checkpoint_minutes(here.training().checkpoint_minutes());
    if (training.epochs() > 0 && here.training().epochs() > 0) {
      training.set_epochs(here.training().epochs());
    }
  }
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(adapted, here)) return "";
  return in_words(report.substr(0, report.find('\n')));
}

}  // namespace apical
