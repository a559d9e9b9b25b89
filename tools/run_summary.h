#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace apical {

// The summary.json of a run's folder: null if there is none, discarded if it is no JSON.
nlohmann::ordered_json read_run_summary(const std::filesystem::path& folder);

// Whether the run has said that it is complete.
bool says_complete(const nlohmann::ordered_json& summary);

// Whether it has said that it is not, as a run does that was stopped.
bool says_incomplete(const nlohmann::ordered_json& summary);

}  // namespace apical
