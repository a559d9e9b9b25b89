#include "models/id_list.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace apical {
namespace {

// Takes an id off the beginning of `text`.
std::optional<std::uint32_t> take_id(std::string_view& text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return id;
}

bool take(char character, std::string_view& text) {
  if (!text.starts_with(character)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::vector<std::uint32_t>> listed_ids(std::string_view text, std::size_t size) {
  std::vector<bool> chosen(size);
  do {
    const std::optional<std::uint32_t> first = take_id(text);
    const std::optional<std::uint32_t> last = take('-', text) ? take_id(text) : first;
    if (!first || !last || *last < *first || *last >= size) return std::nullopt;
    std::fill(chosen.begin() + *first, chosen.begin() + *last + 1, true);
  } while (take(',', text));
  if (!text.empty()) return std::nullopt;
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < size; ++id) {
    if (chosen[id]) ids.push_back(id);
  }
  return ids;
}

std::vector<std::uint32_t> chosen_ids(std::string_view text, std::size_t size) {
  if (!text.empty()) return listed_ids(text, size).value();
  std::vector<std::uint32_t> all(size);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace apical
