#pragma once

#include <filesystem>
#include <string>

#include "tests/tools/test_folder.h"
#include "tools/pictures/run_group.h"

namespace apical {

// A test case that makes folders of runs.
class TestWithRuns : public TestWithFolder {
 protected:
  // Writes a run's metrics.csv, and its experiment.textproto if there is to be one, and reads them.
  RecordedRun run_of(const std::string& name, const std::string& metrics,
                     const std::string& experiment = "") const {
    std::filesystem::create_directories(file(name));
    put(file(name) / "metrics.csv", metrics);
    if (!experiment.empty()) put(file(name) / "experiment.textproto", experiment);
    return read_run(file(name) / "metrics.csv");
  }
};

}  // namespace apical
