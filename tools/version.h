#pragma once

namespace apical {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace apical
