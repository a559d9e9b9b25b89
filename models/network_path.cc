#include "models/network_path.h"

#include <utility>

namespace apical {
namespace {

// All ways that go on from `path`, which is at `at`, without coming back to where they have been.
class Search {
 public:
  Search(const proto::Network& network, const std::string& to) : network_(network), to_(to) {}

  void go_on(const std::string& at) {
    if (at == to_ && !path_.empty()) {
      ++found_;
      found_path_ = path_;
      return;
    }
    for (int p = 0; p < network_.projection_size() && found_ < 2; ++p) {
      const proto::Projection& projection = network_.projection(p);
      if (projection.compartment() == proto::APICAL || projection.source() != at) continue;
      if (has_left(projection.target())) continue;
      path_.push_back(p);
      go_on(projection.target());
      path_.pop_back();
    }
  }

  std::optional<std::vector<int>> only_one() && {
    if (found_ != 1) return std::nullopt;
    return std::move(found_path_);
  }

 private:
  bool has_left(const std::string& population) const {
    for (const int p : path_) {
      if (network_.projection(p).source() == population) return true;
    }
    return false;
  }

  const proto::Network& network_;
  const std::string& to_;
  std::vector<int> path_;
  int found_ = 0;
  std::vector<int> found_path_;
};

}  // namespace

std::optional<std::vector<int>> feedforward_path(const proto::Network& network,
                                                 const std::string& from, const std::string& to) {
  Search search(network, to);
  search.go_on(from);
  return std::move(search).only_one();
}

}  // namespace apical
