#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/pictures/gnuplot.h"
#include "tools/pictures/measure.h"
#include "tools/pictures/picture_request.h"
#include "tools/pictures/run_group.h"

namespace apical {

// How a measure fell while runs of one experiment learned, a value per test of the network; where
// no seed has one there is none.
struct LearningCurve {
  std::string name;
  std::size_t seeds = 1;
  std::vector<double> train_examples;
  std::vector<std::optional<Spread>> test;  // or what was measured in training
  std::vector<std::optional<Spread>> train;
  std::vector<std::optional<Spread>> interim;  // tests of fewer images than the largest
};

// Over the tests that all runs of the group have made: an unfinished run ends the curve. Throws
// FileError.
LearningCurve learning_curve_of(const RunGroup& group, const Measure& measure);

// The gnuplot script of test and train errors against training examples, a colour per curve.
// There is at least one curve, and one value. `left_out` are runs that it tells of as missing.
std::string learning_curve_script(std::span<const LearningCurve> curves, const Measure& measure,
                                  std::size_t left_out, const std::string& title,
                                  PictureFormat format);

// The picture kind: files are each a metrics.csv.
std::string learning_curve_picture(const PictureRequest& request);

}  // namespace apical
