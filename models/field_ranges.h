#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "models/experiment_file.h"
#include "models/mistake.h"

namespace apical {

// The values that a numeric field may have, whatever other fields say. Never infinite or NaN.
struct FieldRange {
  std::string_view field;  // MESSAGE.FIELD
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;  // low itself is not a value

  bool contains(double value) const;
  std::string words() const;  // "above 0 and at most 1"
};

// The range of a numeric field of the schema; null if it has none, which a test forbids.
const FieldRange* find_range(const google::protobuf::FieldDescriptor& field);

// Adds the values out of range in the message at `path`, and in all messages in it.
void check_ranges(const ExperimentFile& file, const google::protobuf::Message& message,
                  const std::string& path, std::vector<Mistake>& mistakes);

}  // namespace apical
