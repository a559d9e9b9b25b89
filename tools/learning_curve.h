#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "simulator/file_error.h"
#include "tools/gnuplot.h"

namespace apical {

// The columns of a run's metrics.csv that a learning curve shows; a row per evaluation. What was
// not measured has no value.
struct LearningCurve {
  std::string name;  // of the run
  std::vector<double> train_examples;
  std::vector<std::optional<double>> test_error_percent;
  std::vector<std::optional<double>> train_error_percent;
};

// The run's name is that of the folder that the file is in. Throws FileError, naming the line.
LearningCurve read_learning_curve(const std::filesystem::path& metrics);

// The gnuplot script of test and train errors against training examples, a colour per run.
std::string learning_curve_script(std::span<const LearningCurve> curves, const std::string& title,
                                  PictureFormat format);

}  // namespace apical
