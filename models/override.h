#pragma once

#include <string>
#include <string_view>

#include "models/message_reader.h"
#include "proto/experiment.pb.h"

namespace apical {

// An option that changes one field of an experiment: `training.epochs=3`,
// `network.population[hidden].size=200`, `network.projection[0].delay_ms=1.5`. Elements of a
// repeated field are chosen by index from 0 or by name; the index after the last adds one. Text
// needs no quotes. A message is replaced as a whole by `path={...}`. Messages on the path that are
// absent are created, and a member of a oneof replaces the one that was set.
struct Override {
  std::string assignment;  // PATH=VALUE
  std::string option;      // as typed, for mistakes

  static Override from_set(std::string_view assignment);  // --set PATH=VALUE
  static Override from_seed(std::string_view seed);       // --seed N
};

// Sets the field, whose place becomes the option with `order`. A mistake is added to `reading` and
// leaves the experiment as it was.
void apply(const Override& change, int order, proto::Experiment& experiment, Reading& reading);

}  // namespace apical
