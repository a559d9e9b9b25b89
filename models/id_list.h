#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace apical {

// The ids (of neurons, epochs, ...) in a list of ids and ranges such as "0,7,20-29", each once and
// in order. Nothing where the text is none or an id is not less than `size`.
std::optional<std::vector<std::uint32_t>> listed_ids(std::string_view text, std::size_t size);

// The same of a text that has been checked; all ids if it is empty.
std::vector<std::uint32_t> chosen_ids(std::string_view text, std::size_t size);

}  // namespace apical
