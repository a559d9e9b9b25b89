#include "tools/run_summary.h"

#include <fstream>

namespace apical {
namespace {

bool says(const nlohmann::ordered_json& summary, bool complete) {
  return summary.is_object() && summary.contains("complete") && summary["complete"] == complete;
}

}  // namespace

nlohmann::ordered_json read_run_summary(const std::filesystem::path& folder) {
  std::ifstream file(folder / "summary.json");
  if (!file) return nullptr;
  return nlohmann::ordered_json::parse(file, nullptr, /*allow_exceptions=*/false);
}

bool says_complete(const nlohmann::ordered_json& summary) { return says(summary, true); }

bool says_incomplete(const nlohmann::ordered_json& summary) { return says(summary, false); }

}  // namespace apical
