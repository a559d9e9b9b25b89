#pragma once

#include <string>

#include "proto/experiment.pb.h"

namespace apical {

// By which `--set` and other projections refer to a projection: its name, or SOURCE_to_TARGET.
std::string name_of(const proto::Projection& projection);

// By which `--set` refers to an element of a list of messages; empty if it has no name.
std::string name_of_element(const google::protobuf::Message& element);

// A copy with all that the schema says of unset fields written out: scalars with a default, the
// messages that hold such scalars, and each projection's name, dense connectivity and
// matched_moments, and the choices of a rate network that depend on others (its loss, activations,
// inverse loss and optimizers). Other members of a oneof and fields without a default stay unset,
// and so does what does not go with the kind of network: its trial or its rate_learning.
proto::Experiment with_defaults(proto::Experiment experiment);

// Text format that reads back to the same message, with the shortest digits that do.
std::string to_text(const proto::Experiment& experiment);

}  // namespace apical
