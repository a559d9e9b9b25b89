#pragma once

#include <optional>
#include <span>
#include <string>

#include "tools/pictures/run_group.h"

namespace apical {

// A number of metrics.csv that is drawn against something: the error or the loss, which both tests
// and training have, or what was measured in training trials.
struct Measure {
  std::string column;  // of metrics.csv; of the test where there is a `train`
  std::string train;   // the column of training, or empty
  std::string axis;    // what it is, with its unit
  std::string word;    // what it is, in a sentence
  std::string unit;    // behind a number

  bool is_of_tests() const { return !train.empty(); }
};

// A measured number with as many digits as mean something, and its unit.
std::string number_text(double value, const Measure& measure);

// Where an axis ends that begins near the lowest value, `margin` above the highest: of per cent at
// 100 at most, unless a value is above.
double axis_top(double highest, double margin, const Measure& measure);

// The error, or the loss if no run has errors: autoencoders have none. `name`, if it is given, is
// "error", "loss" or a column of metrics.csv. Throws FileError if a run has not what is wanted;
// UsageError if no run has such a column.
Measure measure_of(std::span<const RecordedRun> runs, const std::optional<std::string>& name);

}  // namespace apical
