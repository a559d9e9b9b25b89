#include "datasets/data_error.h"

#include <fmt/format.h>

namespace apical {

DataError::DataError(DataErrorKind kind, const std::filesystem::path& path, std::string_view wrong,
                     std::string_view right)
    : std::runtime_error(fmt::format("{}: {}; {}", path.native(), wrong, right)),
      kind_(kind),
      path_(path) {}

}  // namespace apical
