#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pictures/gnuplot.h"
#include "tools/pictures/measure.h"
#include "tools/pictures/picture_request.h"
#include "tools/pictures/run_group.h"

namespace apical {

// What runs have measured last, on the test set or in training, by the value of a field of their
// model files. Runs that differ in other fields too (the seed aside) are other series.
struct ParameterSweep {
  struct Series {
    std::string name;
    std::map<std::string, Spread> tests;  // by the field's value as text
    std::size_t seeds = 1;                // the most of any value
  };

  std::string field;  // its path, as `--set` takes it
  std::vector<std::string>
      values;  // in the order of the axis: numbers by size, then others as they came
  bool numbers = false;
  std::vector<Series> series;
  std::size_t unfinished = 0;  // runs that were left out
};

// `field` empty: the only one, besides the seed, in which the runs differ. Runs that have not
// finished are left out. Throws UsageError if there is no such field, FileError if a run lacks its
// experiment.textproto or a test, or if none has finished.
ParameterSweep parameter_sweep_of(std::span<const RecordedRun> given, const std::string& field,
                                  const Measure& measure);

std::string parameter_sweep_script(const ParameterSweep& sweep, const Measure& measure,
                                   const std::string& title, PictureFormat format);

// The picture kind: files are each a metrics.csv.
std::string parameter_sweep_picture(const PictureRequest& request);

}  // namespace apical
